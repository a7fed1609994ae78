"""The page of a comparison: one HTML file that needs nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from personae.history.changes import KINDS, RULE, Comparison, Row, data, version
from personae.report import page
from personae.report.page import is_sample


def render(found: Comparison) -> str:
    """Write the page of a comparison."""
    reports = page.environment()
    own = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    loader = jinja2.ChoiceLoader([own, *([reports.loader] if reports.loader else [])])
    return (
        reports.overlay(loader=loader)
        .get_template("comparison.html.j2")
        .render(
            found=found,
            rule=RULE,
            versions=[(past, version(past), data(past)) for past in found.results],
            kinds={kind: _kind(found, kind) for kind in KINDS},
            personas=[_personas(past.reports) for past in found.results],
            sample=any(is_sample(past.reports) for past in found.results),
        )
    )


def _kind(found: Comparison, kind: str) -> list[Row]:
    return [row for row in found.rows if row.verdict == kind]


def _personas(reports: Mapping[str, Any]) -> dict[int, Any]:
    """Personas by id; none where the report says why there are none."""
    listed = reports.get("personas", [])
    return {each["id"]: each for each in listed} if isinstance(listed, list) else {}
