"""A first look at a customer table: distributions, gaps, correlations."""

from collections.abc import Sequence
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import polars as pl

from personae.core.arrays import FloatArray

BINS = 20
LEVELS = 12
CORRELATED = 24
STRONGEST = 12
# Identifiers are not measurements.
IDENTIFIERS = ("customer", "unit")


def explore(table: pl.DataFrame) -> dict[str, Any]:
    """Describe every column but identifiers, dates and nested ones.

    Parameters
    ----------
    table
        One row a customer; gaps are null.

    Returns
    -------
    dict
        `rows`; `columns` by name, each with `kind` (`number`, `category`, or `constant` where all known
        values are the same), `missing`, `distinct`, figures and the `edges` and `counts` of a histogram of
        a number, the most frequent `levels` of a category with their counts, and the rest under `others`;
        `correlations` as of the function of this name.

    Examples
    --------
    >>> age = explore(pl.DataFrame({"customer": [1, 2, 3, 4], "age": [20, 30, 40, None]}))["columns"]["age"]
    >>> float(age["median"]), age["missing"]
    (30.0, 1)
    """
    names = [name for name in table.columns if name not in IDENTIFIERS and _kind(table.schema[name])]
    columns = {name: _described(table[name]) for name in names}
    numbers = [name for name, column in columns.items() if column["kind"] == "number"]
    return {"rows": table.height, "columns": columns, "correlations": correlations(table, numbers)}


def correlations(table: pl.DataFrame, columns: Sequence[str]) -> dict[str, Any]:
    """Spearman correlations of the `CORRELATED` most correlated columns.

    Ranks are taken over the rows where both columns are known (Spearman 1904, mid-ranks for ties).

    Returns
    -------
    dict
        `columns`, the matrix `rho` of these, and the `strongest` pairs of all columns: two names and rho.
    """
    if len(columns) < 2:
        return {"columns": [], "rho": [], "strongest": []}
    numbers = table.select(pl.col(columns).cast(pl.Float64).fill_nan(None))
    rho = _rho(numbers)
    size = np.abs(np.nan_to_num(rho - np.diag(np.diag(rho))))
    kept = sorted(np.argsort(-size.max(axis=1), kind="stable")[:CORRELATED].tolist())
    upper = [(i, j) for i in range(len(columns)) for j in range(i + 1, len(columns)) if size[i, j] > 0]
    upper.sort(key=lambda pair: (-size[pair], pair))
    return {
        "columns": [columns[i] for i in kept],
        "rho": rho[np.ix_(kept, kept)],
        "strongest": [(columns[i], columns[j], rho[i, j]) for i, j in upper[:STRONGEST]],
    }


def _rho(table: pl.DataFrame) -> FloatArray:
    """Correlations over complete rows, NaN for too few; columns with gaps in the same rows go together."""
    rho = np.full((table.width, table.width), np.nan)
    gaps, pattern = np.unique(table.select(pl.all().is_null()).to_numpy(), axis=1, return_inverse=True)
    members = [np.flatnonzero(pattern.ravel() == number) for number in range(gaps.shape[1])]
    for one, two in combinations_with_replacement(range(len(members)), 2):
        known = ~(gaps[:, one] | gaps[:, two])
        if known.sum() < 3:
            continue
        first, second = members[one], members[two]
        both = first if one == two else np.concatenate([first, second])
        ranks = table[:, both.tolist()].filter(known).select(pl.all().rank()).to_numpy()
        with np.errstate(invalid="ignore", divide="ignore"):  # a column that is constant in these rows
            found = np.atleast_2d(np.corrcoef(ranks, rowvar=False))[: len(first), -len(second) :]
        rho[np.ix_(first, second)], rho[np.ix_(second, first)] = found, found.T
    np.fill_diagonal(rho, 1.0)
    return rho


def _kind(dtype: pl.DataType) -> str | None:
    if dtype.is_numeric():
        return "number"
    return "category" if dtype in (pl.String, pl.Boolean, pl.Categorical, pl.Enum) else None


def _described(column: pl.Series) -> dict[str, Any]:
    known = column.drop_nulls().drop_nans() if column.dtype.is_float() else column.drop_nulls()
    distinct = known.n_unique()
    figures: dict[str, float] = {}
    counts, edges = np.array([], np.int64), np.array([])
    levels: list[tuple[str, int]] = []
    if _kind(column.dtype) == "category":
        kind = "category" if distinct > 1 else "constant"
        counted = known.cast(pl.String).rename("level").value_counts()
        counted = counted.sort("count", "level", descending=[True, False])
        levels = list(counted.iter_rows())
    elif distinct < 2:
        kind = "constant"
        levels = [(f"{float(known[0]):g}", len(known))] if len(known) else []
    else:
        kind = "number"
        values = known.cast(pl.Float64).to_numpy()
        counts, edges = np.histogram(values, bins=_bins(values, distinct))
        figures = {
            "minimum": values.min(),
            "median": np.median(values),
            "mean": values.mean(),
            "maximum": values.max(),
            "sd": values.std(ddof=1),
            "skewness": ((values - values.mean()) ** 3).mean() / values.std() ** 3,
        }
    empty = dict.fromkeys(("minimum", "median", "mean", "maximum", "sd", "skewness"))
    return {
        "kind": kind,
        "missing": len(column) - len(known),
        "distinct": distinct,
        **empty,
        **figures,
        "edges": edges,
        "counts": counts,
        "levels": levels[:LEVELS],
        "others": sum(count for _, count in levels[LEVELS:]),
    }


def _bins(values: np.ndarray, distinct: int) -> np.ndarray | int:
    """One bin per whole number if few, else equal widths."""
    whole = bool((values == np.round(values)).all())
    if whole and values.max() - values.min() < BINS:
        return np.arange(values.min() - 0.5, values.max() + 1.5)
    return min(BINS, max(distinct, 2))
