"""Valleys between two segments, on the line between their centroids (0 and 1)."""

import numpy as np
from scipy.spatial.distance import cdist, pdist
from scipy.special import kolmogorov
from scipy.stats import binom

from personae.core.arrays import FloatArray, IntArray
from personae.segmentation.dip import HEAPED

# Half the width of the windows halfway and at either centroid.
WINDOW = 0.2
# Two customers lie at the same place across the line if nearer than this quantile of distances at a centroid:
# with .3 those at the bends of a racetrack found company along its straights.
NEAR = 0.15
# Customers of a window that are compared.
LOCAL_ROWS = 500
# Largest p value, over all directions across the line together, by which those halfway lie elsewhere; and how
# many standard deviations of a direction are no other place: the line tilts levels of a column by less.
ELSEWHERE, SAME_PLACE = 0.001, 0.2


def spread_ties(
    position: FloatArray, points: FloatArray, along: FloatArray, columns: IntArray, rng: np.random.Generator
) -> FloatArray:
    """Spread ties along the line: levels of one column make no gap.

    What a column contributes to the position is spread over half the way to its neighbouring values; a value
    that one customer in twenty has, over all the way that the column contributes between the centroids. So
    one or two columns of levels are never a gap, however far apart, and many that agree are.

    Parameters
    ----------
    position : ndarray of shape (customers,)
        On the line, 0 at one centroid and 1 at the other.
    points : ndarray of shape (customers, axes)
        Points of the same customers.
    along : ndarray of shape (axes,)
        From one centroid to the other.
    columns : int array of shape (axes,)
        Column of every axis.
    """
    spread = position.copy()
    length = along @ along
    for column in np.unique(columns):
        axes = columns == column
        share = float(along[axes] @ along[axes] / length)
        if share < 1e-3:
            continue
        values, inverse, counts = np.unique(
            np.round(points[:, axes] @ along[axes] / length, 9), return_inverse=True, return_counts=True
        )
        if len(values) == len(position):
            continue
        steps = np.diff(values) if len(values) > 1 else np.zeros(1)
        width = np.minimum(np.r_[steps[:1], steps], np.r_[steps, steps[-1:]])[: len(values)] / 2
        width[counts == 1] = 0.0
        heaps = counts >= max(HEAPED * len(position), 3)
        width[heaps] = np.maximum(width[heaps], share)
        spread += rng.uniform(-1, 1, len(position)) * width[inverse]
    return spread


def valley(positions: FloatArray) -> tuple[float, float, tuple[float, float]]:
    """Compare the number of customers halfway with that at either centroid.

    One mode anywhere makes the window halfway hold at least as many, on average, as the emptier of the other
    two; both must exceed it, so the larger of two binomial p values counts (Berger 1982).

    Parameters
    ----------
    positions : ndarray of shape (spreads, customers)
        On the line, 0 at one centroid and 1 at the other.

    Returns
    -------
    p_value, depth : float
        Depth is the number halfway over that at the emptier centroid; infinite where that is empty.
    at_centroids : tuple of two floats
        Customers at either.

    Examples
    --------
    >>> at = np.r_[np.linspace(-0.1, 0.1, 20), 0.5, np.linspace(0.9, 1.1, 20)]
    >>> p_value, depth, at_centroids = valley(at[None])
    >>> p_value < 0.001, depth, at_centroids
    (True, 0.05, (20.0, 20.0))
    """
    middle, first, second = (
        float((np.abs(positions - center) < WINDOW).sum(axis=1).mean()) for center in (0.5, 0.0, 1.0)
    )
    emptier = min(first, second)
    if emptier <= 0:
        return 1.0, float("inf"), (first, second)
    p_value = float(binom.cdf(round(middle), round(middle + emptier), 0.5))
    return p_value, middle / emptier, (first, second)


def local_depth(position: FloatArray, across: FloatArray) -> float:
    """Depth of the valley among customers at the same offset from the line.

    For every customer halfway, others are counted whose offset from the line is near to its own: halfway, and
    at either centroid. On the bend of a ring those halfway have company there and none at the centroids.

    Parameters
    ----------
    position : ndarray of shape (customers,)
        On the line.
    across : ndarray of shape (customers, axes)
        Offsets from the line.

    Returns
    -------
    float
        Company halfway over company at the emptier centroid; 0 where there is none halfway.
    """
    windows = [np.flatnonzero(np.abs(position - center) < WINDOW) for center in (0.5, 0.0, 1.0)]
    middle, first, second = (across[_thinned(rows)] for rows in windows)
    count, *counts = map(len, windows)
    if min(counts) < 4:
        return float("inf")
    if count < 2:
        return 0.0
    sizes = (count, *counts)
    found = [_company(middle, first, second, sizes)]
    for way in elsewhere(middle, np.vstack([first, second])):
        found.append(_company(middle @ way, first @ way, second @ way, sizes, least=SAME_PLACE))
    return max(found)


def elsewhere(middle: FloatArray, ends: FloatArray) -> list[FloatArray]:
    """Find a direction across the line in which those halfway lie elsewhere than those at the centroids.

    Columns of noise keep all customers apart alike, so that those on a bend seem to have no company. Axes and
    principal axes are looked at, either side of the middle and both sides as one. The statistic is that of
    Kolmogorov and Smirnov once both are moved towards each other by `SAME_PLACE` in all: p is an upper bound.

    Parameters
    ----------
    middle, ends : ndarrays of shape (customers, axes)
        Offsets from the line, of those halfway and of those at either centroid.

    Returns
    -------
    list of ndarray of shape (axes, 1)
        The direction with the least p value, in its standard deviations; none where p is above `ELSEWHERE`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> middle, ends = rng.normal(size=(40, 3)), rng.normal(size=(90, 3))
    >>> elsewhere(middle, ends), elsewhere(middle.round() + 0.1, ends.round())
    ([], [])
    >>> (elsewhere(middle + [0.0, 3.0, 0.0], ends)[0].ravel() > 0).tolist()
    [False, True, False]
    """
    center = ends.mean(axis=0)
    both = np.vstack([middle, ends]) - center
    directions = np.hstack([np.eye(both.shape[1]), np.linalg.eigh(both.T @ both)[1]])
    directions = directions / np.maximum((both @ directions).std(axis=0), 1e-12)
    halfway, outside = (middle - center) @ directions, (ends - center) @ directions
    views = [*zip(halfway.T, outside.T, strict=True), *zip(abs(halfway).T, abs(outside).T, strict=True)]
    apart = [_apart(*view) for view in views]
    best = int(np.argmax(apart))
    enough = len(middle) * len(ends) / len(both)
    p_value = len(views) * kolmogorov(float(np.sqrt(enough) * apart[best]))
    return [directions[:, best % len(directions.T)][:, None]] if p_value <= ELSEWHERE else []


def _apart(some: FloatArray, others: FloatArray) -> float:
    """Largest difference of two distributions, each moved by half of `SAME_PLACE` towards the other."""
    some, others = np.sort(some), np.sort(others)
    at = np.concatenate([some, others])
    largest = 0.0
    for move in (-SAME_PLACE / 2, SAME_PLACE / 2):
        first = np.searchsorted(some, at + move, side="right") / len(some)
        second = np.searchsorted(others, at - move, side="right") / len(others)
        largest = max(largest, float(np.max((first - second) * -np.sign(move))))
    return largest


def _company(
    middle: FloatArray, first: FloatArray, second: FloatArray, sizes: tuple[int, ...], *, least: float = 0.0
) -> float:
    """Company of those halfway over that at the emptier centroid; `sizes` are those before thinning."""
    near = max(least, min(np.quantile(pdist(side), NEAR) for side in (first, second)))
    # Shares of pairs, times the customers of the whole window: thinning one window leaves them as they are.
    own = (pdist(middle) <= near).mean() * (sizes[0] - 1)
    at_centroids = min(
        max((cdist(middle, side) <= near).mean(), 1 / (len(middle) * len(side))) * size
        for side, size in zip((first, second), sizes[1:], strict=True)
    )
    return float(own / at_centroids)


def _thinned(rows: IntArray) -> IntArray:
    """Give at most `LOCAL_ROWS` of the rows, evenly spaced."""
    kept = np.linspace(0, len(rows) - 1, min(len(rows), LOCAL_ROWS)).round().astype(np.intp)
    return rows[kept]
