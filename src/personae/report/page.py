"""The page of a study: one self-contained HTML file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2
from jinja2.runtime import Context
from markupsafe import Markup

from personae.report import gallery, numbers, theme
from personae.report.actions import on_discount
from personae.report.answer import Answer, answer
from personae.report.glossary import GLOSSARY
from personae.report.pictures.baskets import by_rule, joined
from personae.report.probabilities import Highlight, by_pair, highlighted
from personae.report.results import NO_LABELS, Rows, label, named
from personae.report.statements import Words, driver_figure, given_groups, shown_personas
from personae.report.theme import Picture
from personae.report.traced import Traced
from personae.report.verdicts import verdicts

# Name and title of each part of the page, and the report without which it has nothing to say.
SECTIONS = (
    ("personas", "Personas", "personas"),
    ("choice", "How many segments", "segment"),
    ("stability", "How stable they are", "segment"),
    ("impute", "What was filled in, and what was not", "impute"),
    ("compare", "Differences between groups, and which to merge", "compare"),
    ("classify", "Response models", "classify"),
    ("target", "Contact list", "target"),
    ("promote", "Promotions", "promotions"),
    ("days", "Days of users", "segment_days"),
    ("data", "The data", "pictures/exploration"),
)


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
    words
        The study's question, the name of its units, its currency, its columns' names for people.
    """

    study: str
    reports: Mapping[str, Any]
    tables: Mapping[str, Rows] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    highlights: Sequence[Highlight] = ()
    words: Words = field(default_factory=Words)

    def answer(self) -> Answer:
        """First statements of the page."""
        return answer(self.traced(), self.words)

    def traced(self) -> dict[str, Traced]:
        """Reports whose figures know their origin."""
        return {name: Traced(content, f"{name}.json#") for name, content in self.reports.items()}


def render(findings: Findings, pictures: Iterable[Picture] = ()) -> str:
    """Write the page.

    Parameters
    ----------
    findings
        Reports, tables and hashes; what is missing is named on the page.
    pictures
        As `personae.report.gallery.pictures` draws them.
    """
    reports = findings.traced()
    tables = {name: Traced(rows, f"{name}.csv#") for name, rows in findings.tables.items()}
    absent = [section for section in SECTIONS if section[2] not in reports]
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            study=findings.study,
            answer=findings.answer(),
            words=findings.words,
            reports=reports,
            personas=shown_personas(reports),
            given=given_groups(reports, findings.words),
            tables=tables,
            hashes=findings.hashes,
            highlights=highlighted(tables.get("probabilities", Traced([], "")), findings.highlights),
            verdicts=verdicts(reports, findings.words.labels),
            labels=findings.words.labels,
            sections=[section for section in SECTIONS if section not in absent],
            absent=[section for section in absent if section[0] != "days"],
            sample=is_sample(findings.reports),
            show=partial(_show, {picture.name: picture for picture in pictures}),
        )
    )


def is_sample(reports: Mapping[str, Any]) -> bool:
    """Whether the reports are of synthetic data."""
    return bool(reports.get("prepare", {}).get("data") == "sample")


def _show(pictures: Mapping[str, Picture], name: str, kind: str = "") -> Markup:
    """Show a picture by name; nothing where it was not drawn."""
    if name not in pictures:
        return Markup("")
    picture = pictures[name]
    return Markup('<div class="picture {}" id="picture-{}" role="img" aria-label="{}">{}</div>').format(
        kind,
        name,
        picture.alt,
        Markup(picture.svg),  # noqa: S704 - drawn by Matplotlib, names as outlines
    )


@jinja2.pass_context
def _label(context: Context, name: Any) -> str:
    """Name a column by its label, else with blanks."""
    return label(str(name), context.get("labels", NO_LABELS))


@jinja2.pass_context
def _named(context: Context, sentence: Any) -> str:
    """Name the columns within a sentence by their labels."""
    return named(str(sentence), context.get("labels", NO_LABELS))


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
        "by_rule": by_rule,
        "on_discount": on_discount,
        "ci": numbers.interval,
        "decimals": numbers.decimals,
        "driver": driver_figure,
        "fig": numbers.figure,
        "label": _label,
        "candidates_of": gallery.candidates_of,
        "metric": numbers.metric,
        "named": _named,
        "side": lambda items: joined(items.raw),
        "source": numbers.source,
    }
    made.globals |= {
        "between": numbers.between,
        "colours": theme.COLOURS,
        "light": {name: pair[0] for name, pair in theme.COLOURS.items()},
        "segments": theme.SEGMENTS,
        "persona_names": gallery.persona_names,
        "most_drawn": gallery.MOST_DRAWN,
        "contact_lists": numbers.LISTS,
        "estimate": numbers.estimate,
        "glossary": GLOSSARY,
        "spread": numbers.spread,
    }
    return made
