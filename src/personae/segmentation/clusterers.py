"""Clusterers with one interface: fit for several k at once, and predict segments of new customers."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator, clone
from sklearn.cluster import HDBSCAN, KMeans
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors

from personae.core.arrays import FloatArray
from personae.segmentation.kmeans import best_start

Labels = NDArray[np.int64]

NOISE = -1


class Clusterer(BaseEstimator, ABC):  # type: ignore[misc]
    """What all clusterers share: `predict` takes the nearest segment, `margin` compares it with the second.

    A subclass gives `distances` (points x segments) and, where it finds groups that are not to be merged
    again, the `min_clusters` segments that keep them apart; its first `n_niches` segments are such niches
    (None where the method looks for none). Segments of the training customers are `predict` of the same
    points, so that a customer scored alone never differs from the batch.
    """

    n_clusters: int
    labels_: Labels
    min_clusters = 1
    n_niches: int | None = None
    finds_k = False
    shares_work = False

    @abstractmethod
    def fit(self, points: FloatArray, weights: Labels | None = None) -> Self:
        """Fit to points, shape (customers, axes), each counted `weights` times."""

    @abstractmethod
    def distances(self, points: FloatArray) -> FloatArray:
        """Give the distance of every point to every segment."""

    def fit_all(self, points: FloatArray, ks: Sequence[int], weights: Labels | None = None) -> list[Any]:
        """Fit one clusterer for every k; where methods can share work between k, they do."""
        return [clone(self).set_params(n_clusters=k).fit(points, weights) for k in ks]

    def assign(self, points: FloatArray) -> None:
        """Take the segments of other points than it was fitted to as `labels_`."""
        self.labels_ = self.predict(points)

    def predict(self, points: FloatArray) -> Labels:
        """Give the segment of every point, 0 to k - 1, or -1 for noise."""
        return np.asarray(self.distances(points).argmin(axis=1))

    def margin(self, points: FloatArray) -> FloatArray:
        """Relative distance to the second segment: 0 on the border, 1 at the centre."""
        distances = np.sort(self.distances(points), axis=1)
        if distances.shape[1] < 2:
            return np.ones(len(points))
        second = distances[:, 1]
        return 1.0 - np.divide(distances[:, 0], second, out=np.ones(len(points)), where=second > 0)


class CentroidClusterer(Clusterer):
    """A clusterer whose segments are the regions nearest to `centers_`."""

    centers_: FloatArray

    def distances(self, points: FloatArray) -> FloatArray:
        """Give Euclidean distances to the centroids; each is computed alone, whatever the batch."""
        return np.asarray(cdist(points, self.centers_))


class KMeansClusterer(CentroidClusterer):
    """K-means: the best of `n_init` short runs, run to the end."""

    def __init__(self, n_clusters: int = 2, *, n_init: int = 16, random_state: int = 0) -> None:
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.random_state = random_state

    def fit(self, points: FloatArray, weights: Labels | None = None) -> Self:
        """Fit to weighted points."""
        rng = np.random.default_rng(self.random_state)
        start = best_start(points, weights, self.n_clusters, self.n_init, rng)
        best = KMeans(self.n_clusters, init=start, n_init=1).fit(points, sample_weight=weights)
        self.centers_ = best.cluster_centers_
        self.labels_ = best.labels_.astype(np.int64)
        return self


class MixtureClusterer(Clusterer):
    """Gaussian mixture; a point belongs to the component with the highest posterior probability."""

    def __init__(
        self,
        n_clusters: int = 2,
        *,
        covariance_type: str = "full",
        n_init: int = 1,
        reg_covar: float = 1e-3,
        random_state: int = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.covariance_type = covariance_type
        self.n_init = n_init
        self.reg_covar = reg_covar
        self.random_state = random_state

    def fit(self, points: FloatArray, weights: Labels | None = None) -> Self:
        """Fit to points, repeated as often as they count."""
        self.mixture_ = GaussianMixture(
            self.n_clusters,
            covariance_type=self.covariance_type,
            n_init=self.n_init,
            reg_covar=self.reg_covar,
            max_iter=500,
            random_state=self.random_state,
        ).fit(repeat(points, weights))
        self.labels_ = self.predict(points)
        return self

    def distances(self, points: FloatArray) -> FloatArray:
        """Give one minus the posterior probability of every component."""
        return np.asarray(1.0 - self.mixture_.predict_proba(points))


class HDBSCANClusterer(Clusterer):
    """HDBSCAN (Campello, Moulavi and Sander 2013): it finds k itself and leaves noise apart.

    A new customer gets the label of the nearest training customer, noise included; the training
    customers (at most `max_rows`) are part of the model.
    """

    finds_k = True
    shares_work = True

    def __init__(
        self,
        *,
        min_cluster_size: int = 50,
        min_samples: int | None = None,
        max_rows: int = 20_000,
        random_state: int = 0,
    ) -> None:
        self.min_cluster_size = min_cluster_size
        self.min_samples = min_samples
        self.max_rows = max_rows
        self.random_state = random_state

    def fit(self, points: FloatArray, weights: Labels | None = None) -> Self:
        """Fit to points, repeated as often as they count, or to a sample of them."""
        train = sample_rows(repeat(points, weights), self.max_rows, self.random_state)
        fitted = HDBSCAN(
            min_cluster_size=min(self.min_cluster_size, len(train)), min_samples=self.min_samples, copy=True
        ).fit(train)
        self.train_ = train
        self.train_labels_ = fitted.labels_.astype(np.int64)
        self.n_clusters = int(self.train_labels_.max(initial=NOISE)) + 1
        self.labels_ = self.predict(points)
        return self

    def fit_all(self, points: FloatArray, ks: Sequence[int], weights: Labels | None = None) -> list[Any]:
        """Fit once: the method knows no k."""
        return [clone(self).fit(points, weights)] * len(ks)

    def predict(self, points: FloatArray) -> Labels:
        """Give the label of the nearest training customer."""
        nearest = NearestNeighbors(n_neighbors=1, algorithm="kd_tree").fit(self.train_)
        return np.asarray(self.train_labels_[nearest.kneighbors(points, return_distance=False)[:, 0]])

    def distances(self, points: FloatArray) -> FloatArray:
        """Give the distance to the nearest training customer of every segment."""
        columns = [
            NearestNeighbors(n_neighbors=1, algorithm="kd_tree")
            .fit(self.train_[self.train_labels_ == segment])
            .kneighbors(points)[0]
            for segment in range(self.n_clusters)
        ]
        return np.hstack(columns) if columns else np.zeros((len(points), 1))


def repeat(points: FloatArray, weights: Labels | None) -> FloatArray:
    """Write every point as often as it counts, for methods that know no weights."""
    return points if weights is None else np.repeat(points, weights.astype(np.int64), axis=0)


def sample_rows(points: FloatArray, rows: int, seed: int) -> FloatArray:
    """Give all points, or a random sample where there are more than `rows`."""
    if len(points) <= rows:
        return points
    return points[np.sort(np.random.default_rng(seed).choice(len(points), rows, replace=False))]
