"""How many segments: the stated rules, and the verdict on what they choose."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from kneed import KneeLocator

from personae.core.arrays import FloatArray
from personae.core.statistics import STABLE

RULES = ("fixed", "silhouette", "elbow", "gap", "stability")
# From the least to the most that the data can say.
VERDICTS = ("not supported", "weak", "supported")
SIGNIFICANT = 0.05


def vote_silhouette(silhouettes: Mapping[int, float]) -> int:
    """Choose the k of the highest mean silhouette, the lowest k among equals.

    Examples
    --------
    >>> vote_silhouette({2: 0.4, 3: 0.5, 4: 0.5})
    3
    """
    return max(silhouettes, key=lambda k: (_or_least(silhouettes[k]), -k))


def vote_elbow(inertias: Mapping[int, float]) -> int:
    """Choose the knee of the inertia curve (Satopaa and others 2011, kneed); the lowest k if it has none.

    Examples
    --------
    >>> vote_elbow({2: 100.0, 3: 40.0, 4: 35.0, 5: 32.0, 6: 30.0})
    3
    """
    ks = sorted(inertias)
    if len(ks) < 3:
        return ks[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        knee = KneeLocator(ks, [inertias[k] for k in ks], curve="convex", direction="decreasing").elbow
    return ks[0] if knee is None else int(knee)


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


def judge(p_value: float, min_jaccard: float, chosen_freely: bool = True) -> str:
    """Give the verdict on a segmentation.

    Parameters
    ----------
    p_value : float
        The largest over the null models.
    min_jaccard : float
        Of the least stable segment.
    chosen_freely : bool
        False where no k met the rule and the lowest was taken.

    Examples
    --------
    >>> judge(0.01, 0.95), judge(0.01, 0.6), judge(0.2, 0.95)
    ('supported', 'weak', 'not supported')
    """
    if not p_value <= SIGNIFICANT:
        return "not supported"
    return "supported" if min_jaccard >= STABLE and chosen_freely else "weak"


def explain(p_value: float, min_jaccard: float, chosen_freely: bool = True) -> str:
    """Say in a sentence why the verdict is what it is.

    Examples
    --------
    >>> explain(0.01, 0.6)
    'the least stable segment comes back with Jaccard 0.60, below 0.75'
    """
    if not p_value <= SIGNIFICANT:
        return f"tables without segments do as well (p {p_value:.3g}, above {SIGNIFICANT:g})"
    if not min_jaccard >= STABLE:
        return f"the least stable segment comes back with Jaccard {min_jaccard:.2f}, below {STABLE:g}"
    if not chosen_freely:
        return "no number of segments was stable and large enough, so the lowest was taken"
    return f"beyond chance (p {p_value:.3g}) and every segment comes back (Jaccard {min_jaccard:.2f} or more)"


def _or_least(value: float) -> float:
    return value if np.isfinite(value) else -np.inf
