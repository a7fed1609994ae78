"""What each column carries: whether segments are as good with noise in its place."""

from collections.abc import Callable
from typing import Any

import numpy as np

from personae.core.arrays import FloatArray, IntArray
from personae.core.statistics import Codes
from personae.segmentation.clusterers import Labels
from personae.segmentation.dip import is_humped, normal_margin
from personae.segmentation.quality import mean_known, silhouettes
from personae.segmentation.stability import best_jaccard
from personae.segmentation.verdict import SIGNIFICANT, may_be_significant

# Noise that keeps this share of the silhouette makes segments as good.
AS_GOOD = 0.98
# Noises drawn in any case; no further ones where p can fall to `SIGNIFICANT` no more.
FEW = 5
FIGURES = ("column", "p_value", "silhouette", "min_jaccard", "could_be_noise")
# Points and a seed give segments.
Fit = Callable[[FloatArray, int], Labels]


def columns_that_matter(
    points: FloatArray,
    labels: Labels,
    fit: Fit,
    rng: np.random.Generator,
    *,
    columns: IntArray | None = None,
    groups: Codes | None = None,
    tables: int = 19,
) -> list[dict[str, Any]]:
    """Replace one column at a time by noise and cluster again.

    The noise is the column's own values, permuted over the independent units; a continuous column with a dip
    of its own becomes normal, for its humps would make the same segments.

    Parameters
    ----------
    points : ndarray of shape (customers, axes)
        Points of the reference space; of a large table, a sample of about a thousand.
    labels : int array of shape (customers,)
        Segments of the same customers.
    fit : callable
        Gives as many segments of other points, from a seed.
    rng : Generator
        Source of the noise.
    columns : int array of shape (axes,), optional
        Column that every axis comes from; its own by default.
    groups : int array of shape (customers,), optional
        Independent unit of every customer, 0 to G - 1; its own by default.
    tables : int
        Most noises of a column; fewer where it could be noise whatever follows (Besag and Clifford 1991).

    Returns
    -------
    list of dict
        One a column: `p_value`, the share of noises with which the silhouette is as high (the observed
        counted in); `silhouette`, their mean; `min_jaccard`, the similarity of the least stable segment, on
        average; `could_be_noise`, where p is above .05 or `AS_GOOD` of the silhouette is kept.
    """
    columns = np.arange(points.shape[1]) if columns is None else columns
    groups = np.arange(len(points)) if groups is None else groups
    observed = mean_known(silhouettes(points, [labels]))[0]
    _, first = np.unique(groups, return_index=True)
    rows = []
    for column in np.unique(columns):
        axes = np.flatnonzero(columns == column)
        margin = points[first][:, axes]
        if len(axes) == 1 and is_humped(margin[:, 0]):
            margin = normal_margin(margin)
        refits: list[tuple[float, float]] = []
        while _undecided([width >= observed for width, _ in refits], tables):
            noisy = points.copy()
            noisy[:, axes] = margin[rng.permutation(len(margin))][groups]
            refits.append(_refit(noisy, labels, fit, rng))
        widths, similarity = np.array(refits).T
        p_value, mean = float((1 + (widths >= observed).sum()) / (1 + len(widths))), float(widths.mean())
        could_be_noise = bool(p_value > SIGNIFICANT or mean >= AS_GOOD * observed)
        figures = (int(column), p_value, mean, float(similarity.mean()), could_be_noise)
        rows.append(dict(zip(FIGURES, figures, strict=True)))
    return rows


def _undecided(reached: list[bool], tables: int) -> bool:
    """Say whether another noise is drawn, after some that reached the observed silhouette or did not."""
    drawn = len(reached)
    return drawn < min(FEW, tables) or (drawn < tables and may_be_significant(reached, tables))


def _refit(noisy: FloatArray, labels: Labels, fit: Fit, rng: np.random.Generator) -> tuple[float, float]:
    """Silhouette after refitting with noise, and similarity of the least stable segment."""
    again = fit(noisy, int(rng.integers(2**31)))
    segments = int(labels.max(initial=-1)) + 1
    return mean_known(silhouettes(noisy, [again]))[0], best_jaccard(labels, again, segments).min()
