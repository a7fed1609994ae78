"""Relations of two or three columns that may tell the answer."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.response import metrics

BINS = 16
MAX_LEVELS = 30
MAX_NUMERIC = 40
MAX_CATEGORIES = 15
MIN_KNOWN = 0.3
MIN_ROWS = 5
# Columns of one unit move together; rank correlation below this is of no relation worth a search.
RELATED = 0.3
# Joint levels of three columns: levels of one, columns tried, rows for each cell.
MAX_OF_THREE = 10
MOST_OF_THREE = 12
ROWS_A_CELL = 6
# Of a straight line through other columns: weights, as shares of the largest, of those that are named.
MAIN = 0.3

# Name of a relation, its columns, and its code for each row.
Relation = tuple[str, tuple[str, ...], IntArray]


def level_rates(codes: IntArray, target: IntArray, folds: IntArray) -> FloatArray:
    """Class shares by level from other folds, shrunk towards the prior.

    Examples
    --------
    >>> codes, target, folds = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    >>> level_rates(codes, target, folds)[:, 1].tolist()
    [0.25, 0.25, 0.75, 0.75]
    """
    shape = int(folds.max()) + 1, int(codes.max()) + 1, int(target.max()) + 1
    cells = np.bincount(np.ravel_multi_index((folds, codes, target), shape), minlength=int(np.prod(shape)))
    rest = cells.reshape(shape).sum(axis=0) - cells.reshape(shape)
    prior = rest.sum(axis=1, keepdims=True) / np.maximum(rest.sum(axis=(1, 2))[:, None, None], 1)
    rates = (rest + prior) / (rest.sum(axis=2, keepdims=True) + 1)
    return np.asarray(rates[folds, codes])


def level_auc(codes: IntArray, target: IntArray, folds: IntArray) -> float:
    """ROC AUC of levels encoded out of fold; 0 for few rows of known levels.

    A row whose level no other fold has counts with the prior: levels that repeat are not a fair sample of a
    column, and may be told apart where the whole column is not.
    """
    shape = int(folds.max()) + 1, int(codes.max()) + 1
    counts = np.bincount(np.ravel_multi_index((folds, codes), shape), minlength=shape[0] * shape[1])
    counts = counts.reshape(shape)
    known = (counts.sum(axis=0) - counts)[folds, codes] > 0
    if (
        known.mean() < MIN_KNOWN
        or np.bincount(target[known], minlength=int(target.max()) + 1).min() < MIN_ROWS
    ):
        return 0.0
    return metrics.ranking(target, level_rates(codes, target, folds), "roc_auc")


def coded(values: FloatArray) -> IntArray:
    """Number the values, or their bins if many; missing has its own.

    Bins have about equal numbers of rows and of distinct values, so that a rare tail has bins too.

    Examples
    --------
    >>> coded(np.array([3.0, 1.0, np.nan, 3.0])).tolist()
    [1, 0, 2, 1]
    """
    known = np.isfinite(values)
    levels = np.unique(values[known])
    if len(levels) <= 2 * BINS:
        codes = np.searchsorted(levels, values)
    else:
        steps = np.linspace(0, 1, BINS + 1)[1:-1]
        edges = np.unique([*np.quantile(values[known], steps), *np.quantile(levels, steps)])
        codes = np.searchsorted(edges, values, side="right")
    return np.where(known, codes, codes[known].max(initial=-1) + 1)


def relations(table: pd.DataFrame) -> Iterator[Relation]:
    """Relations of a bounded number of pairs of columns."""
    numeric = _varied(table.select_dtypes("number"), MAX_NUMERIC)
    yield from _arithmetic(numeric)
    yield from _residuals(numeric)
    yield from _counted(table)
    few = {str(name): levels_of(table[name]) for name in table}
    few = {name: codes for name, codes in few.items() if 1 <= codes.max() < MAX_LEVELS}
    for a, b in combinations(list(few)[:MAX_CATEGORIES], 2):
        yield "levels together", (a, b), few[a] * (int(few[b].max()) + 1) + few[b]
    words = [name for name in table if name not in table.select_dtypes("number")]
    for name in words[:MAX_CATEGORIES]:
        inside = numeric - numeric.groupby(table[name].to_numpy()).transform("mean")
        for column in inside:
            yield "difference to the level's mean", (str(column), str(name)), coded(inside[column].to_numpy())
    yield from _same_words(table[words[:MAX_CATEGORIES]])


def _varied(numeric: pd.DataFrame, most: int) -> pd.DataFrame:
    """Keep the columns with the most distinct values."""
    distinct = numeric.nunique()
    names = distinct[distinct > 1].sort_values(ascending=False, kind="stable").index[:most]
    return numeric[[name for name in numeric if name in set(names)]]


def levels_of(values: pd.Series) -> IntArray:
    """Number the values, missing among them."""
    return np.asarray(pd.factorize(values, use_na_sentinel=False)[0], dtype=np.intp)


def _arithmetic(numeric: pd.DataFrame) -> Iterator[Relation]:
    """Combine the pairs that move together by difference, sum, ratio and product."""
    ranked = numeric.rank().corr().abs().to_numpy()
    values = {str(name): numeric[name].to_numpy(float) for name in numeric}
    for (i, a), (j, b) in combinations(enumerate(values), 2):
        if not ranked[i, j] >= RELATED:
            continue
        x, y = values[a], values[b]
        yield "difference", (a, b), coded(np.round(x - y, 9))
        yield "ratio", (a, b), coded(np.divide(x, y, out=np.full_like(x, np.nan), where=y != 0))
        yield "sum", (a, b), coded(np.round(x + y, 9))
        yield "product", (a, b), coded(x * y)


def _residuals(numeric: pd.DataFrame) -> Iterator[Relation]:
    """Residuals of each column from a linear fit of the others."""
    filled = numeric.fillna(numeric.median())
    positive = filled.loc[:, (filled > 0).all()]
    yield from _left("what other columns leave", filled, list(filled))
    yield from _left("what other columns leave, in logs", np.log(positive), list(positive))


def _counted(table: pd.DataFrame) -> Iterator[Relation]:
    """What a count leaves of how many other columns are there and not zero."""
    there = (table.notna() & (table != "missing") & (table != 0)).astype(float)
    there = there.loc[:, there.mean().between(0.05, 0.95)]
    counts = [name for name in table.select_dtypes("number") if 3 <= table[name].nunique() <= MAX_LEVELS]
    for name in counts:
        frame = there.drop(columns=name, errors="ignore").assign(**{str(name): table[name]}).fillna(0.0)
        yield from _left("what the number of filled columns leaves", frame, [name])


def _left(how: str, frame: pd.DataFrame, columns: list[str]) -> Iterator[Relation]:
    """What a line through all other columns of a table leaves of some."""
    values = frame.to_numpy(float)
    if values.shape[1] < 2:
        return
    points = (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-12)
    for name in columns:
        k = frame.columns.get_loc(name)
        others = np.delete(points, k, axis=1)
        weights = np.linalg.lstsq(others, points[:, k], rcond=1e-8)[0]
        left = points[:, k] - others @ weights
        if 1e-9 < left.var() < 0.5:
            names = np.delete(np.array(frame.columns, dtype=str), k)
            main = names[np.abs(weights) >= MAIN * np.abs(weights).max()]
            yield how, (str(name), *map(str, main)), coded(np.round(left, 9))


def triples(table: pd.DataFrame, target: IntArray, folds: IntArray) -> Iterator[tuple[float, Relation]]:
    """Joint levels of three columns, with the ROC AUC that each column for itself adds up to.

    Three columns that tell much one by one are no relation; whose parity tells the answer are one.
    """
    few = {str(name): levels_of(table[name]) for name in table}
    few = {name: codes for name, codes in few.items() if 1 <= codes.max() < MAX_OF_THREE}
    names = sorted(few, key=lambda name: int(few[name].max()))[:MOST_OF_THREE]
    told = {name: np.log(level_rates(few[name], target, folds)) for name in names}
    prior = np.log(np.bincount(target) / len(target))
    for three in combinations(names, 3):
        width = [int(few[name].max()) + 1 for name in three]
        if np.prod(width) > len(target) / ROWS_A_CELL:
            continue
        log_odds = sum(told[name] for name in three) - 2 * prior
        likely = np.exp(log_odds - log_odds.max(axis=1, keepdims=True))
        added = metrics.ranking(target, likely / likely.sum(axis=1, keepdims=True), "roc_auc")
        codes = np.ravel_multi_index([few[name] for name in three], width)
        yield added, ("levels of three together", three, np.asarray(codes, dtype=np.intp))


def _same_words(words: pd.DataFrame) -> Iterator[Relation]:
    """Whether two columns of words agree, where they share words."""
    for a, b in combinations(words, 2):
        same = (words[a] == words[b]).to_numpy()
        if 0.02 < same.mean() < 0.98:
            yield "equal words", (str(a), str(b)), same.astype(np.intp)


def equal_states(table: pd.DataFrame) -> Iterator[tuple[str, tuple[str, ...], BoolArray]]:
    """Where pairs of numbers are equal or in their usual ratio."""
    numeric = _varied(table.select_dtypes("number"), MAX_NUMERIC)
    decimals = {name: _digits(numeric[name].to_numpy(float)) for name in numeric}
    many = numeric.loc[:, numeric.nunique() > MAX_LEVELS]
    for name in many:
        same = (numeric.drop(columns=name).sub(many[name], axis=0).abs() < 1e-9).any(axis=1).to_numpy()
        if 0.05 < same.mean() < 0.95:
            yield f"{name} is equal to another column", (str(name),), same
    for a, b in combinations(numeric, 2):
        if min(numeric[a].nunique(), numeric[b].nunique()) <= MAX_LEVELS:
            continue
        x, y = numeric[a].to_numpy(float), numeric[b].to_numpy(float)
        ratio = np.divide(x, y, out=np.full_like(x, np.nan), where=y != 0)
        if not np.isfinite(ratio).any():
            continue
        usual = float(np.nanmedian(ratio))
        # A rate such as a tax is a round figure; amounts are rounded to their last digit.
        for factor in dict.fromkeys([1.0, round(usual, 2), round(usual, 3), usual]):
            digit = 10.0 ** -decimals[a] + abs(factor) * 10.0 ** -decimals[b]
            same = np.abs(x - factor * y) <= (0.51 * digit if factor != 1 else 1e-9)
            if 0.05 < same.mean() < 0.95:
                yield f"{a} is {factor:.4g} times {b}", (str(a), str(b)), same


def _digits(values: FloatArray) -> int:
    """Decimals that a column's values are written with, at most 6."""
    known = values[np.isfinite(values)][:2000]
    return next((d for d in range(7) if np.allclose(known, np.round(known, d), rtol=0, atol=1e-9)), 6)
