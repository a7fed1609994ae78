"""Equivalence within a margin, and the power of a test to see a stated difference."""

import numpy as np
from scipy.stats import t as student
from statsmodels.stats.power import GofChisquarePower, TTestIndPower

from personae.core.arrays import FloatArray
from personae.inference.effects import cohens_d, standardised_error

RANK_EFFICIENCY = 3 / np.pi


def equivalence_p(a: FloatArray, b: FloatArray, margin: float, inflation: float = 1.0) -> float:
    """Two one-sided tests of |Cohen's d| < margin.

    A small p says that the groups are equivalent. The error is that of d, in which the margin's own unit, the
    pooled standard deviation, is estimated: with a fixed unit, Welch's test calls skewed groups of unequal
    size equivalent too often. Where neither group varies, they are equivalent exactly when they are equal.

    Parameters
    ----------
    inflation : by how much the standard error is larger, as of groups without their extremes.

    References
    ----------
    Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach.

    Examples
    --------
    >>> same = np.tile(np.arange(10.0), 60)
    >>> equivalence_p(same, same, margin=0.3) < 0.001
    True
    """
    d, _ = cohens_d(a, b)
    if np.isnan(d):
        return 0.0 if a.mean() == b.mean() else 1.0
    error, freedom = standardised_error(a, b)
    error *= inflation
    return float(max(student.sf((d + margin) / error, freedom), student.cdf((d - margin) / error, freedom)))


def power(effect: float, size_a: int, size_b: int, alpha: float, efficiency: float = 1.0) -> float:
    """Probability that a two-sided two-sample test at `alpha` sees a shift of `effect` standard deviations.

    Parameters
    ----------
    efficiency : asymptotic efficiency relative to the t-test; 3/pi for the Mann-Whitney test of normal groups
        (Lehmann 1975, Nonparametrics).

    Examples
    --------
    >>> round(power(0.3, 80, 60, alpha=0.05), 3), round(power(0.3, 80, 60, 0.05, RANK_EFFICIENCY), 2)
    (0.415, 0.4)
    """
    shift = abs(effect) * np.sqrt(efficiency)
    probability = float(TTestIndPower().power(shift, size_a, alpha, ratio=size_b / size_a))
    # SciPy has no far tail of the noncentral t: some 3,000 rows a group, where any such shift is seen.
    return 1.0 if np.isnan(probability) else probability


def association_power(effect: float, size_a: int, size_b: int, levels: int, alpha: float) -> float:
    """Probability that the chi-squared test at `alpha` sees an association as strong as a shift of `effect`.

    Cohen's w of a shift d is d / sqrt(d^2 + n^2 / (size_a size_b)), as for the correlation of a number with
    its group: .15 for d = .3 in groups of one size.

    Parameters
    ----------
    levels : of the category; below 2 it does not vary, and is taken as 2.

    References
    ----------
    Cohen (1988), Statistical power analysis for the behavioral sciences, 2.2 (d and r) and 7 (w).

    Examples
    --------
    >>> round(association_power(0.3, 80, 60, levels=2, alpha=0.05), 3)
    0.412
    """
    count = size_a + size_b
    w = abs(effect) / np.sqrt(effect**2 + count**2 / (size_a * size_b))
    return float(GofChisquarePower().power(w, count, alpha, n_bins=max(2, levels)))
