"""Ward linkage, alone and as the step that peels niches off before k-means; all clusterers by name."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from scipy.cluster.hierarchy import cut_tree, linkage
from scipy.spatial.distance import cdist
from sklearn.base import clone

from personae.core.arrays import FloatArray
from personae.segmentation.clusterers import (
    CentroidClusterer,
    Clusterer,
    HDBSCANClusterer,
    KMeansClusterer,
    Labels,
    MixtureClusterer,
    repeat,
    sample_rows,
)
from personae.segmentation.settings import ClusteringMethod

# Share of the members of a niche that may lie outside its radius, and of outsiders within reach.
STRAGGLERS = 0.05


class TreeClusterer(CentroidClusterer):
    """A clusterer that grows one tree for all k, on at most `max_rows` points."""

    max_rows: int
    random_state: int
    shares_work = True

    def fit(self, points: FloatArray, weights: Labels | None = None) -> Self:
        """Fit to points, repeated as often as they count, or to a sample of them."""
        fitted = self.fit_all(points, [self.n_clusters], weights)[0]
        self.__dict__.update(fitted.__dict__)
        return self

    def sampled(self, points: FloatArray, weights: Labels | None) -> FloatArray:
        """Give the points that the tree is grown on."""
        return sample_rows(repeat(points, weights), self.max_rows, self.random_state)


class WardClusterer(TreeClusterer):
    """Ward linkage (Ward 1963); every customer joins the nearest centroid.

    The tree is cut into k groups; assigning to their centroids makes new and old customers alike, and
    carries a tree on a sample over to all rows.
    """

    def __init__(self, n_clusters: int = 2, *, max_rows: int = 3000, random_state: int = 0) -> None:
        self.n_clusters = n_clusters
        self.max_rows = max_rows
        self.random_state = random_state

    def fit_all(self, points: FloatArray, ks: Sequence[int], weights: Labels | None = None) -> list[Any]:
        """Cut one tree for every k."""
        train = self.sampled(points, weights)
        tree = linkage(train, method="ward")
        fitted = []
        for k, groups in zip(ks, cut_tree(tree, n_clusters=ks).T, strict=True):
            one = clone(self).set_params(n_clusters=k)
            one.centers_ = centroids(train, groups, k)
            one.labels_ = one.predict(points)
            one.tree_ = tree
            fitted.append(one)
        return fitted


class WardThenKMeansClusterer(TreeClusterer):
    """Peel small, compact, far groups off with Ward, then divide the rest with k-means.

    A niche is a node of the top of the Ward tree with at most `niche_share` of the customers. Its radius
    holds 95 % of its members, the centroid of the nearest other group is at least `isolation` radii away,
    and half of that, its reach, holds next to no others. A customer within the reach of a niche belongs to
    it, all others to the nearest k-means centroid. A rule that chooses the number of segments starts
    where all niches are peeled (`min_clusters`); a smaller number that is asked for peels the farthest only.

    Parameters
    ----------
    n_clusters : int
        Segments in all, niches included.
    max_niches : int
        Niches peeled off at most.
    niche_share : float
        Largest share of the customers in one niche.
    min_niche : int
        Smallest number of customers in one niche, counted in the sample that the tree is grown on.
    isolation : float
        How far the nearest other centroid stays away, in radii; 2 is where equal balls touch.
    depth : int
        Number of groups down to which the tree is searched.
    n_init, max_rows, random_state
        As in `KMeansClusterer` and `WardClusterer`.
    """

    def __init__(
        self,
        n_clusters: int = 2,
        *,
        max_niches: int = 4,
        niche_share: float = 0.05,
        min_niche: int = 10,
        isolation: float = 3.0,
        depth: int = 30,
        n_init: int = 16,
        max_rows: int = 3000,
        random_state: int = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.max_niches = max_niches
        self.niche_share = niche_share
        self.min_niche = min_niche
        self.isolation = isolation
        self.depth = depth
        self.n_init = n_init
        self.max_rows = max_rows
        self.random_state = random_state

    def fit_all(self, points: FloatArray, ks: Sequence[int], weights: Labels | None = None) -> list[Any]:
        """Grow one tree and peel once; k-means divides the rest for every k."""
        niches = self._niches(self.sampled(points, weights))
        return [clone(self).set_params(n_clusters=k)._divide(points, weights, niches) for k in ks]

    def distances(self, points: FloatArray) -> FloatArray:
        """Give distances to centroids; a niche is infinitely far beyond its reach, and nearest within."""
        distances = super().distances(points)
        inside = distances[:, : len(self.reach_)] <= self.reach_
        distances[:, : len(self.reach_)][~inside] = np.inf
        distances[:, len(self.reach_) :][inside.any(axis=1)] += 2 * self.reach_.max(initial=0.0)
        return distances

    def _niches(self, train: FloatArray) -> list[tuple[FloatArray, float]]:
        tree, depth = linkage(train, method="ward"), min(self.depth, len(train))
        niches_found = []
        for groups in cut_tree(tree, n_clusters=range(2, depth + 1)).T:
            sizes = np.bincount(groups)
            centers = centroids(train, groups, len(sizes))
            for group in np.flatnonzero((sizes >= self.min_niche) & (sizes <= self.niche_share * len(train))):
                members = groups == group
                away = cdist(train, centers[[group]])[:, 0]
                radius = max(float(np.quantile(away[members], 1 - STRAGGLERS)), 1e-12)
                reach = radius * self.isolation / 2
                foreign = int((away[~members] <= reach).sum())
                others = np.delete(centers, group, axis=0)
                ratio = float(cdist(centers[[group]], others).min()) / radius
                if ratio >= self.isolation and foreign <= STRAGGLERS * sizes[group]:
                    niches_found.append((ratio, members, centers[group], reach))
        taken = np.zeros(len(train), dtype=bool)
        niches: list[tuple[FloatArray, float]] = []
        for _, members, center, reach in sorted(niches_found, key=lambda niche: -niche[0]):
            if len(niches) < self.max_niches and not (taken & members).any():
                taken |= members
                niches.append((center, reach))
        return niches

    def _divide(
        self, points: FloatArray, weights: Labels | None, niches: list[tuple[FloatArray, float]]
    ) -> Self:
        self.min_clusters = len(niches) + 1
        niches = niches[: self.n_clusters - 1]
        self.n_niches = len(niches)
        centers = np.array([center for center, _ in niches]).reshape(-1, points.shape[1])
        self.reach_ = np.array([reach for _, reach in niches])
        rest = ~(cdist(points, centers) <= self.reach_).any(axis=1)
        left = self.n_clusters - len(niches)
        kmeans = KMeansClusterer(left, n_init=self.n_init, random_state=self.random_state).fit(
            points[rest], None if weights is None else weights[rest]
        )
        self.centers_ = np.vstack([centers, kmeans.centers_])
        self.labels_ = self.predict(points)
        return self


def contract(tree: FloatArray, leaves: int = 30) -> FloatArray:
    """Give the last merges of a tree, for a dendrogram that can be read.

    Parameters
    ----------
    tree : ndarray of shape (customers - 1, 4)
        Merges as in SciPy.
    leaves : int
        Number of groups at the bottom.

    Returns
    -------
    ndarray of shape (leaves - 1, 4)
        Left, right, height and customers of merges over `leaves` groups, numbered in order of appearance.

    Examples
    --------
    >>> contract(linkage([[0.0], [0.1], [5.0], [9.0]], method="ward"), leaves=2).tolist()
    [[0.0, 1.0, 9.828784, 4.0]]
    """
    customers = len(tree) + 1
    leaves = min(leaves, customers)
    top = tree[customers - leaves :].round(6)
    merged = 2 * customers - leaves
    groups = top[:, :2].ravel()
    is_leaf = groups < merged
    groups[is_leaf] = np.arange(is_leaf.sum())
    groups[~is_leaf] += leaves - merged
    top[:, :2] = groups.reshape(-1, 2)
    return top


def centroids(points: FloatArray, labels: Labels, k: int) -> FloatArray:
    """Mean point of every segment, without noise."""
    kept = labels >= 0
    sums = np.zeros((k, points.shape[1]))
    np.add.at(sums, labels[kept], points[kept])
    return np.asarray(sums / np.maximum(np.bincount(labels[kept], minlength=k), 1)[:, None])


METHODS: dict[str, type[Clusterer]] = {
    "kmeans": KMeansClusterer,
    "mixture": MixtureClusterer,
    "ward": WardClusterer,
    "hdbscan": HDBSCANClusterer,
    "ward_then_kmeans": WardThenKMeansClusterer,
}


def build_clusterer(settings: ClusteringMethod, seed: int = 0) -> Clusterer:
    """Build the unfitted clusterer of a method and its options."""
    return METHODS[settings.name](random_state=seed, **settings.model_dump(exclude={"name"}))
