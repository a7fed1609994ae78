"""Gaps within a segment: what a partition has missed, seen in one column."""

import numpy as np

from personae.core.arrays import FloatArray, IntArray
from personae.core.statistics import Codes
from personae.segmentation.clusterers import Labels
from personae.segmentation.dip import dip_p_value, is_heaped
from personae.segmentation.valleys import WINDOW, spread_ties

# Largest p value of the dip over all columns and segments together, and largest depth of the valley.
WITHIN_GAP = (0.02, 0.5)


def gap_within(
    points: FloatArray,
    labels: Labels,
    rng: np.random.Generator,
    *,
    columns: IntArray | None = None,
    groups: Codes | None = None,
) -> int | None:
    """Find a column that falls in two within one segment.

    Where columns of noise hide groups from the clusterer, each border that it did find is a gap, and the
    groups that it left together show in a single column all the same.

    Parameters
    ----------
    points : ndarray of shape (customers, axes)
        Points of the reference space.
    labels : int array of shape (customers,)
        Segments 0 to k - 1; negative for noise, which takes no part.
    rng : Generator
        Spreads ties.
    columns : int array of shape (axes,), optional
        Column that every axis comes from; its own by default. Those of several axes, and heaped ones, are
        not looked at.
    groups : int array of shape (customers,), optional
        Independent unit of every customer; a unit counts once.

    Returns
    -------
    int, optional
        The column with the least p value of the dip among the gaps; None where there is none.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> points = np.column_stack([rng.normal(size=200), np.repeat([0.0, 6.0], 100) + rng.normal(size=200)])
    >>> gap_within(points, np.zeros(200, dtype=int), rng)
    1
    """
    columns = np.arange(points.shape[1]) if columns is None else columns
    if groups is not None:
        first = np.unique(groups, return_index=True)[1]
        points, labels = points[first], labels[first]
    single = [axis for axis, column in enumerate(columns) if (columns == column).sum() == 1]
    found = []
    for segment in range(int(labels.max(initial=-1)) + 1):
        own = points[labels == segment]
        for axis in single:
            if len(np.unique(own[:, axis])) > 1 and not is_heaped(own[:, axis]):
                found.append((*_humps(own, axis, columns, rng), int(columns[axis])))
    p_value, depth = WITHIN_GAP
    gaps = [(p, column) for p, deep, column in found if p * len(found) <= p_value and deep <= depth]
    return min(gaps)[1] if gaps else None


def _humps(points: FloatArray, axis: int, columns: IntArray, rng: np.random.Generator) -> tuple[float, float]:
    """P value of the dip along an axis, and depth of the valley between its two halves."""
    along = np.zeros(points.shape[1])
    along[axis] = 1.0
    values = np.sort(spread_ties(points[:, axis], points, along, columns, rng))
    low, high = _two_means(values)
    return dip_p_value(values), _depth((values - low) / (high - low))


def _depth(position: FloatArray) -> float:
    """Least number of customers between the fullest windows of the two halves, over that of the emptier."""

    def company(at: FloatArray) -> IntArray:
        return np.searchsorted(position, at + WINDOW) - np.searchsorted(position, at - WINDOW)

    halves = position[position < 0.5], position[position >= 0.5]
    first, second = (half[company(half).argmax()] for half in halves)
    between = company(np.linspace(first, second, 100)).min()
    return float(between / min(company(np.array([first, second]))))


def _two_means(values: FloatArray) -> tuple[float, float]:
    """Means of the two parts of sorted values whose squares are least (k-means in one dimension)."""
    below = np.arange(1, len(values))
    above = len(values) - below
    sums = np.cumsum(values)
    low, high = sums[:-1] / below, (sums[-1] - sums[:-1]) / above
    best = (below * above * (high - low) ** 2).argmax()
    return float(low[best]), float(high[best])
