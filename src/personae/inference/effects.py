"""Effect sizes: each a value with the bounds of its interval."""

from typing import Literal

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtr, chndtrinc, nctdtrinc, ndtri, stdtrit
from scipy.stats import chi2_contingency, kruskal

from personae.core.arrays import FloatArray

EDGE = 1e-6
NAN = float("nan")
Effect = tuple[float, tuple[float, float]]


def auc_variance(auc: float, size_a: int, size_b: int) -> float:
    """Variance of the AUC of two samples where it is `auc` in truth (Newcombe 2006, method 5).

    At .5, and without ties, it is that of the Mann-Whitney test.

    Examples
    --------
    >>> round(auc_variance(0.5, 10, 10), 6) == round(21 / 1200, 6)
    True
    """
    spare = (size_a + size_b) / 2 - 1
    shape = 1 + spare * ((1 - auc) / (2 - auc) + auc / (1 + auc))
    return auc * (1 - auc) * shape / (size_a * size_b)


def auc_interval(
    auc: float, size_a: int, size_b: int, inflation: float = 1.0, level: float = 0.95
) -> tuple[float, float]:
    """Score interval of an AUC: all values from which the estimate is at most z standard errors away.

    The standard error is that of the value, not of the estimate, so the interval holds near 0 and 1 too.

    Parameters
    ----------
    inflation : by how much the variance is larger than `auc_variance`.

    References
    ----------
    Hanley and McNeil (1982), The meaning and use of the area under a ROC curve. Newcombe (2006), Confidence
    intervals for an effect size measure based on the Mann-Whitney statistic, part 2.

    Examples
    --------
    >>> low, high = auc_interval(0.5, 500, 500, inflation=2)
    >>> round(low, 3), round(high, 3)
    (0.45, 0.55)
    """
    inner = min(max(auc, EDGE), 1 - EDGE)
    scale = float(ndtri(0.5 + level / 2)) ** 2 * inflation

    def beyond(truth: float) -> float:
        return (inner - truth) ** 2 - scale * auc_variance(truth, size_a, size_b)

    return min(auc, float(brentq(beyond, 0.0, inner))), max(auc, float(brentq(beyond, inner, 1.0)))


def cliffs_delta(a: FloatArray, b: FloatArray, level: float = 0.95) -> Effect:
    """P(a > b) - P(a < b), from -1 to 1, with the score interval of its AUC, (delta + 1) / 2.

    Its variance is enlarged where the one that is observed (DeLong et al. 1988) is larger, as with unequal
    spreads. Cliff's own interval falls short near -1 and 1, where few comparisons go the other way.

    References
    ----------
    Cliff (1993), Dominance statistics: ordinal analyses to answer ordinal questions. Newcombe (2006), as for
    `auc_interval`. DeLong, DeLong and Clarke-Pearson (1988), Comparing the areas under two or more correlated
    ROC curves.

    Examples
    --------
    >>> cliffs_delta(np.array([1.0, 2, 3, 4]), np.array([3.0, 4, 5, 6]))[0]
    -0.75
    """
    delta, inflation = cliffs_delta_variance(a, b)
    low, high = auc_interval((delta + 1) / 2, len(a), len(b), inflation, level)
    return delta, (min(delta, 2 * low - 1), max(delta, 2 * high - 1))


def cliffs_delta_variance(a: FloatArray, b: FloatArray) -> tuple[float, float]:
    """Cliff's delta, and by how much its AUC varies more than `auc_variance`, at least 1.

    Examples
    --------
    >>> cliffs_delta_variance(np.array([1.0, 2, 3, 4]), np.array([3.0, 4, 5, 6]))
    (-0.75, 1.0)
    """
    above_b, above_a = _dominance(a, b), _dominance(b, a)
    delta = float(above_b.mean())
    observed = (_variance_of_mean(above_b) + _variance_of_mean(above_a)) / 4
    modelled = auc_variance((delta + 1) / 2, len(a), len(b))
    return delta, max(1.0, observed / modelled) if modelled else 1.0


def _variance_of_mean(values: FloatArray) -> float:
    return float(np.sum((values - values.mean()) ** 2) / (len(values) * max(1, len(values) - 1)))


def _dominance(own: FloatArray, other: FloatArray) -> FloatArray:
    """Per value of `own`: share of `other` below it minus share above it."""
    ordered = np.sort(other)
    below, not_above = np.searchsorted(ordered, own, "left"), np.searchsorted(ordered, own, "right")
    dominance: FloatArray = (below + not_above) / len(other) - 1
    return dominance


def cohens_d(
    a: FloatArray,
    b: FloatArray,
    interval: Literal["noncentral t", "delta method"] | None = None,
    level: float = 0.95,
) -> Effect:
    """Difference of means (a - b) in pooled standard deviations; NaN where neither group varies.

    Parameters
    ----------
    interval : "noncentral t", exact for normal groups of equal variance; "delta method", for normal groups of
        unequal variance; None for no interval (NaN): with long tails neither holds.

    References
    ----------
    Cumming and Finch (2001), A primer on confidence intervals based on central and noncentral distributions.

    Examples
    --------
    >>> round(cohens_d(np.array([1.0, 2, 3]), np.array([2.0, 3, 4]))[0], 6)
    -1.0
    """
    spread = pooled_sd(a, b)
    if spread == 0:
        return NAN, (NAN, NAN)
    d, tails = float((a.mean() - b.mean()) / spread), (0.5 + level / 2, 0.5 - level / 2)
    if interval is None:
        return d, (NAN, NAN)
    if interval == "delta method":
        error, freedom = standardised_error(a, b)
        half = error * float(stdtrit(freedom, tails[0]))
        return d, (d - half, d + half)
    size = np.sqrt(len(a) * len(b) / (len(a) + len(b)))
    low, high = (float(nctdtrinc(len(a) + len(b) - 2, q, d * size) / size) for q in tails)
    return d, (low, high)


def standardised_error(a: FloatArray, b: FloatArray) -> tuple[float, float]:
    """Standard error of Cohen's d whatever the variances and shapes, and its degrees of freedom.

    The delta method: the spread of what each row adds to the difference of means and, through the pooled
    standard deviation that divides it, to d. The degrees of freedom are Satterthwaite's (1946). Where the
    means are equal it is the error of Welch's test.

    Parameters
    ----------
    a, b : (rows,); at least one of them varies.

    References
    ----------
    Bonett (2008), Confidence intervals for standardized linear contrasts of means: the normal case.

    Examples
    --------
    >>> error, freedom = standardised_error(np.arange(9.0), np.arange(9.0))
    >>> round(error, 4), round(freedom)
    (0.4714, 16)
    """
    spread = pooled_sd(a, b)
    d, parts = (a.mean() - b.mean()) / spread, []
    for values, sign in ((a, 1), (b, -1)):
        z = (values - values.mean()) / spread
        weight = (len(values) - 1) / (len(a) + len(b) - 2)
        parts.append(_variance_of_mean(sign * z - d * weight * z**2 / 2))
    freedom = sum(parts) ** 2 / sum(
        part**2 / max(1, len(values) - 1) for part, values in zip(parts, (a, b), strict=True)
    )
    return float(np.sqrt(sum(parts))), float(freedom)


def pooled_sd(a: FloatArray, b: FloatArray) -> float:
    """Pooled standard deviation of two groups.

    Examples
    --------
    >>> pooled_sd(np.array([1.0, 2, 3]), np.array([5.0, 6, 7]))
    1.0
    """
    squares = np.sum((a - a.mean()) ** 2) + np.sum((b - b.mean()) ** 2)
    return float(np.sqrt(squares / (len(a) + len(b) - 2)))


def epsilon_squared(groups: list[FloatArray], level: float = 0.95) -> Effect:
    """Share of the variance of ranks between groups: Kruskal-Wallis H / (n - 1), from 0 to 1.

    The interval inverts the noncentral chi-squared distribution of H; it is conservative for large effects.

    References
    ----------
    Tomczak and Tomczak (2014), The need to report effect size estimates revisited.

    Examples
    --------
    >>> round(epsilon_squared([np.array([1.0, 2, 3]), np.array([4.0, 5, 6])])[0], 4)
    0.7714
    """
    statistic, scale = float(kruskal(*groups).statistic), sum(map(len, groups)) - 1
    low, high = _noncentrality(statistic, len(groups) - 1, level)
    return statistic / scale, (min(1.0, low / scale), min(1.0, high / scale))


def cramers_v(table: FloatArray, level: float = 0.95) -> Effect:
    """Association of two categories, from 0 to 1, with the noncentral chi-squared interval.

    The interval is an approximation: in simulation 95 to 99 % hold the truth, and 90 % where a level is rare
    and the groups differ in size (shares of .05 and .15 in 120 and 40 rows).

    Parameters
    ----------
    table : counts, (groups, levels), without an empty row or column.

    References
    ----------
    Cramér (1946), Mathematical methods of statistics. Smithson (2003), Confidence intervals.

    Examples
    --------
    >>> cramers_v(np.array([[10.0, 0], [0, 10]]))[0]
    1.0
    """
    tested = chi2_contingency(table, correction=False)
    scale = table.sum() * (min(table.shape) - 1)
    bounds = _noncentrality(float(tested.statistic), tested.dof, level)
    value, low, high = (min(1.0, float(np.sqrt(part / scale))) for part in (tested.statistic, *bounds))
    return value, (low, high)


def _noncentrality(statistic: float, freedom: int, level: float) -> tuple[float, float]:
    """Bounds of the noncentrality under which the statistic is not surprising; they hold the statistic."""
    low, high = (
        0.0 if chdtr(freedom, statistic) <= q else float(chndtrinc(statistic, freedom, q))
        for q in (0.5 + level / 2, 0.5 - level / 2)
    )
    return low, max(high, statistic)
