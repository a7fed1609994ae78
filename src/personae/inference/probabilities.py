"""Marginal, joint and conditional probabilities with Wilson intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Literal

import numpy as np
from narwhals.typing import IntoDataFrame
from numpy.typing import NDArray

from personae.core.arrays import FloatArray
from personae.core.errors import PersonaeError
from personae.core.statistics import wilson
from personae.core.tables import names
from personae.inference.columns import read_column

Kind = Literal["marginal", "joint", "conditional"]
Closed = Literal["left", "right"]
Counts = NDArray[np.int_]
Bounds = tuple[FloatArray, FloatArray]


SCHEMA = {
    **dict.fromkeys(("kind", "event", "event_value", "given", "given_value"), str),
    **dict.fromkeys(("count", "total"), int),
    **dict.fromkeys(("probability", "low", "high", "base_rate"), float),
    "small_n": bool,
}


@dataclass(frozen=True, slots=True)
class Bins:
    """Edges of a numeric column's bins; `closed="left"` puts an edge into the bin above it."""

    edges: tuple[float, ...]
    closed: Closed


@dataclass(frozen=True, slots=True)
class Levels:
    """A column as numbers of its levels; -1 is a missing value."""

    name: str
    levels: tuple[str, ...]
    codes: Counts


@dataclass(frozen=True, slots=True)
class Probability:
    """P(event), P(event and given) or P(event | given), beside the base rate of the event."""

    kind: Kind
    event: str
    event_value: str
    given: str | None
    given_value: str | None
    count: int
    total: int
    probability: float
    low: float
    high: float
    base_rate: float
    small_n: bool


def bin_names(bins: Bins) -> tuple[str, ...]:
    """Names of the bins, lowest first; the first and the last are open.

    Examples
    --------
    >>> bin_names(Bins((30, 40), "left"))
    ('< 30', '30 to < 40', '>= 40')
    >>> bin_names(Bins((50_000, 70_000), "right"))
    ('<= 50,000', '> 50,000 to 70,000', '> 70,000')
    """
    shown = [f"{edge:,.10g}" for edge in bins.edges]
    if bins.closed == "left":
        return (f"< {shown[0]}", *(f"{low} to < {high}" for low, high in pairwise(shown)), f">= {shown[-1]}")
    return (f"<= {shown[0]}", *(f"> {low} to {high}" for low, high in pairwise(shown)), f"> {shown[-1]}")


def read_levels(table: IntoDataFrame, name: str, bins: Bins | None = None) -> Levels:
    """Read a column as levels: bins where there are any, else its distinct values in rising order.

    Examples
    --------
    >>> import polars as pl
    >>> ages = read_levels(pl.DataFrame({"age": [29, 30, None]}), "age", Bins((30,), "left"))
    >>> ages.levels, ages.codes.tolist()
    (('< 30', '>= 30'), [0, 1, -1])
    """
    column = read_column(table, name)
    if bins is not None:
        if column.kind != "number" or not bins.edges or any(a >= b for a, b in pairwise(bins.edges)):
            raise PersonaeError(f"bins of column {name}: expected rising edges and a column of numbers")
        side: Closed = "right" if bins.closed == "left" else "left"
        codes = np.searchsorted(np.array(bins.edges), column.values, side)
        return Levels(name, bin_names(bins), np.where(column.known, codes, -1))
    found, codes = np.unique(column.values[column.known], return_inverse=True)
    all_codes = np.full(len(column.values), -1)
    all_codes[column.known] = codes
    return Levels(name, tuple(names(found).tolist()), all_codes)


def probabilities(
    table: IntoDataFrame,
    pairs: Sequence[tuple[str, str]],
    bins: Mapping[str, Bins],
    *,
    small_n: int,
    level: float = 0.95,
) -> tuple[Probability, ...]:
    """Tables of the declared pairs: joint, and conditional in both directions; marginals of every column.

    A table leaves out the rows where one of its columns is missing. Levels that do not meet are listed too.

    Parameters
    ----------
    small_n : a probability from fewer rows than this is marked.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"product": ["a", "a", "b"], "fitness": [5, 3, 5]})
    >>> rows = probabilities(table, [("product", "fitness")], {}, small_n=30)
    >>> fit = [row for row in rows if row.kind == "conditional" and row.given_value == "5"]
    >>> [(row.event_value, row.probability) for row in fit]
    [('a', 0.5), ('b', 0.5)]
    """
    columns = {name: read_levels(table, name, bins.get(name)) for pair in pairs for name in pair}
    show = partial(_rows, small_n=small_n, level=level)
    rows = [row for column in columns.values() for row in show("marginal", column, None, _counts(column))]
    for first, second in ((columns[a], columns[b]) for a, b in pairs):
        together = _crossed(first, second)
        rows += show("joint", first, second, together)
        rows += show("conditional", first, second, together)
        rows += show("conditional", second, first, together.T)
    return tuple(rows)


def _counts(column: Levels) -> Counts:
    return np.bincount(column.codes[column.codes >= 0], minlength=len(column.levels))[:, None]


def _crossed(first: Levels, second: Levels) -> Counts:
    counts = np.zeros((len(first.levels), len(second.levels)), dtype=int)
    known = (first.codes >= 0) & (second.codes >= 0)
    np.add.at(counts, (first.codes[known], second.codes[known]), 1)
    return counts


def _rows(
    kind: Kind, event: Levels, given: Levels | None, counts: Counts, *, small_n: int, level: float
) -> list[Probability]:
    """One row a cell of the counts, (levels of the event, levels of the condition)."""
    totals = np.broadcast_to(counts.sum(axis=0) if kind == "conditional" else counts.sum(), counts.shape)
    low, high = wilson(counts, totals, level)
    base = counts.sum(axis=1) / max(1, counts.sum())
    return [
        Probability(
            kind=kind,
            event=event.name,
            event_value=event.levels[i],
            given=given.name if given else None,
            given_value=given.levels[j] if given else None,
            count=int(counts[i, j]),
            total=int(totals[i, j]),
            probability=float(counts[i, j] / totals[i, j]) if totals[i, j] else float("nan"),
            low=float(low[i, j]),
            high=float(high[i, j]),
            base_rate=float(base[i]),
            small_n=bool(totals[i, j] < small_n),
        )
        for i, j in np.ndindex(counts.shape)
    ]
