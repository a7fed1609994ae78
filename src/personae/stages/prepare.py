"""Stage prepare: the publisher's raw files to tidy tables."""

import json
from typing import get_type_hints

from personae.core import paths, tables
from personae.core.command import run_stage
from personae.core.errors import PersonaeError
from personae.core.files import read_json, write_json, write_text
from personae.core.settings import load, read
from personae.sources.by_name import find_source
from personae.sources.exploration import explore


def main(study: str) -> None:
    path = paths.settings(study, "prepare")
    source = find_source(read(path)["prepare"]["source"])
    settings = load(path, get_type_hints(source.prepare)["settings"])
    prepared = source.prepare(paths.raw(study), settings)
    if prepared.learned is None:
        raise PersonaeError(
            f"{source.__name__}: prepare gives no `learned`, with which its Preparation prepares a row alone"
        )
    for name, table in prepared.tables.items():
        tables.write(paths.source_table(study, name), table)
    write_json(paths.exploration(study), explore(prepared.tables["customers"]))
    write_json(paths.source_rows(study), {name: table.height for name, table in prepared.tables.items()})
    # Not rounded, as reports are: a row alone must be prepared to the last bit as in its file.
    write_text(paths.preparation(study), json.dumps(prepared.learned, indent=2, ensure_ascii=False) + "\n")
    data = read_json(paths.origin(study), missing={"data": "other"})["data"]
    write_json(paths.report(study, "prepare.json"), prepared.report(data))


if __name__ == "__main__":
    run_stage(main)
