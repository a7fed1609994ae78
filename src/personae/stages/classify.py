"""Stage classify: training rows to validated, guarded response models."""

import polars as pl

from personae.core import paths, tables
from personae.core.command import run_stage
from personae.core.files import read_json, write_files, write_json
from personae.core.settings import load, load_seed
from personae.response.early import tables_of, training_rows
from personae.response.evaluate import evaluate_response
from personae.response.model import to_files
from personae.response.settings import Classify


def main(study: str) -> None:
    path = paths.settings(study, "classify")
    settings, seed = load(path, Classify), load_seed(path)
    given = {name: tables.read(paths.source_table(study, name)) for name in tables_of(settings)}
    rows = training_rows(given, settings, seed=seed)
    evaluation = evaluate_response(rows, settings, read_json(paths.groups(study)), seed=seed)
    tables.write(paths.table(study, "responses"), pl.from_pandas(evaluation.responses))
    files = {"skipped.json": b"{}\n"} if evaluation.model is None else to_files(evaluation.model)
    write_files(paths.model(study, "classifier"), files)
    for name, curve in evaluation.curves.items():
        tables.write_csv(paths.report(study, f"curves/{name}.csv"), pl.from_pandas(curve))
    write_json(paths.report(study, "classify.json"), evaluation.report)


if __name__ == "__main__":
    run_stage(main)
