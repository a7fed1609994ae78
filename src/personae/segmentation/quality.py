"""Internal indices of a partition, with silhouettes of all candidate k from one pass over the distances."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personae.core.arrays import FloatArray
from personae.core.parallel import parallel_map
from personae.core.statistics import bootstrap_sums
from personae.segmentation.clusterers import Clusterer, Labels

# A block of distances stays within 16 MB, so memory grows linearly with the number of rows.
BLOCK_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class PartitionMetrics:
    """Metrics of one table for every candidate k, shape (ks,).

    `silhouette` is the mean, NaN where there is none; `inertia` that of one customer on average;
    `smallest_share` the share of the customers in the smallest segment. With `min_clusters` segments no
    niche is left in another segment.
    """

    silhouette: FloatArray
    inertia: FloatArray
    smallest_share: FloatArray
    min_clusters: int


def partition_metrics(points: FloatArray, fitted: Sequence[Clusterer]) -> PartitionMetrics:
    """Measure the partitions of one table in the reference space."""
    labelings = [one.labels_ for one in fitted]
    return PartitionMetrics(
        mean_known(silhouettes(points, labelings)),
        np.array([scatter(points, labels)[0] for labels in labelings]) / len(points),
        np.array([smallest_share(labels) for labels in labelings]),
        fitted[0].min_clusters,
    )


def silhouettes(
    points: FloatArray, labelings: Sequence[Labels], weights: FloatArray | None = None, workers: int = 1
) -> FloatArray:
    """Compute silhouette widths (Rousseeuw 1987) of several partitions of the same points.

    Distances are computed once, in blocks, in single precision on centred points; their sums per segment
    are one matrix product for all partitions.

    Parameters
    ----------
    points : ndarray of shape (customers, axes)
        Points of the reference space.
    labelings : sequence of int arrays
        Segment of every point, 0 to k - 1, or negative for noise, which takes no part.
    weights : ndarray of shape (customers,), optional
        How many customers of the population a sampled one stands for.
    workers : int
        Threads over the blocks.

    Returns
    -------
    ndarray of shape (len(labelings), customers)
        Widths from -1 to 1; 0 in a segment of one customer; NaN for noise, and for all where k < 2.

    Examples
    --------
    >>> points = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> silhouettes(points, [np.array([0, 0, 1, 1])]).round(3).tolist()
    [[0.905, 0.895, 0.895, 0.905]]
    """
    count = len(points)
    mass = np.ones(count) if weights is None else weights
    indicators = [one_hot(labels) * mass[:, None] for labels in labelings]
    edges = np.cumsum([0, *(indicator.shape[1] for indicator in indicators)])
    totals = [indicator.sum(axis=0) for indicator in indicators]
    stacked = np.hstack(indicators).astype(np.float32)
    centred = (points - points.mean(axis=0)).astype(np.float32)
    squares = np.einsum("ij,ij->i", centred, centred)

    def block(rows: slice) -> FloatArray:
        sums = (_distances(centred, squares, rows) @ stacked).astype(np.float64)
        parts = [sums[:, start:stop] for start, stop in pairwise(edges)]
        return np.array(
            [
                _widths(part, labels[rows], total, mass[rows])
                for part, labels, total in zip(parts, labelings, totals, strict=True)
            ]
        )

    step = max(1, BLOCK_CELLS // count)
    slices = [slice(start, min(start + step, count)) for start in range(0, count, step)]
    return np.hstack(parallel_map([partial(block, rows) for rows in slices], workers, threads=True))


def _distances(
    centred: NDArray[np.float32], squares: NDArray[np.float32], rows: slice
) -> NDArray[np.float32]:
    """Give Euclidean distances of a block of points to all."""
    distances = centred[rows] @ centred.T
    distances *= -2.0
    distances += squares
    distances += squares[rows, None]
    np.maximum(distances, 0.0, out=distances)
    np.sqrt(distances, out=distances)
    distances[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = 0.0
    return np.asarray(distances)


def _widths(sums: FloatArray, own: Labels, totals: FloatArray, mass: FloatArray) -> FloatArray:
    """Turn distance sums per segment into silhouette widths of one block of points."""
    widths = np.full(len(own), np.nan)
    real = np.flatnonzero(own >= 0)
    if sums.shape[1] < 2 or not len(real):
        return widths
    others = totals[own[real]] - mass[real]
    alone = others <= 0
    within = sums[real, own[real]] / np.where(alone, 1.0, others)
    means = np.divide(sums[real], totals, out=np.full((len(real), len(totals)), np.inf), where=totals > 0)
    means[np.arange(len(real)), own[real]] = np.inf
    between = means.min(axis=1)
    scale = np.maximum(within, between)
    real_widths = np.divide(
        between - within, scale, out=np.zeros(len(real)), where=(scale > 0) & np.isfinite(scale)
    )
    widths[real] = np.where(alone, 0.0, real_widths)
    return widths


def one_hot(labels: Labels) -> FloatArray:
    """Give indicators of segments, shape (customers, k); a row of zeros for noise."""
    return np.asarray(labels[:, None] == np.arange(max(int(labels.max(initial=-1)) + 1, 1)), dtype=np.float64)


def stratified_sample(
    labels: Labels, rows: int, rng: np.random.Generator, min_rows: int = 50
) -> tuple[Labels, FloatArray]:
    """Sample customers in proportion to their segments, at least `min_rows` of each.

    Returns
    -------
    index : int array
        Sampled customers, ascending.
    weights : ndarray
        Customers that each of them stands for; they sum to the number of customers.
    """
    chosen, weights = [], []
    for segment in np.unique(labels):
        members = np.flatnonzero(labels == segment)
        size = min(len(members), max(min_rows, round(rows * len(members) / len(labels))))
        chosen.append(rng.choice(members, size, replace=False))
        weights.append(np.full(size, len(members) / size))
    index = np.concatenate(chosen)
    order = np.argsort(index)
    return index[order], np.concatenate(weights)[order]


def mean_interval(
    values: FloatArray,
    groups: NDArray[np.integer[Any]],
    weights: FloatArray,
    rng: np.random.Generator,
    draws: int = 1000,
) -> tuple[float, float]:
    """Bootstrap a 95 % percentile interval of a weighted mean over independent groups of customers.

    Parameters
    ----------
    values : ndarray of shape (customers,)
        NaN takes no part.
    groups : int array of shape (customers,)
        Independent unit of every customer.
    weights : ndarray of shape (customers,)
        How many customers each stands for.
    rng : Generator
        Source of the draws.
    draws : int
        Number of bootstrap samples.
    """
    known = np.isfinite(values)
    if not known.any():
        return float("nan"), float("nan")
    weighted = np.column_stack([values * weights, weights])[known]
    sums = bootstrap_sums(weighted, groups[known], draws, rng, one_by_one=True)[1:]
    low, high = np.quantile(sums[:, 0] / sums[:, 1], [0.025, 0.975])
    return float(low), float(high)


def scatter(points: FloatArray, labels: Labels) -> tuple[float, float, float]:
    """Give inertia, Calinski-Harabasz (1974) and Davies-Bouldin (1979) of one partition without its noise.

    The two indices are NaN where they are not defined (one segment, or as many as customers).

    Examples
    --------
    >>> scatter(np.array([[0.0], [1.0], [10.0], [11.0]]), np.array([0, 0, 1, 1]))
    (1.0, 200.0, 0.1)
    """
    kept = labels >= 0
    points, labels = points[kept], labels[kept]
    indicator = one_hot(labels)
    sizes = indicator.sum(axis=0)
    indicator, sizes = indicator[:, sizes > 0], sizes[sizes > 0]
    count, k = indicator.shape
    if count == 0:
        return float("nan"), float("nan"), float("nan")
    centers = indicator.T @ points / sizes[:, None]
    squares = ((points - centers[indicator.argmax(axis=1)]) ** 2).sum(axis=1)
    inertia = float(squares.sum())
    if not 1 < k < count:
        return inertia, float("nan"), float("nan")
    between = float((sizes * ((centers - points.mean(axis=0)) ** 2).sum(axis=1)).sum())
    calinski = between / (k - 1) / (inertia / (count - k)) if inertia > 0 else float("nan")
    spread = indicator.T @ np.sqrt(squares) / sizes
    gaps = np.sqrt(((centers[:, None] - centers[None]) ** 2).sum(axis=2))
    np.fill_diagonal(gaps, np.inf)
    ratios = np.divide(spread[:, None] + spread[None], gaps, out=np.zeros_like(gaps), where=gaps > 0)
    return inertia, calinski, float(ratios.max(axis=1).mean())


def mean_known(widths: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Average silhouettes of every partition over the customers that have one; NaN where none has."""
    known = np.isfinite(widths)
    mass = known * (1.0 if weights is None else weights)
    total = mass.sum(axis=1)
    sums = (np.where(known, widths, 0.0) * mass).sum(axis=1)
    return np.asarray(np.divide(sums, total, out=np.full(len(widths), np.nan), where=total > 0))


def smallest_share(labels: Labels) -> float:
    """Give the share of all customers in the smallest segment; 0 where there is none."""
    sizes = np.bincount(labels[labels >= 0])
    return float(sizes.min() / len(labels)) if len(sizes) else 0.0
