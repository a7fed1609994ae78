"""Stage prepare: the publisher's raw files to tidy tables."""

import importlib

from personae.core import paths, tables
from personae.core.command import run_stage
from personae.core.files import read_json, write_json
from personae.core.settings import load
from personae.sources.settings import Prepare


def main(study: str) -> None:
    settings: Prepare = load(paths.settings(study, "prepare"), Prepare)  # type: ignore[arg-type]
    source = importlib.import_module(f"personae.studies.{settings.source}.source")
    prepared = source.prepare(paths.raw(study), settings)
    for name, table in prepared.tables.items():
        tables.write(paths.given(study, name), table)
    write_json(paths.further_rows(study), {name: table.height for name, table in prepared.tables.items()})
    write_json(paths.report(study, "prepare.json"), prepared.report(read_json(paths.origin(study))["data"]))


if __name__ == "__main__":
    run_stage(main)
