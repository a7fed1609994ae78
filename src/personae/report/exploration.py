"""A first look at a customer table: distributions, gaps, correlations."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

BINS = 20
LEVELS = 12
CORRELATED = 24
# Identifiers are not measurements.
IDENTIFIERS = ("customer", "unit")


@dataclass(frozen=True, slots=True)
class Distribution:
    """What one column holds.

    Attributes
    ----------
    kind
        `number`, `category`, or `constant` where all known values are the same.
    minimum, median, mean, maximum, sd, skewness
        Of a number, over known values.
    edges, counts
        Of its histogram: one edge more than counts, none for a category.
    levels
        The most frequent values of a category with their counts; the rest under `others`.
    """

    kind: str
    missing: int
    distinct: int
    minimum: float | None = None
    median: float | None = None
    mean: float | None = None
    maximum: float | None = None
    sd: float | None = None
    skewness: float | None = None
    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    levels: tuple[tuple[str, int], ...] = ()
    others: int = 0


@dataclass(frozen=True, slots=True)
class Correlations:
    """Spearman rank correlations of the columns that take part, over rows where both are known.

    Attributes
    ----------
    strongest
        The pairs with the largest correlation in size: two names and rho.
    """

    columns: tuple[str, ...]
    rho: tuple[tuple[float, ...], ...]
    strongest: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True, slots=True)
class Exploration:
    """A first look at a table."""

    rows: int
    columns: dict[str, Distribution]
    correlations: Correlations


def explore(table: pl.DataFrame) -> Exploration:
    """Describe every column but identifiers, dates and nested ones.

    Parameters
    ----------
    table
        One row a customer; gaps are null.

    Examples
    --------
    >>> found = explore(pl.DataFrame({"customer": [1, 2, 3, 4], "age": [20, 30, 40, None]}))
    >>> found.columns["age"].median, found.columns["age"].missing
    (30.0, 1)
    """
    names = [name for name in table.columns if name not in IDENTIFIERS and _kind(table.schema[name])]
    columns = {name: _distribution(table[name]) for name in names}
    numbers = [name for name, column in columns.items() if column.kind == "number"]
    return Exploration(table.height, columns, correlations(table, numbers))


def _kind(dtype: pl.DataType) -> str | None:
    if dtype.is_numeric():
        return "number"
    return "category" if dtype in (pl.String, pl.Boolean, pl.Categorical, pl.Enum) else None


def _distribution(column: pl.Series) -> Distribution:
    number = _kind(column.dtype) == "number"
    known = column.drop_nulls().drop_nans() if column.dtype.is_float() else column.drop_nulls()
    missing, distinct = len(column) - len(known), known.n_unique()
    if not number:
        counted = known.cast(pl.String).value_counts().sort(["count", known.name], descending=[True, False])
        levels = tuple((str(level), int(count)) for level, count in counted.iter_rows())
        kind = "category" if distinct > 1 else "constant"
        others = sum(count for _, count in levels[LEVELS:])
        return Distribution(kind, missing, distinct, levels=levels[:LEVELS], others=others)
    values = known.cast(pl.Float64).to_numpy()
    if distinct < 2:
        level = ((f"{values[0]:g}", len(values)),) if len(values) else ()
        return Distribution("constant", missing, distinct, levels=level)
    counts, edges = np.histogram(values, bins=_bins(values, distinct))
    return Distribution(
        kind="number",
        missing=missing,
        distinct=distinct,
        minimum=float(values.min()),
        median=float(np.median(values)),
        mean=float(values.mean()),
        maximum=float(values.max()),
        sd=float(values.std(ddof=1)),
        skewness=float(((values - values.mean()) ** 3).mean() / values.std() ** 3),
        edges=tuple(edges.tolist()),
        counts=tuple(counts.tolist()),
    )


def _bins(values: np.ndarray, distinct: int) -> np.ndarray | int:
    """Give each whole number its own bin where there are few, else bins of equal width."""
    whole = bool((values == np.round(values)).all())
    if whole and values.max() - values.min() < BINS:
        return np.arange(values.min() - 0.5, values.max() + 1.5)
    return min(BINS, max(distinct, 2))


def correlations(table: pl.DataFrame, columns: Sequence[str], most: int = 12) -> Correlations:
    """Spearman correlations of at most `CORRELATED` columns: those most correlated with any other.

    Ranks are taken over the rows where both columns are known (Spearman 1904, mid-ranks for ties).
    """
    if len(columns) < 2:
        return Correlations((), (), ())
    numbers = table.select(pl.col(columns).cast(pl.Float64).fill_nan(None))
    rho = np.eye(len(columns))
    full = [name for name in columns if not numbers[name].null_count()]
    gaps = [name for name in columns if numbers[name].null_count()]
    place = {name: index for index, name in enumerate(columns)}
    if len(full) > 1:
        at = [place[name] for name in full]
        rho[np.ix_(at, at)] = np.corrcoef(numbers.select(pl.col(full).rank()).to_numpy(), rowvar=False)
    for name in gaps:
        for other in columns:
            if other != name:
                pair = numbers.select(name, other).drop_nulls().select(pl.all().rank())
                value = pair.select(pl.corr(name, other)).item() if pair.height > 2 else None
                rho[place[name], place[other]] = rho[place[other], place[name]] = (
                    np.nan if value is None else value
                )
    size = np.abs(np.nan_to_num(rho - np.diag(np.diag(rho))))
    kept = sorted(np.argsort(-size.max(axis=1), kind="stable")[:CORRELATED].tolist())
    upper = [(i, j) for i in range(len(columns)) for j in range(i + 1, len(columns)) if size[i, j] > 0]
    upper.sort(key=lambda pair: (-size[pair], pair))
    return Correlations(
        tuple(columns[i] for i in kept),
        tuple(tuple(rho[i, kept].tolist()) for i in kept),
        tuple((columns[i], columns[j], float(rho[i, j])) for i, j in upper[:most]),
    )
