"""Borders between segments: gaps in the data, or cuts through a continuum."""

from collections.abc import Sequence

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.core.statistics import Codes, contingency
from personae.segmentation.clusterers import Labels
from personae.segmentation.dip import dip_p_value
from personae.segmentation.valleys import local_depth, spread_ties, valley

# Largest p value of the valley, of the dip, and largest depth of the valley (customers halfway over customers
# at the emptier centroid), of all customers and of those at the same place across the line; bends have 1 or
# more there. Nearly a gap: more customers might show one. A plain gap: what no coarser partition may hide.
GAP = (0.1, 0.05, 0.8, 0.9)
NEARLY = (0.2, 0.2, 0.8, 0.9)
PLAIN = (0.005, 0.0, 0.35, 0.35)
# Share of a segment around its centroid below which two segments hardly touch.
THIN = 0.1
# Ties are spread this many times; counts are averaged, of p values the median is taken.
SPREADS = 4
NEIGHBOURS, NEIGHBOUR_ROWS = 10, 2_000

Refit = tuple[BoolArray, Labels]
# Two segments and what is known of their border, see `borders`.
Border = dict[str, float]


def borders(
    points: FloatArray,
    labels: Labels,
    refits: Sequence[Refit],
    rng: np.random.Generator,
    *,
    columns: IntArray | None = None,
    groups: Codes | None = None,
) -> list[Border]:
    """Judge every border of a partition.

    Pairs that a third segment keeps apart have no border. Customers are put on the line between two centroids
    only by bootstrap fits that they took no part in, so that a line which follows the noise shows no gap.
    Counting in windows that are fixed beforehand needs no search for the valley. Counting those at the same
    place *across* the line tells the bend of a ring or a horseshoe, whose projection has two humps, from a
    gap.

    Parameters
    ----------
    points : ndarray of shape (customers, axes)
        Points of the reference space.
    labels : int array of shape (customers,)
        Segments 0 to k - 1; negative for noise, which takes no part.
    refits : sequence of (bool array of shape (customers,), int array)
        Which customers a bootstrap sample drew, and their segments there, as `refit_once` gives them.
    rng : Generator
        Spreads ties.
    columns : int array of shape (axes,), optional
        Column that every axis comes from (the indicators of a category share one); its own by default.
    groups : int array of shape (customers,), optional
        Independent unit of every customer; a unit counts once on a border.

    Returns
    -------
    list of dict
        One a border: the segments `a` and `b`; `p_value`, `depth` and `local_depth` of the valley (see
        `valley`, `local_depth`); `dip_p` of Hartigan's dip on the line; `neighbours`, the share of the ten
        nearest neighbours that lie across; and the verdict: `gap`, 1 or 0.
    """
    columns = np.arange(points.shape[1]) if columns is None else columns
    units = np.arange(len(points)) if groups is None else np.unique(groups, return_index=True)[1]
    centers = _centers(points, labels, int(labels.max(initial=-1)) + 1)
    seen = [
        (drawn[units], _matched_centers(points, labels, (drawn, again), len(centers)))
        for drawn, again in refits
    ]
    crossing = neighbour_counts(points, labels, rng)
    points, labels = points[units], labels[units]
    rows = []
    for a, b in adjacent(centers):
        spread, across = _on_the_line(points, labels, centers, seen, (a, b), columns=columns, rng=rng)
        touching, figures = _valley_figures(spread, across, (labels == a).sum(), (labels == b).sum())
        if touching:
            across_it = (crossing[a, b] + crossing[b, a]) / max(crossing[[a, b]].sum(), 1.0)
            border: Border = {"a": a, "b": b, **figures, "neighbours": float(across_it)}
            rows.append({**border, "gap": is_gap(border)})
    return rows


def _valley_figures(
    spread: FloatArray, across: FloatArray, first_size: int, second_size: int
) -> tuple[bool, dict[str, float]]:
    """Say whether two segments touch, and measure the valley between them."""
    p_value, depth, (first, second) = valley(spread)
    if first < THIN * first_size or second < THIN * second_size:
        return False, {}
    return True, {
        "p_value": p_value,
        "depth": depth,
        "local_depth": float(np.mean([local_depth(each, across) for each in spread])),
        "dip_p": float(np.median([dip_p_value(each) for each in spread])),
    }


def is_gap(border: Border, limits: tuple[float, float, float, float] = GAP) -> bool:
    """Say whether a border is a gap, by limits of p values and depths."""
    valley_p, dip_p, deep, deep_across = limits
    significant = border["p_value"] <= valley_p or border["dip_p"] <= dip_p
    return significant and border["depth"] <= deep and border["local_depth"] <= deep_across


def adjacent(centers: FloatArray) -> list[tuple[int, int]]:
    """Neighbouring segments: no third centroid is nearer to their midpoint (Gabriel and Sokal 1969).

    Examples
    --------
    >>> adjacent(np.array([[0.0], [1.0], [3.0]]))
    [(0, 1), (1, 2)]
    """
    pairs = []
    for a in range(len(centers)):
        for b in range(a + 1, len(centers)):
            away = ((centers - (centers[a] + centers[b]) / 2) ** 2).sum(axis=1)
            own = away[a]
            away[[a, b]] = np.inf
            if away.min() >= own * (1 - 1e-9):
                pairs.append((a, b))
    return pairs


def out_of_sample_positions(
    points: FloatArray, unseen: Sequence[BoolArray], ends: Sequence[tuple[FloatArray, FloatArray]]
) -> FloatArray:
    """Project customers on the line between two out-of-sample centroids (0 and 1).

    Parameters
    ----------
    points : ndarray of shape (customers, axes)
        Points of the two segments.
    unseen : sequence of bool array of shape (customers,)
        Customers that each fit did not see.
    ends : sequence of (centroid, centroid)
        Of each fit; NaN where the segment did not come back.

    Returns
    -------
    ndarray of shape (customers,)
        Mean over the fits; NaN where there is none.

    Examples
    --------
    >>> points, ends = np.array([[1.0], [3.0]]), (np.array([0.0]), np.array([4.0]))
    >>> out_of_sample_positions(points, [np.array([True, False])], [ends]).tolist()
    [0.25, nan]
    """
    total, times = np.zeros(len(points)), np.zeros(len(points))
    for out, (start, stop) in zip(unseen, ends, strict=True):
        along = stop - start
        length = along @ along
        if np.isfinite(length) and length > 0:
            total[out] += (points[out] - start) @ along / length
            times[out] += 1
    return np.asarray(np.divide(total, times, out=np.full(len(points), np.nan), where=times > 0))


def neighbour_counts(points: FloatArray, labels: Labels, rng: np.random.Generator) -> FloatArray:
    """Count nearest neighbours by segment and segment of the neighbour, shape (k, k), on `NEIGHBOUR_ROWS`."""
    index = np.flatnonzero(labels >= 0)
    if len(index) > NEIGHBOUR_ROWS:
        index = np.sort(rng.choice(index, NEIGHBOUR_ROWS, replace=False))
    k = int(labels.max(initial=-1)) + 1
    if len(index) <= NEIGHBOURS:
        return np.zeros((k, k))
    nearest = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(points[index]).kneighbors(return_distance=False)
    own = np.repeat(labels[index], NEIGHBOURS)
    pairs = own * k + labels[index][nearest.ravel()]
    return np.bincount(pairs, minlength=k * k).reshape(k, k).astype(np.float64)


def _on_the_line(
    points: FloatArray,
    labels: Labels,
    centers: FloatArray,
    seen: Sequence[tuple[BoolArray, FloatArray]],
    pair: tuple[int, int],
    *,
    columns: IntArray,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Project the customers of two segments on their line, with ties spread, and give offsets."""
    a, b = pair
    along = centers[b] - centers[a]
    inside = (points - centers[a]) @ along / (along @ along)
    across = points - centers[a] - inside[:, None] * along
    members = np.flatnonzero((labels == a) | (labels == b))
    members = members[_between(across[members] + centers[a], along, centers, a, b)]
    position = out_of_sample_positions(
        points[members], [~drawn[members] for drawn, _ in seen], [(own[a], own[b]) for _, own in seen]
    )
    position = np.where(np.isfinite(position), position, inside[members])
    spread = [spread_ties(position, points[members], along, columns, rng) for _ in range(SPREADS)]
    return np.array(spread), across[members]


def _between(offsets: FloatArray, along: FloatArray, centers: FloatArray, a: int, b: int) -> BoolArray:
    """Say which customers stay with the two segments all along the line.

    The third segment's bite out of a uniform cloud would else leave a waist between the two.
    """
    stays = np.ones(len(offsets), dtype=bool)
    if len(centers) > 2:
        for part in (0.0, 0.25, 0.5, 0.75, 1.0):
            nearest = cdist(offsets + part * along, centers).argmin(axis=1)
            stays &= (nearest == a) | (nearest == b)
    return stays


def _centers(points: FloatArray, labels: Labels, k: int) -> FloatArray:
    real = labels >= 0
    sums = np.zeros((k, points.shape[1]))
    np.add.at(sums, labels[real], points[real])
    sizes = np.bincount(labels[real], minlength=k)[:, None]
    return np.asarray(np.divide(sums, sizes, out=np.full(sums.shape, np.nan), where=sizes > 0))


def _matched_centers(points: FloatArray, labels: Labels, refit: Refit, k: int) -> FloatArray:
    """Centroids of a fit in the order of the segments; NaN where two match one."""
    drawn, again = refit
    shared = contingency(labels[drawn] + 1, again + 1)[1:, 1:]
    if not shared.size:
        return np.full((k, points.shape[1]), np.nan)
    either = shared.sum(axis=1)[:, None] + shared.sum(axis=0)[None] - shared
    best = (shared / np.maximum(either, 1.0)).argmax(axis=1)
    centers = np.full((k, points.shape[1]), np.nan)
    centers[: len(best)] = _centers(points[drawn], again, shared.shape[1])[best]
    twice = np.flatnonzero(np.bincount(best)[best] > 1)
    centers[twice] = np.nan
    return centers
