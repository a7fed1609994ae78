"""Effect sizes with intervals."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtr, chndtrinc, nctdtrinc, ndtri
from scipy.stats import rankdata

Array = NDArray[np.float64]
EffectName = Literal["cliffs_delta", "cohens_d", "epsilon_squared", "cramers_v"]


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect size with the bounds of its interval."""

    name: EffectName
    value: float
    low: float
    high: float


def cliffs_delta(a: Array, b: Array, level: float = 0.95) -> Effect:
    """P(a > b) - P(a < b), from -1 to 1, with Cliff's asymmetric interval.

    References
    ----------
    Cliff (1993), Dominance statistics: ordinal analyses to answer ordinal questions. Feng and Cliff (2004),
    Monte Carlo evaluation of ordinal d with improved confidence interval.

    Examples
    --------
    >>> cliffs_delta(np.array([1.0, 2, 3, 4]), np.array([3.0, 4, 5, 6])).value
    -0.75
    """
    rows, above_b, untied = len(a), _dominance(a, b), _untied_pairs(a, b)
    above_a, columns = -_dominance(b, a), len(b)
    delta = float(above_b.mean())
    z = float(ndtri(0.5 + level / 2))
    if abs(delta) == 1.0:
        smallest = min(rows, columns)
        inner = delta * (smallest - z**2) / (smallest + z**2)
        return Effect("cliffs_delta", delta, min(delta, inner), max(delta, inner))
    squares = (
        columns**2 * np.sum((above_b - delta) ** 2)
        + rows**2 * np.sum((above_a - delta) ** 2)
        - (untied - rows * columns * delta**2)
    )
    unbiased = squares / (rows * columns * max(1, rows - 1) * max(1, columns - 1))
    variance = max(unbiased, (1 - delta**2) / (rows * columns - 1))
    root = z * np.sqrt(variance) * np.sqrt((1 - delta**2) ** 2 + z**2 * variance)
    middle, scale = delta - delta**3, 1 - delta**2 + z**2 * variance
    return Effect(
        "cliffs_delta",
        delta,
        max(-1.0, float((middle - root) / scale)),
        min(1.0, float((middle + root) / scale)),
    )


def _dominance(own: Array, other: Array) -> Array:
    """Per value of `own`: share of `other` below it minus share above it."""
    ordered = np.sort(other)
    below, not_above = np.searchsorted(ordered, own, "left"), np.searchsorted(ordered, own, "right")
    dominance: Array = (below + not_above) / len(other) - 1
    return dominance


def _untied_pairs(a: Array, b: Array) -> int:
    ordered = np.sort(b)
    ties = np.searchsorted(ordered, a, "right") - np.searchsorted(ordered, a, "left")
    return int(len(a) * len(b) - ties.sum())


def cohens_d(a: Array, b: Array, level: float = 0.95) -> Effect:
    """Difference of means (a - b) in pooled standard deviations, with the noncentral-t interval.

    NaN where neither group varies. The interval is exact for normal groups of equal variance.

    References
    ----------
    Cumming and Finch (2001), A primer on confidence intervals based on central and noncentral distributions.

    Examples
    --------
    >>> round(cohens_d(np.array([1.0, 2, 3]), np.array([2.0, 3, 4])).value, 6)
    -1.0
    """
    spread = pooled_sd(a, b)
    if spread == 0:
        return Effect("cohens_d", float("nan"), float("nan"), float("nan"))
    d, freedom = float((a.mean() - b.mean()) / spread), len(a) + len(b) - 2
    size = np.sqrt(len(a) * len(b) / (len(a) + len(b)))
    low, high = (float(nctdtrinc(freedom, q, d * size) / size) for q in (0.5 + level / 2, 0.5 - level / 2))
    return Effect("cohens_d", d, low, high)


def pooled_sd(a: Array, b: Array) -> float:
    """Pooled standard deviation of two groups.

    Examples
    --------
    >>> pooled_sd(np.array([1.0, 2, 3]), np.array([5.0, 6, 7]))
    1.0
    """
    squares = np.sum((a - a.mean()) ** 2) + np.sum((b - b.mean()) ** 2)
    return float(np.sqrt(squares / (len(a) + len(b) - 2)))


def epsilon_squared(groups: list[Array], level: float = 0.95) -> Effect:
    """Share of the variance of ranks between groups: Kruskal-Wallis H / (n - 1), from 0 to 1.

    The interval inverts the noncentral chi-squared distribution of H; it is conservative for large effects.

    References
    ----------
    Tomczak and Tomczak (2014), The need to report effect size estimates revisited.

    Examples
    --------
    >>> round(epsilon_squared([np.array([1.0, 2, 3]), np.array([4.0, 5, 6])]).value, 4)
    0.7714
    """
    values = np.concatenate(groups)
    ranks, sizes = rankdata(values), np.array([len(group) for group in groups])
    means = np.array([part.mean() for part in np.split(ranks, np.cumsum(sizes)[:-1])])
    count = len(values)
    value = float(np.sum(sizes * (means - ranks.mean()) ** 2) / np.sum((ranks - ranks.mean()) ** 2))
    low, high = _noncentrality(value * (count - 1), len(groups) - 1, level)
    return Effect("epsilon_squared", value, min(1.0, low / (count - 1)), min(1.0, high / (count - 1)))


def cramers_v(table: Array, level: float = 0.95) -> Effect:
    """Association of two categories, from 0 to 1, with the noncentral chi-squared interval.

    Parameters
    ----------
    table : counts, (groups, levels), without an empty row or column.

    References
    ----------
    Cramér (1946), Mathematical methods of statistics. Smithson (2003), Confidence intervals.

    Examples
    --------
    >>> cramers_v(np.array([[10.0, 0], [0, 10]])).value
    1.0
    """
    total = table.sum()
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    statistic = float(np.sum((table - expected) ** 2 / expected))
    freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
    scale = total * (min(table.shape) - 1)
    low, high = _noncentrality(statistic, freedom, level)
    value, low, high = (min(1.0, float(np.sqrt(part / scale))) for part in (statistic, low, high))
    return Effect("cramers_v", value, low, high)


def _noncentrality(statistic: float, freedom: int, level: float) -> tuple[float, float]:
    """Bounds of the noncentrality under which the statistic is not surprising; they hold the statistic."""
    low, high = (
        0.0 if chdtr(freedom, statistic) <= q else float(chndtrinc(statistic, freedom, q))
        for q in (0.5 + level / 2, 0.5 - level / 2)
    )
    return low, max(high, statistic)
