"""Which pictures a study gets from the reports that it has."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from personae.report.pictures import data, segments
from personae.report.theme import Picture

Reports = Mapping[str, Any]
Tables = Mapping[str, list[dict[str, Any]]]


def pictures(reports: Reports, tables: Tables, folder: Path | None = None) -> Iterator[Picture]:
    """Draw all pictures for which there are figures; PNG into `folder` where one is given."""
    yield from _of_segments(reports, tables, folder)
    yield from _of_data(reports, folder)


def _of_segments(reports: Reports, tables: Tables, folder: Path | None) -> Iterator[Picture]:
    personas = reports.get("personas", [])
    if personas:
        yield segments.shares(personas, folder)
        for position, persona in enumerate(personas):
            if persona["drivers"]:
                yield segments.drivers(persona, position, folder)
    report = reports.get("segment")
    if report is None:
        return
    if tables.get("candidates"):
        yield segments.choice(tables["candidates"], report["k"], folder)
    jaccard = report["stability"]["jaccard"]
    if jaccard:
        yield segments.stability(segment_names(report, personas), jaccard, folder)


def segment_names(report: Mapping[str, Any], personas: list[Mapping[str, Any]]) -> list[str]:
    """Name segments as the personas do, by id; by number alone where there is no persona."""
    names = {persona["id"]: persona["name"] for persona in personas}
    ids = report.get("ids") or range(len(report["stability"]["jaccard"]))
    return [f"{each}  {names[each]}" if each in names else f"segment {each}" for each in ids]


def _of_data(reports: Reports, folder: Path | None) -> Iterator[Picture]:
    missing = reports.get("prepare", {}).get("missing")
    if missing:
        yield data.gaps(missing, folder)
    exploration = reports.get("exploration")
    if exploration:
        for number, (name, column) in enumerate(exploration["columns"].items()):
            if column["kind"] != "constant":
                yield data.distribution(name, column, number)
        if exploration["correlations"]["columns"]:
            yield data.correlation_map(exploration["correlations"], folder)
