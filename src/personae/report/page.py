"""The page of a study: reports and pictures into one HTML file that needs nothing else."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from personae.report import gallery, numbers, theme
from personae.report.pictures.baskets import joined
from personae.report.probabilities import Highlight, by_pair, highlighted
from personae.report.theme import Picture
from personae.report.traced import Traced
from personae.report.verdicts import verdicts

Table = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Findings:
    """All that a page rests on.

    Attributes
    ----------
    reports
        Contents of the JSON reports, by path below the study's folder, without ending.
    tables
        Rows of the CSV reports, by path below the study's folder, without ending.
    hashes
        SHA-256 of what the study was made from, by what it is.
    highlights
        Conditional probabilities that are shown first, as the settings name them.
    """

    study: str
    reports: Mapping[str, Any]
    tables: Mapping[str, Table] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    highlights: Sequence[Highlight] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page; `needs` is the report without which it has nothing to say."""

    name: str
    title: str
    needs: str


SECTIONS = (
    Section("personas", "Personas", "personas"),
    Section("choice", "How many segments", "segment"),
    Section("stability", "How stable they are", "segment"),
    Section("impute", "What was imputed, and what was refused", "impute"),
    Section("compare", "Differences between groups, and which to merge", "compare"),
    Section("classify", "Response models", "classify"),
    Section("target", "Whom to contact", "target"),
    Section("promote", "Promotions", "promotions"),
    Section("days", "Days of users", "segment_days"),
    Section("data", "The data", "pictures/exploration"),
)


def render(findings: Findings, folder: Path | None = None) -> str:
    """Write the page.

    Parameters
    ----------
    findings
        Reports, tables and hashes; what is missing is named on the page.
    folder
        Where the pictures go as PNG; None for none.
    """
    findings = applicable(findings)
    reports = {name: Traced(content, f"{name}.json#") for name, content in findings.reports.items()}
    tables = {name: Traced(rows, f"{name}.csv#") for name, rows in findings.tables.items()}
    pictures = {
        picture.name: picture for picture in gallery.pictures(findings.reports, findings.tables, folder)
    }
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            study=findings.study,
            reports=reports,
            tables=tables,
            hashes=findings.hashes,
            highlights=highlighted(tables.get("probabilities", Traced([], "")), findings.highlights),
            verdicts=verdicts(reports),
            sections=[section for section in SECTIONS if section.needs in reports],
            absent=[
                section for section in SECTIONS if section.needs not in reports and section.name != "days"
            ],
            sample=is_sample(findings.reports),
            show=_shower(pictures),
        )
    )


def applicable(findings: Findings) -> Findings:
    """Leave promotions out where there are no baskets to learn them from."""
    reports = dict(findings.reports)
    baskets = reports.get("prepare", {}).get("baskets") or findings.tables.get("rules")
    if not reports.get("promotions") and not baskets:
        reports.pop("promotions", None)
    return replace(findings, reports=reports)


def is_sample(reports: Mapping[str, Any]) -> bool:
    """Tell whether the reports are of synthetic data."""
    return bool(reports.get("prepare", {}).get("data") == "sample")


def _shower(pictures: Mapping[str, Picture]) -> Callable[..., Markup]:
    """Give what a template calls to show a picture by name; nothing where it was not drawn."""

    def show(name: str, kind: str = "") -> Markup:
        if name not in pictures:
            return Markup("")
        picture = pictures[name]
        return Markup('<div class="picture {}" id="picture-{}" role="img" aria-label="{}">{}</div>').format(
            kind,
            name,
            picture.alt,
            Markup(picture.svg),  # noqa: S704 - drawn by Matplotlib, names as outlines
        )

    return show


@cache
def environment() -> jinja2.Environment:
    """Templates of the report, autoescape on for all of them."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "by_pair": by_pair,
        "ci": numbers.interval,
        "fig": numbers.figure,
        "candidates_of": gallery.candidates_of,
        "metric": numbers.metric,
        "side": lambda items: joined(items.raw),
        "source": numbers.source,
        "wrapped": numbers.wrapped,
    }
    made.globals |= {
        "between": numbers.between,
        "colours": theme.COLOURS,
        "light": {name: pair[0] for name, pair in theme.COLOURS.items()},
        "segments": theme.SEGMENTS,
        "persona_names": gallery.persona_names,
        "estimate": numbers.estimate,
        "spread": numbers.spread,
    }
    return made
