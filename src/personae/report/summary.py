"""Main figures of all studies, for the end of a run."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from personae.report.statements import Words
from personae.report.traced import Traced
from personae.report.trust import TOO_FEW, trust_response, trust_segments

# What it is called, the report, and the key; {best} is the model that the inner folds chose.
HEADLINES = (
    ("customers", "prepare", "rows"),
    ("segments", "segment", "k"),
    ("silhouette", "segment", "silhouette"),
    ("segments_verdict", "", ""),
    ("response_model", "classify", "best"),
    ("roc_auc", "classify", "selection.figures.roc_auc"),
    ("response_verdict", "", ""),
    ("contacts", "target", "listed.contacts"),
    ("expected_profit", "target", "listed.expected_profit"),
)
BASIS = (("data", "prepare", "data"), ("effort", "segment", "effort"))


def headline(reports: Mapping[str, Any]) -> dict[str, Any]:
    """Select the main figures of a study, by plain name.

    Verdicts are those of the answer. A ROC AUC that rests on too few cases is left out, as in the answer.

    Parameters
    ----------
    reports
        Contents of the JSON reports by name without ending; figures that they lack are left out.
    """
    traced = {name: Traced(content, "") for name, content in reports.items()}
    verdicts = {
        f"{name}_verdict": statement.chip
        for name, trust in (("segments", trust_segments), ("response", trust_response))
        for statement in trust(traced, Words())
    }
    figures = {name: verdicts.get(name, lookup(reports.get(of), key)) for name, of, key in HEADLINES}
    if figures["response_verdict"] == TOO_FEW:
        figures["roc_auc"] = None
    promotions = reports.get("promotions")
    figures["promotions"] = len(promotions) if promotions is not None else None
    return {name: figure for name, figure in figures.items() if figure is not None}


def as_metrics(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Give main figures as single values: of mean and spread the mean."""
    return {name: each["mean"] if isinstance(each, Mapping) else each for name, each in figures.items()}


def summary(studies: Mapping[str, Mapping[str, Any]]) -> str:
    """Tabulate main figures, one row a figure, one column a study.

    Figures over folds are written as mean +- standard deviation; what a study has not is a dash.

    Parameters
    ----------
    studies
        Contents of the JSON reports of each study, by name without ending.
    """
    return "\n".join(aligned([("", *studies), *headlines(list(studies.values()))]))


def headlines(results: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Format main figures of several results, with what they rest on."""
    columns = [
        {name: lookup(reports.get(of), key) for name, of, key in BASIS} | headline(reports)
        for reports in results
    ]
    names = [*(name for name, *_ in (*BASIS, *HEADLINES)), "promotions"]
    rows = [[title(name), *(written(column.get(name), name) for column in columns)] for name in names]
    return [row for row in rows if set(row[1:]) != {"-"}]


def aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Write rows of cells under each other.

    Examples
    --------
    >>> aligned([("", "campaign"), ("customers", "120")])
    ['           campaign', 'customers  120']
    """
    kept = list(rows)
    widths = [max(map(len, column)) for column in zip(*kept, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in kept
    ]


def lookup(report: Any, key: str) -> Any:
    """Follow a dotted key; None where it leads nowhere.

    Examples
    --------
    >>> lookup({"profit": {"model": 9}}, "profit.model"), lookup({}, "profit.model")
    (9, None)
    """
    for part in key.split("."):
        report = report.get(part) if isinstance(report, Mapping) else None
    return report


def written(value: Any, name: str = "") -> str:
    """Write a figure, a mean with its spread, or a word; a profit without decimals.

    Examples
    --------
    >>> written({"mean": 0.89512, "sd": 0.0312}), written(2240), written(None)
    ('0.895 +- 0.031', '2240', '-')
    """
    if isinstance(value, Mapping):
        return f"{value['mean']:.3f} +- {value['sd']:.3f}" if {"mean", "sd"} <= value.keys() else "-"
    if value is None:
        return "-"
    return f"{value:,.{0 if name == 'expected_profit' else 3}f}" if isinstance(value, float) else str(value)


def title(name: str) -> str:
    """Write the name of a figure for people."""
    return name.replace("_", " ").replace("roc auc", "ROC AUC")
