"""Stage compare: groups of customers tested against each other, merge verdicts, probabilities."""

from dataclasses import asdict

import polars as pl

from personae.core import paths, tables
from personae.core.command import run_stage
from personae.core.files import read_json, write_json
from personae.core.settings import load, load_seed
from personae.inference.probabilities import SCHEMA
from personae.inference.settings import Compare
from personae.inference.study import compare_study


def main(study: str) -> None:
    path = paths.settings(study, "compare")
    settings, seed = load(path, Compare), load_seed(path)
    found = compare_study(
        tables.read(paths.table(study, "complete")),
        tables.read(paths.table(study, "segments")),
        settings,
        made_by=read_json(paths.report(study, "segment.json"))["space"]["columns"],
        seed=seed,
    )
    rows = pl.DataFrame([asdict(row) for row in found.probabilities], schema=SCHEMA)
    tables.write_csv(paths.report(study, "probabilities.csv"), rows.fill_nan(None))
    report = found.report()
    write_json(paths.groups(study), report["groups"] if settings.grouping else {})
    write_json(paths.report(study, "compare.json"), report)


if __name__ == "__main__":
    run_stage(main)
