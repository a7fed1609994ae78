"""Shared statistics: p-value adjustment, shares, agreement, AUC, cluster bootstrap."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from personae.core.arrays import BoolArray, FloatArray, IntArray

Correction = Literal["holm", "bh"]
Codes = NDArray[np.integer[Any]]

# Resamples x groups drawn at once: 32 MB as whole numbers.
BLOCK_CELLS = 1 << 22

# Mean Jaccard similarity over bootstrap samples from which a segment is called stable (Hennig 2007).
STABLE = 0.75


def adjust(p_values: Sequence[float] | FloatArray, correction: Correction) -> FloatArray:
    """Adjust the p-values of one family of tests, ignoring NaN.

    Parameters
    ----------
    p_values : p-values in [0, 1] or NaN.
    correction : "holm" (Holm 1979, family-wise error) or "bh" (Benjamini and Hochberg
        1995, false discovery rate).

    Notes
    -----
    `multipletests` of statsmodels gives the same, and collects garbage at each call: 50 ms and more.

    Examples
    --------
    >>> adjust([0.01, 0.04, float("nan"), 0.03], "holm").tolist()
    [0.03, 0.06, nan, 0.06]
    """
    raw = np.asarray(p_values, dtype=float)
    adjusted = np.full(raw.shape, np.nan)
    made = np.flatnonzero(~np.isnan(raw))
    order = made[np.argsort(raw[made], kind="stable")]
    rank = np.arange(1, len(order) + 1)
    if correction == "holm":
        steps = np.maximum.accumulate(raw[order] * (len(order) - rank + 1))
    else:
        steps = np.minimum.accumulate((raw[order] * len(order) / rank)[::-1])[::-1]
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted


def wilson(count: ArrayLike, total: ArrayLike, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Score interval of a share (Wilson 1927); NaN for an empty total.

    Examples
    --------
    >>> low, high = wilson(29, 31)
    >>> round(float(low), 3), round(float(high), 3)
    (0.793, 0.982)
    """
    from scipy.special import ndtri  # noqa: PLC0415 - slow to import

    hits, trials = np.asarray(count, dtype=float), np.asarray(total, dtype=float)
    z = float(ndtri(0.5 + level / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = hits / trials
        centre = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
        half = z / (1 + z**2 / trials) * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def share(part: int, whole: int) -> tuple[float, tuple[float, float]] | tuple[None, None]:
    """Give a share with its 95 % Wilson interval; None if empty.

    Examples
    --------
    >>> value, (low, high) = share(29, 31)
    >>> round(value, 3), round(low, 3), round(high, 3)
    (0.935, 0.793, 0.982)
    """
    if not whole:
        return None, None
    low, high = wilson(part, whole)
    # Without the last bits of a sum where none or all are part.
    return part / whole, (float(low) if part else 0.0, float(high) if part < whole else 1.0)


def contingency(first: Codes, second: Codes) -> FloatArray:
    """Contingency table of two groupings, shape (first, second).

    Examples
    --------
    >>> contingency(np.array([0, 0, 1]), np.array([1, 1, 0])).tolist()
    [[0.0, 2.0], [1.0, 0.0]]
    """
    width = int(second.max(initial=0)) + 1
    height = int(first.max(initial=0)) + 1
    counts = np.bincount(first * width + second, minlength=height * width)
    return counts.reshape(height, width).astype(np.float64)


def adjusted_rand(first: Codes, second: Codes) -> float:
    """Adjusted Rand index (Hubert and Arabie 1985), without noise (below 0).

    Examples
    --------
    >>> adjusted_rand(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    1.0
    """
    table = contingency(first + 1, second + 1)[1:, 1:]
    together, rows, columns, total = (
        float((counts * (counts - 1) / 2).sum())
        for counts in (table, table.sum(axis=1), table.sum(axis=0), table.sum())
    )
    expected = rows * columns / total if total else 0.0
    highest = (rows + columns) / 2
    return 1.0 if highest == expected else (together - expected) / (highest - expected)


def ordered_pairs(positive: BoolArray, score: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Count concordant positive-negative pairs, ties half, and all pairs.

    Parameters
    ----------
    positive, score : (..., rows).
    """
    from scipy.stats import rankdata  # noqa: PLC0415 - slow to import

    count = positive.sum(axis=-1)
    ranks = (rankdata(score, axis=-1) * positive).sum(axis=-1)
    return ranks - count * (count + 1) / 2, count * (score.shape[-1] - count)


def roc_auc(positive: BoolArray, score: FloatArray) -> float:
    """Area under the ROC curve, as the Mann-Whitney statistic (1947).

    Examples
    --------
    >>> roc_auc(np.array([False, True, True]), np.array([0.3, 0.3, 0.9]))
    0.75
    """
    ordered, pairs = ordered_pairs(positive, score)
    return float(ordered / pairs)


def bootstrap_counts(
    groups: int, resamples: int, rng: np.random.Generator, *, one_by_one: bool = False
) -> Iterator[IntArray]:
    """Multiplicity of each group in each bootstrap sample, in blocks of samples.

    Parameters
    ----------
    groups : independent groups; each sample draws as many, with replacement.
    one_by_one : draw one group after the other in place of multinomial counts: the same law, another stream
        of random numbers. Silhouette intervals have always been drawn so.

    Examples
    --------
    >>> [block] = bootstrap_counts(3, 2, np.random.default_rng(0))
    >>> block.sum(axis=1).tolist()
    [3, 3]
    """
    block = max(BLOCK_CELLS // groups, 1)
    for first in range(0, resamples, block):
        size = min(block, resamples - first)
        if one_by_one:
            cells = rng.integers(groups, size=(size, groups)) + groups * np.arange(size)[:, None]
            yield np.bincount(cells.ravel(), minlength=size * groups).reshape(size, groups)
        else:
            yield rng.multinomial(groups, np.full(groups, 1 / groups), size)


def bootstrap_sums(
    values: ArrayLike,
    groups: Codes,
    resamples: int,
    rng: np.random.Generator,
    *,
    one_by_one: bool = False,
) -> FloatArray:
    """Column sums of the data, then of cluster bootstrap samples.

    Parameters
    ----------
    values : (rows, columns).
    groups : (rows,), the independent group of each row.

    Returns
    -------
    ndarray of shape (1 + resamples, columns)

    References
    ----------
    Davison and Hinkley (1997), Bootstrap methods and their application, section 3.8.

    Examples
    --------
    >>> bootstrap_sums(np.ones((4, 1)), np.array([5, 5, 7, 7]), 2, np.random.default_rng(0)).tolist()
    [[4.0], [4.0], [4.0]]
    """
    return bootstrap_tables([values], groups, resamples, rng, one_by_one=one_by_one)[0]


def bootstrap_tables(
    tables: Iterable[ArrayLike],
    groups: Codes,
    resamples: int,
    rng: np.random.Generator,
    *,
    one_by_one: bool = False,
) -> list[FloatArray]:
    """Give `bootstrap_sums` of several tables of the same rows, over the same samples drawn once.

    Examples
    --------
    >>> one, two = bootstrap_tables([np.ones((2, 1)), np.eye(2)], np.arange(2), 1, np.random.default_rng(0))
    >>> one.tolist(), two.sum(axis=1).tolist()
    ([[2.0], [2.0]], [2.0, 2.0])
    """
    names, member = np.unique(groups, return_inverse=True)
    totals = [
        np.stack([np.bincount(member, column, len(names)) for column in np.asarray(each, dtype=float).T], 1)
        for each in tables
    ]
    sums = [[each.sum(axis=0)[None]] for each in totals]
    for counts in bootstrap_counts(len(names), resamples, rng, one_by_one=one_by_one):
        for own, each in zip(sums, totals, strict=True):
            own.append(counts @ each)
    return [np.concatenate(own) for own in sums]


def bootstrap_rows(groups: Codes, resamples: int, rng: np.random.Generator) -> Iterator[IntArray]:
    """Rows of each cluster bootstrap sample, for figures other than sums.

    Examples
    --------
    >>> [rows] = bootstrap_rows(np.array([5, 5, 7]), 1, np.random.default_rng(1))
    >>> rows.tolist()
    [0, 1, 2]
    """
    _, member = np.unique(groups, return_inverse=True)
    rows = np.split(np.argsort(member, kind="stable"), np.cumsum(np.bincount(member))[:-1])
    for _ in range(resamples):
        yield np.concatenate([rows[group] for group in rng.integers(len(rows), size=len(rows))])
