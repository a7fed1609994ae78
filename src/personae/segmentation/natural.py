"""The number of segments that gaps support, and what kind of segmentation it is."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from personae.core.statistics import STABLE, contingency
from personae.segmentation.borders import NEARLY, PLAIN, Border, is_gap
from personae.segmentation.clusterers import Labels
from personae.segmentation.verdict import SIGNIFICANT

KINDS = ("natural", "reproducible", "constructive")
# Share of a segment in one and the same segment of a coarser partition.
WITHIN = 0.9


def supported_k(
    labelings: Mapping[int, Labels],
    min_jaccard: Mapping[int, float],
    borders_of: Callable[[int], list[Border]],
    gap_within: Callable[[int], str | None] = lambda k: None,
) -> tuple[int | None, str]:
    """Find the largest k with stable segments and a gap at every border.

    Three things leave the number undecided: a larger one, stable too, of which every border is nearly a gap;
    a plain gap that runs through one of the segments, whatever larger number shows it; and a column that
    falls in two within one of them.

    Parameters
    ----------
    labelings : mapping of k to int array
        Partitions.
    min_jaccard : mapping of k to float
        Jaccard similarity of the least stable segment.
    borders_of : callable
        Gives the `borders` of the partition in k; asked only where it matters.
    gap_within : callable
        Gives a column that falls in two within a segment of the partition in k, see `within.gap_within`.

    Returns
    -------
    k : int, optional
        None where no number is supported.
    reason : str
        Why not; empty otherwise.
    """
    nearly: int | None = None
    stable = [k for k in sorted(labelings, reverse=True) if k > 1 and min_jaccard[k] >= STABLE]
    for k in stable:
        borders = borders_of(k)
        if borders and all(map(is_gap, borders)):
            break
        if nearly is None and borders and all(is_gap(border, NEARLY) for border in borders):
            nearly = k
    else:
        return None, "no number of segments is stable with a gap at every border"
    if nearly is not None:
        return None, f"{k} segments have gaps between them, but {nearly} nearly have, too"
    for larger, labels in labelings.items():
        if larger > k and any(_hidden(border, labels, labelings[k]) for border in borders_of(larger)):
            return None, f"{k} segments have gaps between them, but one of them falls apart"
    column = gap_within(k)
    if column is not None:
        return None, f"{k} segments have gaps between them, but one of them falls apart in {column}"
    return k, ""


def beyond_chance(k: int | None, why: str, p_values: Mapping[int, float]) -> tuple[int | None, str]:
    """Keep a number of segments that gaps support only where tables without segments rarely do as well.

    Examples
    --------
    >>> beyond_chance(3, "", {2: 0.5, 3: 0.01})
    (3, '')
    >>> beyond_chance(2, "", {2: 0.5, 3: 0.01})[0] is None
    True
    """
    if k is None or p_values[k] <= SIGNIFICANT:
        return k, why
    chance = f"p = {p_values[k]:.3g} > {SIGNIFICANT:g}"
    reached = f"simulated data without segments reaches the same silhouette ({chance})"
    return None, f"{k} segments have gaps between them, but {reached}"


def kind_of(beyond_chance: float, min_jaccard: float, borders: Sequence[Border]) -> str:
    """Name the kind of a segmentation (Dolnicar, Grün and Leisch 2018).

    Parameters
    ----------
    beyond_chance : float
        p value of the silhouette against null tables.

    Returns
    -------
    {"natural", "reproducible", "constructive"}
        Stable segments with gaps between them; stable cuts, useful all the same; neither.

    Examples
    --------
    >>> kind_of(0.5, 0.9, []), kind_of(0.01, 0.6, [])
    ('reproducible', 'constructive')
    """
    if not min_jaccard >= STABLE:
        return "constructive"
    gaps = bool(borders) and all(map(is_gap, borders))
    return "natural" if gaps and beyond_chance <= SIGNIFICANT else "reproducible"


def _hidden(border: Border, labels: Labels, coarser: Labels) -> bool:
    """Say whether a plain gap runs through one segment of a coarser partition."""
    if not is_gap(border, PLAIN):
        return False
    shared = contingency(labels + 1, coarser + 1)[1:, 1:]
    both = shared[[int(border["a"]), int(border["b"])]]
    largest = both.argmax(axis=1)
    return bool(
        largest[0] == largest[1] and (both.max(axis=1) >= WITHIN * np.maximum(both.sum(axis=1), 1)).all()
    )
