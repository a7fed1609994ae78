"""Equivalence within a margin, and the power of a test to see a stated difference."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import nct
from scipy.stats import t as student

from personae.inference.effects import pooled_sd

Array = NDArray[np.float64]

RANK_EFFICIENCY = 3 / np.pi


def equivalence_p(a: Array, b: Array, margin: float) -> float:
    """Two one-sided Welch tests of |mean(a) - mean(b)| < margin pooled standard deviations.

    A small p says that the groups are equivalent. Where neither group varies, they are equivalent exactly
    when they are equal.

    References
    ----------
    Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach.

    Examples
    --------
    >>> same = np.tile(np.arange(10.0), 60)
    >>> equivalence_p(same, same, margin=0.3) < 0.001
    True
    """
    difference, bound = float(a.mean() - b.mean()), margin * pooled_sd(a, b)
    parts = np.array([a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)])
    error = float(np.sqrt(parts.sum()))
    if error == 0:
        return 0.0 if difference == 0 else 1.0
    freedom = parts.sum() ** 2 / np.sum(parts**2 / (np.array([len(a), len(b)]) - 1))
    return float(
        max(
            student.sf((difference + bound) / error, freedom),
            student.cdf((difference - bound) / error, freedom),
        )
    )


def level_equivalence_p(a: NDArray[np.str_], b: NDArray[np.str_], margin: float) -> float:
    """Equivalence of a category: the share of every level is equivalent (intersection-union: the largest p).

    Examples
    --------
    >>> same = np.tile(["m", "f"], 300)
    >>> level_equivalence_p(same, same, margin=0.3) < 0.001
    True
    """
    levels: Sequence[str] = np.unique(np.concatenate([a, b])).tolist()
    return max(
        equivalence_p((a == level).astype(float), (b == level).astype(float), margin) for level in levels
    )


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
    freedom = size_a + size_b - 2
    shift = abs(effect) * np.sqrt(efficiency * size_a * size_b / (size_a + size_b))
    critical = student.isf(alpha / 2, freedom)
    return float(nct.sf(critical, freedom, shift) + nct.cdf(-critical, freedom, shift))
