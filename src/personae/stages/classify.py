"""Stage classify: cases before imputation to a chosen response model, its honest figures and its guard."""

import polars as pl

from personae.core import paths, tables
from personae.core.command import run_stage
from personae.core.files import read_json, replacing, write_json
from personae.core.settings import Frozen, load
from personae.response.cases import cases, tables_of
from personae.response.merged_classes import answer_merged
from personae.response.model import to_files
from personae.response.plan import no_answers
from personae.response.settings import Classify


class Keys(Frozen):
    """What this stage reads of the settings."""

    seed: int
    classify: Classify | None


def main(study: str) -> None:
    keys = load(study, Keys)
    if keys.classify is None:
        answers = no_answers()
    else:
        given = {name: tables.read(paths.given(study, name)) for name in tables_of(keys.classify)}
        rows = cases(given, keys.classify, seed=keys.seed)
        answers = answer_merged(rows, keys.classify, read_json(paths.groups(study)), seed=keys.seed)
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
