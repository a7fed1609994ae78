"""K-means starts: many at once, as matrix products in single precision."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from personae.core.arrays import FloatArray

Single = NDArray[np.float32]

# Share of the starts kept (one in 1, 2, 4) and iterations of Lloyd that they get: 16 starts reach the
# inertia of 10 that are all run to the end, in half the time.
ROUNDS = ((1, 6), (2, 6), (4, 12))
# Starts are compared on a sample of this many points; the best one then runs on all of them.
START_ROWS = 10_000
ROUNDING = np.float32(1e-6)


def best_start(
    points: FloatArray,
    weights: NDArray[np.integer[Any]] | None,
    k: int,
    starts: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Give the centroids of the best of several short k-means runs.

    Every run begins with greedy k-means++ (Arthur and Vassilvitskii 2007); after a few iterations of Lloyd
    only the better half goes on (short runs, Biernacki, Celeux and Govaert 2003; successive halving,
    Jamieson and Talwalkar 2016). All runs share one matrix product an iteration.

    Parameters
    ----------
    points : ndarray of shape (customers, axes)
        Points of the working space.
    weights : ndarray of shape (customers,) or None
        How often each counts.
    k, starts : int
        Number of centroids, and of runs.
    rng : Generator
        Source of the starts.

    Returns
    -------
    ndarray of shape (k, axes)
    """
    if len(points) > START_ROWS:
        index = np.sort(rng.choice(len(points), START_ROWS, replace=False))
        points, weights = points[index], None if weights is None else weights[index]
    shift = points.mean(axis=0)
    single = (points - shift).astype(np.float32)
    mass = np.ones(len(points), np.float32) if weights is None else weights.astype(np.float32)
    squares = np.einsum("ij,ij->i", single, single)
    centers = single[_plus_plus(single, squares, mass, (starts, k), rng)]
    inertia: Single = np.zeros(starts, np.float32)
    for divisor, iterations in ROUNDS:
        centers = centers[np.argsort(inertia, kind="stable")[: max(1, starts // divisor)]]
        for _ in range(iterations):
            centers, inertia = _lloyd(single, squares, mass, centers)
    return np.asarray(centers[inertia.argmin()].astype(np.float64) + shift)


def _plus_plus(
    points: Single, squares: Single, mass: Single, shape: tuple[int, int], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw starting points, shape (starts, k): far from each other, the best of a few tries each."""
    starts, k = shape
    count, runs = len(points), np.arange(starts)
    tries = 2 + int(np.log(k))
    chosen = [_draw(mass[None].repeat(starts, axis=0), rng.random((starts, 1)))[:, 0]]
    nearest = _squared(points, squares, chosen[0])
    for _ in range(1, k):
        drawn = _draw(nearest * mass, rng.random((starts, tries)))
        closer = _squared(points, squares, drawn.ravel()).reshape(starts, tries, count)
        np.minimum(closer, nearest[:, None], out=closer)
        best = (closer @ mass).argmin(axis=1)
        nearest = closer[runs, best]
        chosen.append(drawn[runs, best])
    return np.stack(chosen, axis=1)


def _draw(mass: Single, uniform: FloatArray) -> NDArray[np.int64]:
    """Draw columns of `mass` in proportion to each row, one a uniform number of that row."""
    sums = np.cumsum(mass, axis=1, dtype=np.float64)
    wanted = uniform * sums[:, -1:]
    drawn = [np.searchsorted(row, target, side="right") for row, target in zip(sums, wanted, strict=True)]
    return np.asarray(np.minimum(np.array(drawn), mass.shape[1] - 1))


def _squared(points: Single, squares: Single, index: NDArray[np.int64]) -> Single:
    """Give squared distances from some points to all."""
    distances = points[index] @ points.T
    distances *= -2.0
    both = squares + squares[index, None]
    distances += both
    # What rounding leaves between identical points must not draw a second centroid to the same place.
    both *= ROUNDING
    distances *= distances >= both
    return distances


def _lloyd(points: Single, squares: Single, mass: Single, centers: Single) -> tuple[Single, Single]:
    """One Lloyd iteration in every run: new centroids, inertia of the old ones."""
    starts, k, axes = centers.shape
    flat = centers.reshape(-1, axes)
    away = flat @ points.T
    away *= -2.0
    away += np.einsum("ij,ij->i", flat, flat)[:, None]
    away = away.reshape(starts, k, -1)
    nearest = away.min(axis=1)
    np.equal(away, nearest[:, None], out=away, casting="unsafe")
    away *= mass
    members = away.reshape(starts * k, -1)
    sizes = members.sum(axis=1)
    moved = members @ points / np.maximum(sizes, np.finfo(np.float32).tiny)[:, None]
    moved = np.where(sizes[:, None] > 0, moved, flat)
    return moved.reshape(starts, k, axes), (nearest + squares) @ mass
