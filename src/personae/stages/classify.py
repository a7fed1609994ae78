"""Stage classify: cases before imputation to a chosen response model, its honest figures and its guard."""

import polars as pl

from personae.core import paths, tables
from personae.core.command import run_stage
from personae.core.files import read_json, replacing, write_json
from personae.core.settings import load, load_seed
from personae.response.cases import cases, tables_of
from personae.response.merged_classes import answer_merged
from personae.response.model import to_files
from personae.response.settings import Classify


def main(study: str) -> None:
    path = paths.settings(study, "classify")
    settings, seed = load(path, Classify), load_seed(path)
    given = {name: tables.read(paths.given(study, name)) for name in tables_of(settings)}
    rows = cases(given, settings, seed=seed)
    answers = answer_merged(rows, settings, read_json(paths.groups(study)), seed=seed)
    tables.write(paths.table(study, "responses"), pl.from_pandas(answers.responses))
    files = {"skipped.json": b"{}\n"} if answers.model is None else to_files(answers.model)
    for name, content in files.items():
        with replacing(paths.model(study, "classifier") / name) as partial:
            partial.write_bytes(content)
    for name, curve in answers.curves.items():
        tables.write_csv(paths.report(study, f"curves/{name}.csv"), pl.from_pandas(curve))
    write_json(paths.report(study, "classify.json"), answers.report)


if __name__ == "__main__":
    run_stage(main)
