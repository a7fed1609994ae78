"""The result files of a study, and reading them."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl

from personae.core.files import read_json

REPORTS = (
    "prepare",
    "impute",
    "segment",
    "compare",
    "personas",
    "classify",
    "target",
    "promotions",
    "segment_days",
    "anomalies",
    "prescription",
)
# Made of the others by stage report.
DERIVED = ("answer", "headline")
TABLES = (
    "candidates",
    "dendrogram",
    "probabilities",
    "rules",
    "curves/roc",
    "curves/precision_recall",
    "curves/reliability",
    "curves/profit",
)

Rows = list[dict[str, Any]]
# Names of columns for people, from the data dictionary.
Labels = Mapping[str, str]
NO_LABELS: Labels = MappingProxyType({})


def read_reports(folder: Path) -> dict[str, Any]:
    """Read a study's JSON reports that exist, by name without ending.

    Promotions are left out where there are no baskets to learn them from.

    Parameters
    ----------
    folder
        `reports/<study>`.
    """
    files = {name: folder / f"{name}.json" for name in REPORTS}
    reports = {name: read_json(path) for name, path in files.items() if path.exists()}
    baskets = reports.get("prepare", {}).get("baskets") or read_tables(folder, ["rules"]).get("rules")
    if reports.get("promotions") == [] and not baskets:
        del reports["promotions"]
    return reports


def read_tables(folder: Path, names: Sequence[str] = TABLES) -> dict[str, Rows]:
    """Read a study's CSV reports that exist, by name without ending."""
    files = {name: folder / f"{name}.csv" for name in names}
    return {
        name: pl.read_csv(path, infer_schema_length=None).to_dicts()
        for name, path in files.items()
        if path.exists()
    }


def label(name: str, labels: Labels) -> str:
    """Name a column by its label, else with blanks.

    Examples
    --------
    >>> label("Income", {"Income": "yearly income"}), label("past_spend", {})
    ('yearly income', 'past spend')
    """
    return labels.get(name, name.replace("_", " "))


def named(sentence: str, labels: Labels) -> str:
    """Name columns within a sentence: a single word in small letters would not be seen as one.

    Examples
    --------
    >>> named("levels of past_spend and Income: ROC AUC 0.6", {"Income": "yearly income"})
    'levels of past spend and yearly income: ROC AUC 0.6'
    """
    return re.sub(r"\w*[A-Z_]\w*", lambda word: label(word[0], labels), sentence)
