"""Stage classify_early: from users' first days, the segment of the days after, judged as in classify."""

import polars as pl

from personae import paths, tables
from personae.command import run_stage
from personae.files import replacing, write_json
from personae.response.deployed import to_files
from personae.response.study import answer
from personae.schema.base import Frozen
from personae.schema.classify import Classify
from personae.schema.fitbit import Early
from personae.settings import load
from personae.wearable.people import early_and_late


class Keys(Frozen):
    """What this stage reads of the settings."""

    seed: int
    early: Early
    classify: Classify


def main(study: str) -> None:
    keys = load(study, Keys)
    users = early_and_late(
        tables.read(paths.further(study, "days")).filter("measured"),
        tables.read(paths.further(study, "hours")),
        **keys.early.model_dump(),
        seed=keys.seed,
    )
    answers = answer(users.table.to_pandas(), keys.classify, seed=keys.seed)
    tables.write(paths.table(study, "responses"), pl.from_pandas(answers.responses))
    for name, content in to_files(answers.model).items():
        with replacing(paths.model(study, "classifier") / name) as partial:
            partial.write_bytes(content)
    for name, curve in answers.curves.items():
        tables.write_csv(paths.report(study, f"curves/{name}.csv"), pl.from_pandas(curve))
    write_json(
        paths.report(study, "classify.json"),
        answers.report | {"users": users.users, "left_out": users.left_out, "later_segments": users.k},
    )


if __name__ == "__main__":
    run_stage(main)
