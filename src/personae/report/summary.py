"""Main figures of all studies, for the end of a run."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# What it is called, the report, and the key; {best} is the model that the inner folds chose.
HEADLINES = (
    ("data", "prepare", "data"),
    ("customers", "prepare", "rows"),
    ("effort", "segment", "effort"),
    ("segments", "segment", "k"),
    ("silhouette", "segment", "silhouette"),
    ("verdict on segments", "segment", "verdict"),
    ("best response model", "classify", "best"),
    ("rows of its folds", "classify", "rows"),
    ("ROC AUC", "classify", "models.{best}.roc_auc"),
    ("average precision", "classify", "models.{best}.average_precision"),
    ("profit by the model", "target", "profit.model"),
)


def summary(studies: Mapping[str, Mapping[str, Any]]) -> str:
    """Tabulate main figures, one row a figure, one column a study.

    Figures over folds are written as mean +- standard deviation; what a study has not is a dash.

    Parameters
    ----------
    studies
        Contents of the JSON reports of each study, by name without ending.
    """
    return "\n".join(aligned([("", *studies), *headlines(list(studies.values()), empty=True)]))


def headlines(results: Sequence[Mapping[str, Any]], *, empty: bool = False) -> list[list[str]]:
    """Format main figures of several results; empty rows only with `empty`."""
    rows = []
    for title, name, key in HEADLINES:
        reports = [reports.get(name, {}) for reports in results]
        places = 0 if name == "target" else 3
        rows.append(
            [
                title,
                *(written(lookup(each, key.format(best=lookup(each, "best"))), places) for each in reports),
            ]
        )
    return [row for row in rows if empty or set(row[1:]) != {"-"}]


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


def written(value: Any, places: int = 3) -> str:
    """Write a figure, a mean with its spread, or a word.

    Examples
    --------
    >>> written({"mean": 0.89512, "sd": 0.0312}), written(2240), written(None)
    ('0.895 +- 0.031', '2240', '-')
    """
    if isinstance(value, Mapping):
        return f"{value['mean']:.3f} +- {value['sd']:.3f}" if {"mean", "sd"} <= value.keys() else "-"
    if value is None:
        return "-"
    return f"{value:,.{places}f}" if isinstance(value, float) else str(value)
