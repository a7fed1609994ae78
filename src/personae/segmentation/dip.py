"""Hartigan's dip: how far a sample is from having one mode."""

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.special import ndtri

from personae.core.arrays import FloatArray, IntArray

# A value that at least this share of the customers has is a heap: zeros, a cap, a filled-in mean, a level.
HEAPED = 0.05
# Tail probabilities of the dip, times the root of the sample size, in samples of the uniform law (the least
# favourable unimodal one); simulated with `dip`, 4,000 to 10,000 samples a size.
TAIL = (0.9, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.001)
UNIFORM = {
    8: (0.2321, 0.3131, 0.354, 0.4012, 0.4352, 0.469, 0.4922, 0.5056, 0.547),
    20: (0.254, 0.3273, 0.3945, 0.4356, 0.4715, 0.5139, 0.5407, 0.5662, 0.6176),
    50: (0.2643, 0.3463, 0.4162, 0.459, 0.4948, 0.5401, 0.5745, 0.6012, 0.6579),
    200: (0.278, 0.3603, 0.4361, 0.4793, 0.5196, 0.5678, 0.598, 0.6276, 0.6745),
    1000: (0.2888, 0.3725, 0.4474, 0.4919, 0.5318, 0.586, 0.6237, 0.6517, 0.7419),
}


def dip(values: FloatArray) -> float:
    """Compute the dip: the distance of the sample's distribution from the nearest unimodal one.

    The greatest convex minorant and the least concave majorant close in on the modal interval (Hartigan and
    Hartigan 1985; Hartigan 1985, AS 217, with the correction by Maechler); each is an isotonic regression of
    slopes.

    Parameters
    ----------
    values : ndarray of shape (n,)
        In any order, ties allowed.

    Returns
    -------
    float
        1 / (2 n) where nothing speaks against one mode, up to 1/4.

    Examples
    --------
    >>> dip(np.array([0.0, 0.0, 0.0, 5.0, 5.0, 5.0]))
    0.25
    """
    points, counts = np.unique(values, return_counts=True)
    above = np.cumsum(counts).astype(np.float64)
    below = above - counts
    start, stop, largest = 0, len(points) - 1, 1.0
    while stop > start:
        part = slice(start, stop + 1)
        minorant, lower = _hull(points[part], below[part], convex=True)
        majorant, upper = _hull(points[part], above[part], convex=False)
        corners = np.union1d(lower, upper)
        widest = corners[(majorant - minorant)[corners].argmax()]
        if majorant[widest] - minorant[widest] <= largest:
            break
        left, right = lower[lower <= widest].max(), upper[upper >= widest].min()
        before = (above[part] - minorant)[:left].max(initial=0.0)
        after = (majorant - below[part])[right + 1 :].max(initial=0.0)
        largest = max(largest, before, after)
        if (left, right) == (0, stop - start):
            break
        start, stop = start + int(left), start + int(right)
    return float(largest / (2 * len(values)))


def dip_p_value(values: FloatArray) -> float:
    """P value of the dip against uniform samples; 1 below eight values, the fewest simulated.

    Ties look like many modes: spread them before (`borders`), or do not ask (`is_heaped`).

    Examples
    --------
    >>> dip_p_value(np.linspace(0, 1, 50)) > 0.9, dip_p_value(np.r_[np.arange(25), np.arange(75, 100)]) < 0.01
    (True, True)
    """
    count = len(values)
    if count < min(UNIFORM):
        return 1.0
    sizes = np.log(list(UNIFORM))
    columns = zip(*UNIFORM.values(), strict=True)
    quantiles = np.array([np.interp(np.log(count), sizes, column) for column in columns])
    scaled, tail = dip(values) * np.sqrt(count), np.log(TAIL)
    if scaled <= quantiles[0]:
        return 1.0 if scaled < quantiles[0] else TAIL[0]
    if scaled > quantiles[-1]:
        slope = (tail[-1] - tail[-2]) / (quantiles[-1] - quantiles[-2])
        return float(np.exp(tail[-1] + slope * (scaled - quantiles[-1])))
    return float(np.exp(np.interp(scaled, quantiles, tail)))


def is_heaped(values: FloatArray) -> bool:
    """Say whether one value is shared by 5 % of the customers or more.

    Examples
    --------
    >>> is_heaped(np.array([0.0] * 5 + [1.5, 2.5, 3.5])), is_heaped(np.arange(40.0))
    (True, False)
    """
    counts = np.unique(values, return_counts=True)[1]
    return bool(counts.max() >= max(HEAPED * len(values), 3))


def is_humped(values: FloatArray) -> bool:
    """Say whether a continuous column has more than one mode (dip, p <= .05)."""
    return not is_heaped(values) and dip_p_value(values) <= 0.05


def normal_margin(values: FloatArray) -> FloatArray:
    """Replace columns by normal ones of the same mean, deviation and order.

    Examples
    --------
    >>> normal_margin(np.array([[0.0], [9.0], [1.0], [10.0]])).round(1).T.tolist()
    [[-1.2, 6.7, 3.3, 11.2]]
    """
    scores = ndtri((np.arange(len(values)) + 0.5) / len(values))
    ranks = values.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    return np.asarray(values.mean(axis=0) + values.std(axis=0) * (scores / scores.std())[ranks])


def _hull(points: FloatArray, heights: FloatArray, *, convex: bool) -> tuple[FloatArray, IntArray]:
    """Give the greatest convex minorant (or least concave majorant) at the points, and its corners."""
    steps = np.diff(points)
    slopes = isotonic_regression(np.diff(heights) / steps, weights=steps, increasing=convex)
    return np.concatenate([[heights[0]], heights[0] + np.cumsum(slopes.x * steps)]), slopes.blocks
