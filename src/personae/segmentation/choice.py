"""How many segments: the stated rules."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from personae.core.arrays import FloatArray
from personae.core.statistics import STABLE
from personae.segmentation.quality import PartitionMetrics
from personae.segmentation.settings import SegmentSettings


def choose_k(
    rule: str,
    ks: Sequence[int],
    metrics: PartitionMetrics,
    settings: SegmentSettings,
    *,
    reference: FloatArray | None = None,
    min_jaccard: Callable[[int], float] = lambda k: 0.0,
) -> tuple[int, bool]:
    """Choose k by one rule among the admitted candidates.

    Parameters
    ----------
    rule : {"silhouette", "elbow", "gap", "stability"}
        Which rule.
    ks : sequence of int
        Candidates, ascending; the highest admitted by the cap where all leave a niche in another segment.
    metrics : PartitionMetrics
        Of the table.
    settings : SegmentSettings
        Cap, and the size floor of the rule `stability`.
    reference : ndarray of shape (tables, ks), optional
        Inertia of uniform tables, for the gap.
    min_jaccard : callable
        Gives the smallest Jaccard similarity of the segments of k, for stability.

    Returns
    -------
    k, qualified : int, bool
        False where stability found no stable k and took the lowest.
    """
    below = [k for k in ks if settings.cap is None or k <= settings.cap] or list(ks[:1])
    admitted = [k for k in below if k >= metrics.min_clusters] or below[-1:]
    several = [k for k in admitted if k > 1] or below[-1:]

    def by_k(values: FloatArray, among: Sequence[int]) -> dict[int, float]:
        return {k: value for k, value in zip(ks, values.tolist(), strict=True) if k in among}

    silhouette = by_k(metrics.silhouette, several)
    if rule == "silhouette":
        return vote_silhouette(silhouette), True
    if rule == "elbow":
        return max(vote_elbow(by_k(metrics.inertia, admitted)), several[0]), True
    if rule == "gap" and reference is not None:
        gaps, errors = gap_statistic(metrics.inertia, reference)
        return vote_gap(by_k(gaps, admitted), by_k(errors, admitted)), True
    shares = by_k(metrics.smallest_share, several)
    return vote_stability(silhouette, min_jaccard, [k for k in several if shares[k] >= settings.floor])


def vote_silhouette(silhouettes: Mapping[int, float]) -> int:
    """Choose the k of the highest mean silhouette, the lowest k among equals.

    Examples
    --------
    >>> vote_silhouette({2: 0.4, 3: 0.5, 4: 0.5})
    3
    """
    return max(silhouettes, key=lambda k: (_or_least(silhouettes[k]), -k))


def vote_elbow(inertias: Mapping[int, float]) -> int:
    """Choose the knee of the inertia curve (Satopaa and others 2011); the lowest k if it has none.

    The knee is the first k that lies farthest below the line from the first to the last, and from which the
    curve comes back by more than the mean step between two k before it moves away again.

    Examples
    --------
    >>> vote_elbow({2: 100.0, 3: 40.0, 4: 35.0, 5: 32.0, 6: 30.0})
    3
    """
    ks = sorted(inertias)
    if len(ks) < 3:
        return ks[0]
    x, y = (_from_0_to_1(values) for values in (ks, [inertias[k] for k in ks]))
    away = 1.0 - y - x
    before, after = np.r_[away[0], away[:-1]], np.r_[away[1:], away[-1]]
    farthest: int | None = None
    for place, following in enumerate(away[1:]):
        if away[place] >= max(before[place], after[place]):
            farthest = place
        if away[place] <= min(before[place], after[place]):
            farthest = None
        if farthest is not None and following < away[farthest] - np.diff(x).mean():
            return ks[farthest]
    return ks[0]


def vote_gap(gaps: Mapping[int, float], errors: Mapping[int, float]) -> int:
    """Choose the smallest k whose gap is within a standard error of the next (Tibshirani and others 2001).

    Examples
    --------
    >>> vote_gap({1: 0.1, 2: 0.2, 3: 0.9, 4: 0.8}, {1: 0.01, 2: 0.01, 3: 0.01, 4: 0.01})
    3
    """
    ks = sorted(gaps)
    for k, following in pairwise(ks):
        if gaps[k] >= gaps[following] - errors[following]:
            return k
    return ks[-1]


def vote_stability(
    silhouettes: Mapping[int, float], min_jaccard: Callable[[int], float], eligible: Sequence[int]
) -> tuple[int, bool]:
    """Choose the highest silhouette among eligible k whose segments are all stable.

    Parameters
    ----------
    silhouettes : mapping of k to mean silhouette
        In the reference space.
    min_jaccard : callable
        Gives the smallest bootstrap Jaccard similarity of the segments of k; asked only where it matters.
    eligible : sequence of int
        Those k that keep the size floor and the cap.

    Returns
    -------
    k, stable : int, bool
        The lowest k and False where none is stable.

    Examples
    --------
    >>> vote_stability({2: 0.3, 3: 0.6, 4: 0.5}, {2: 0.9, 3: 0.6, 4: 0.8}.__getitem__, [2, 3, 4])
    (4, True)
    """
    for k in sorted(eligible, key=lambda k: (-_or_least(silhouettes[k]), k)):
        if np.isfinite(silhouettes[k]) and min_jaccard(k) >= STABLE:
            return k, True
    return min(silhouettes), False


def gap_statistic(inertia: FloatArray, reference: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute the gap statistic of every k and its standard error.

    Parameters
    ----------
    inertia : ndarray of shape (ks,)
        Of the data.
    reference : ndarray of shape (tables, ks)
        Of uniform tables along the principal axes.

    Examples
    --------
    >>> gap, error = gap_statistic(np.array([4.0, 1.0]), np.array([[4.0, 2.0], [4.0, 2.0]]))
    >>> gap.round(3).tolist(), error.tolist()
    ([0.0, 0.693], [0.0, 0.0])
    """
    tiny = np.finfo(float).tiny
    logs = np.log(np.maximum(reference, tiny))
    gap = logs.mean(axis=0) - np.log(np.maximum(inertia, tiny))
    return gap, logs.std(axis=0) * np.sqrt(1 + 1 / len(reference))


def _from_0_to_1(values: Sequence[float]) -> FloatArray:
    given = np.asarray(values, dtype=np.float64)
    width = float(np.ptp(given))
    return np.asarray((given - given.min()) / (width if width > 0 else 1.0))


def _or_least(value: float) -> float:
    return value if np.isfinite(value) else -np.inf
