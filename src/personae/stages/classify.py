"""Stage classify: the customer table to a chosen response model, its honest figures and its guard."""

import polars as pl

from personae import paths, tables
from personae.command import run_stage
from personae.files import read_json, replacing, write_json
from personae.response.deployed import to_files
from personae.response.products import answer_merged
from personae.schema.base import Frozen
from personae.schema.classify import Classify
from personae.settings import load


class Keys(Frozen):
    """What this stage reads of the settings."""

    seed: int
    classify: Classify


def main(study: str) -> None:
    keys = load(study, Keys)
    name = keys.classify.table
    path = paths.table(study, name) if name == "customers" else paths.further(study, name)
    customers = tables.read(path).to_pandas()
    groups = read_json(paths.report(study, "compare.json"))["groups"]
    answers = answer_merged(customers, keys.classify, groups, seed=keys.seed)
    tables.write(paths.table(study, "responses"), pl.from_pandas(answers.responses))
    for name, content in to_files(answers.model).items():
        with replacing(paths.model(study, "classifier") / name) as partial:
            partial.write_bytes(content)
    for name, curve in answers.curves.items():
        tables.write_csv(paths.report(study, f"curves/{name}.csv"), pl.from_pandas(curve))
    write_json(paths.report(study, "classify.json"), answers.report)


if __name__ == "__main__":
    run_stage(main)
