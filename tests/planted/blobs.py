"""Customer tables with planted segments, and tables without any: the truth that segmentation is tested on."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist

Noise = Literal["uniform", "gaussian", "correlated", "skewed"]
NOISES: tuple[Noise, ...] = ("uniform", "gaussian", "correlated", "skewed")


def planted_segments(
    k: int, *, customers: int = 400, axes: int = 4, separation: float = 8.0, seed: int = 0
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Draw customers of k round segments of unequal size and spread.

    Parameters
    ----------
    k : int
        Number of segments.
    customers, axes : int
        Rows and columns.
    separation : float
        Distance of the two nearest centres, in standard deviations of a segment. Centres are spread
        over a sphere, each as far as possible from those before it, so that no two segments form one.
    seed : int
        Decides the table.

    Returns
    -------
    table : DataFrame
        Columns x0, x1, ... in units of their own.
    labels : int array
        Segment of every customer.

    Examples
    --------
    >>> table, labels = planted_segments(3, customers=60, seed=1)
    >>> table.shape, np.unique(labels).tolist()
    ((60, 4), [0, 1, 2])
    """
    rng = np.random.default_rng(seed)
    centers = _spread(rng.normal(size=(300, axes)), k) * separation
    shares = rng.dirichlet(np.full(k, 20.0))
    labels = np.sort(np.concatenate([np.arange(k), rng.choice(k, customers - k, p=shares)]))
    spread = rng.uniform(0.8, 1.2, size=k)
    points = centers[labels] + rng.normal(size=(customers, axes)) * spread[labels, None]
    order = rng.permutation(customers)
    return _in_units(points[order], rng), labels[order]


def noise_table(kind: Noise, *, customers: int = 400, axes: int = 4, seed: int = 0) -> pd.DataFrame:
    """Draw customers of one population without segments.

    Parameters
    ----------
    kind : {"uniform", "gaussian", "correlated", "skewed"}
        Independent uniform columns; independent Gaussian ones; one Gaussian with random correlations;
        gamma distributed columns (shape 2) with random rank correlations.
    customers, axes : int
        Rows and columns.
    seed : int
        Decides the table.
    """
    rng = np.random.default_rng(seed)
    if kind == "uniform":
        return _in_units(rng.uniform(size=(customers, axes)), rng)
    points = rng.normal(size=(customers, axes))
    if kind in ("correlated", "skewed"):
        points = points @ rng.normal(size=(axes, axes))
    if kind == "skewed":
        # Sums of two exponentials; ranks, and so their correlations, are those of the Gaussian columns.
        drawn = np.sort(rng.gamma(2.0, size=(customers, axes)), axis=0)
        points = np.take_along_axis(drawn, points.argsort(axis=0).argsort(axis=0), axis=0)
    return _in_units(points, rng)


def _spread(directions: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Choose k points of a sphere, each farthest from those before it; the nearest two lie at distance 1."""
    sphere = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    chosen = [0]
    for _ in range(1, k):
        chosen.append(int(cdist(sphere, sphere[chosen]).min(axis=1).argmax()))
    centers = sphere[chosen]
    return np.asarray(centers / pdist(centers).min()) if k > 1 else centers


def _in_units(points: NDArray[np.float64], rng: np.random.Generator) -> pd.DataFrame:
    """Give every column an origin and a unit of its own."""
    axes = points.shape[1]
    scaled = 100.0 + points * rng.uniform(1.0, 50.0, size=axes)
    return pd.DataFrame(scaled, columns=[f"x{axis}" for axis in range(axes)])
