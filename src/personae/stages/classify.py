"""Stage classify: cases before imputation to a chosen response model, its honest figures and its guard."""

import pandas as pd
import polars as pl

from personae import paths, tables
from personae.command import run_stage
from personae.files import read_json, replacing, write_json
from personae.response.deployed import to_files
from personae.response.products import answer_merged
from personae.response.study import no_answers
from personae.schema.base import Frozen
from personae.schema.classify import Classify
from personae.settings import load
from personae.wearable.early import early_and_late


class Keys(Frozen):
    """What this stage reads of the settings."""

    seed: int
    classify: Classify | None


def main(study: str) -> None:
    keys = load(study, Keys)
    if keys.classify is None:
        answers = no_answers()
    else:
        cases = _cases(study, keys.classify, keys.seed)
        answers = answer_merged(cases, keys.classify, read_json(paths.groups(study)), seed=keys.seed)
    tables.write(paths.table(study, "responses"), pl.from_pandas(answers.responses))
    files = {"skipped.json": b"{}\n"} if answers.model is None else to_files(answers.model)
    for name, content in files.items():
        with replacing(paths.model(study, "classifier") / name) as partial:
            partial.write_bytes(content)
    for name, curve in answers.curves.items():
        tables.write_csv(paths.report(study, f"curves/{name}.csv"), pl.from_pandas(curve))
    write_json(paths.report(study, "classify.json"), answers.report)


def _cases(study: str, settings: Classify, seed: int) -> pd.DataFrame:
    if settings.early is not None:
        days, hours = (tables.read(paths.further(study, name)) for name in ("days", "hours"))
        early = settings.early.model_dump()
        return early_and_late(days.filter("measured"), hours, **early, seed=seed).table.to_pandas()
    name = settings.table
    path = paths.table(study, name) if name == "customers" else paths.further(study, name)
    return tables.read(path).to_pandas()


if __name__ == "__main__":
    run_stage(main)
