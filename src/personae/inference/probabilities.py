"""Marginal, joint and conditional probabilities with Wilson intervals."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
import polars as pl

from personae.core.arrays import IntArray
from personae.core.errors import PersonaeError
from personae.core.statistics import wilson
from personae.core.tables import names
from personae.inference.settings import Bins
from personae.inference.values import Table, is_number, known, read_column

Kind = Literal["marginal", "joint", "conditional"]
# Name, levels, and the number of each row's level.
Column = tuple[str, list[str], IntArray]

SCHEMA = {
    **dict.fromkeys(("kind", "event", "event_value", "given", "given_value"), pl.String),
    **dict.fromkeys(("count", "total"), pl.Int64),
    **dict.fromkeys(("probability", "low", "high", "base_rate"), pl.Float64),
    "small_n": pl.Boolean,
}


def bin_names(bins: Bins) -> list[str]:
    """Names of the bins, lowest first; the first and the last are open.

    Examples
    --------
    >>> bin_names(Bins(edges=[30, 40]))
    ['< 30', '30 to < 40', '>= 40']
    >>> bin_names(Bins(edges=[50_000, 70_000], closed="right"))
    ['<= 50,000', '> 50,000 to 70,000', '> 70,000']
    """
    edges = [f"{edge:,.10g}" for edge in bins.edges]
    if bins.closed == "left":
        return [f"< {edges[0]}", *(f"{low} to < {high}" for low, high in pairwise(edges)), f">= {edges[-1]}"]
    return [f"<= {edges[0]}", *(f"> {low} to {high}" for low, high in pairwise(edges)), f"> {edges[-1]}"]


def read_levels(table: pl.DataFrame, name: str, bins: Bins | None = None) -> tuple[list[str], IntArray]:
    """Read a column as levels and the number of each row's level; -1 where it is missing.

    Levels are the bins where there are any, else the distinct values in rising order.

    Examples
    --------
    >>> levels, codes = read_levels(pl.DataFrame({"age": [29, 30, None]}), "age", Bins(edges=[30]))
    >>> levels, codes.tolist()
    (['< 30', '>= 30'], [0, 1, -1])
    """
    values = read_column(table, name)
    present, codes = known(values), np.full(len(values), -1)
    if bins is None:
        levels, codes[present] = np.unique(values[present], return_inverse=True)
        return names(levels).tolist(), codes
    if not is_number(values):
        raise PersonaeError(f"bins of column {name}: expected a column of numbers")
    codes[present] = np.digitize(values[present], bins.edges, right=bins.closed == "right")
    return bin_names(bins), codes


def probabilities(
    table: Table,
    pairs: Sequence[tuple[str, str]],
    bins: Mapping[str, Bins] | None = None,
    *,
    small_n: int = 30,
) -> pl.DataFrame:
    """Tables of the declared pairs: joint, and conditional in both directions; marginals of every column.

    A table leaves out the rows where one of its columns is missing. Levels that do not meet are listed too.

    Parameters
    ----------
    small_n : a probability from fewer rows than this is marked.

    Returns
    -------
    DataFrame
        A row for each P(event), P(event and given) or P(event | given): its count, total, probability (null
        where the total is 0) with 95 % interval, and the base rate of the event.

    Examples
    --------
    >>> table = pl.DataFrame({"product": ["a", "a", "b"], "fitness": [5, 3, 5]})
    >>> rows = probabilities(table, [("product", "fitness")])
    >>> fit = rows.filter(kind="conditional", event="product", given_value="5")
    >>> fit.select("event_value", "probability").rows()
    [('a', 0.5), ('b', 0.5)]
    """
    table = pl.DataFrame(table)
    columns = {
        name: (name, *read_levels(table, name, (bins or {}).get(name)))
        for name in dict.fromkeys(name for pair in pairs for name in pair)
    }
    tables = [pl.DataFrame(schema=SCHEMA)]
    for column in columns.values():
        tables.append(_rows("marginal", column, None, _crossed(column, column).diagonal()[:, None], small_n))
    for first, second in ((columns[a], columns[b]) for a, b in pairs):
        counts = _crossed(first, second)
        tables.append(_rows("joint", first, second, counts, small_n))
        tables.append(_rows("conditional", first, second, counts, small_n))
        tables.append(_rows("conditional", second, first, counts.T, small_n))
    return pl.concat(tables)


def _crossed(first: Column, second: Column) -> IntArray:
    counts = np.zeros((len(first[1]), len(second[1])), dtype=int)
    both = (first[2] >= 0) & (second[2] >= 0)
    np.add.at(counts, (first[2][both], second[2][both]), 1)
    return counts


def _rows(kind: Kind, event: Column, given: Column | None, counts: IntArray, small_n: int) -> pl.DataFrame:
    """One row a cell of the counts, (levels of the event, levels of the condition)."""
    i, j = np.indices(counts.shape).reshape(2, -1)
    count = counts[i, j]
    total = counts.sum(axis=0)[j] if kind == "conditional" else np.full(i.shape, counts.sum())
    low, high = wilson(count, total)
    return pl.DataFrame(
        {
            "kind": [kind] * len(i),
            "event": [event[0]] * len(i),
            "event_value": np.array(event[1])[i],
            "given": [given and given[0]] * len(i),
            "given_value": np.array(given[1])[j] if given else [None] * len(i),
            "count": count,
            "total": total,
            "probability": np.divide(count, total, out=np.full(i.shape, np.nan), where=total > 0),
            "low": low,
            "high": high,
            "base_rate": (counts.sum(axis=1) / max(1, counts.sum()))[i],
            "small_n": total < small_n,
        },
        schema=SCHEMA,
    ).fill_nan(None)
