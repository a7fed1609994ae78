"""Hide observed cells the way cells are missing in reality, and compare missing rows with observed ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from sklearn.metrics import pairwise_distances_chunked

from personae.core.arrays import BoolArray, FloatArray, IntArray

CustomerKind = Literal["unseen", "known"]

RANGE_QUANTILE = 0.95
RANGE_SAMPLE = 2000


@dataclass(frozen=True, slots=True)
class Cells:
    """One column's cells, and whose they are.

    Attributes
    ----------
    column, figures
        Name and values, NaN where missing.
    customers, groups
        Code of the customer and of the independent group (resampled and split together) of each row.
    """

    column: str
    figures: FloatArray
    customers: IntArray
    groups: IntArray

    @property
    def missing(self) -> BoolArray:
        """Rows that lack the column."""
        return np.isnan(self.figures)

    @property
    def counts(self) -> IntArray:
        """Observed values of the row's customer."""
        return np.bincount(self.customers, ~self.missing)[self.customers].astype(np.intp)

    def scored(self, kind: CustomerKind) -> IntArray:
        """Observed rows that can be hidden: known customers keep another value."""
        return np.flatnonzero(~self.missing & (self.counts >= (1 if kind == "unseen" else 2)))

    def to_fill(self, kind: CustomerKind) -> IntArray:
        """Rows that are really missing, by kind of customer."""
        return np.flatnonzero(self.missing & ((self.counts > 0) == (kind == "known")))


def split(
    cells: Cells, kind: CustomerKind, folds: int, rng: np.random.Generator
) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield (training rows, hidden rows) so that every scored cell is hidden once.

    Unseen: whole independent groups are hidden. Known: stretches of a customer's rows, in table order, as
    long as that column's real gaps between customers' values are, are hidden while others of the same
    customer stay.
    """
    scored = cells.scored(kind)
    if kind == "unseen":
        names = rng.permutation(np.unique(cells.groups[scored]))
        fold_of_group = np.full(cells.groups.max(initial=0) + 1, -1)
        fold_of_group[names] = np.arange(len(names)) % folds
        fold = fold_of_group[cells.groups]
    else:
        fold = np.full(len(cells.figures), -1)
        lengths = _gap_lengths(cells)
        for rows in _by_customer(cells.customers, scored):
            fold[rows] = (_stretches(len(rows), lengths, rng) + rng.integers(folds)) % folds
    for number in range(folds):
        hidden = scored[fold[scored] == number]
        if len(hidden):
            kept = fold != number
            yield np.flatnonzero(kept), hidden


def like_missing(predictors: FloatArray, donors: BoolArray, rng: np.random.Generator) -> FloatArray:
    """Hide in each row the predictors that a random really missing row lacks.

    Parameters
    ----------
    predictors
        Figures of the hidden rows, rows x columns.
    donors
        For each really missing row, which of the same columns it lacks.

    Examples
    --------
    >>> like_missing(np.ones((2, 2)), np.array([[True, False]]), np.random.default_rng(0))
    array([[nan,  1.],
           [nan,  1.]])
    """
    if not len(donors):
        return predictors
    return np.where(donors[rng.integers(len(donors), size=len(predictors))], np.nan, predictors)


def odds_of_missing(observed: FloatArray, to_fill: FloatArray) -> FloatArray | None:
    """Weights that make observed rows like those to fill: odds of missing given the predictors.

    By logistic regression on standardised predictors, gaps being their mean and a column of their own.
    Weighted so, errors on observed cells are those on the missing ones, where what is missing depends on what
    is observed (MAR; Little and Rubin 2019, section 3.3).

    Parameters
    ----------
    observed, to_fill
        Predictors of the rows with and without the value, rows x columns.

    Returns
    -------
    ndarray of shape (observed rows,) or None
        Of mean 1; None where there is nothing to fill or nothing to tell by.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - slow to import

    rows = np.vstack([observed, to_fill])
    rows = rows[:, ~np.isnan(rows).all(axis=0)]
    if not len(to_fill) or not len(observed) or not rows.shape[1]:
        return None
    spread = np.nanstd(rows, axis=0)
    scaled = np.nan_to_num((rows - np.nanmean(rows, axis=0)) / np.where(spread > 0, spread, 1.0))
    gaps = np.isnan(rows)
    design = np.hstack([scaled, gaps[:, gaps.any(axis=0)]])
    missing = np.repeat([0, 1], [len(observed), len(to_fill)])
    share = LogisticRegression(max_iter=500).fit(design, missing).predict_proba(design[: len(observed)])[:, 1]
    odds = share / np.maximum(1 - share, 1e-6)
    weights: FloatArray = odds / odds.mean()
    return weights


def support(observed: FloatArray, to_fill: FloatArray, groups: IntArray, seed: int) -> float | None:
    """Share of the rows to fill that lie inside the training range of their predictors.

    A row is inside when its nearest training row is no farther than 95 % of training rows are from their
    own nearest row of another group (applicability domain by nearest neighbour; Tropsha, 2010). Predictors
    are standardised on the training rows, gaps are their mean. If missing rows are like observed ones, the
    share is near .95.

    Parameters
    ----------
    observed, to_fill
        Predictors of the rows with and without the value, rows x columns.
    groups
        Owner of each observed row; a row's own group is not its neighbour.

    Returns
    -------
    float or None
        Between 0 and 1; None where there is nothing to fill or nothing to compare with.
    """
    if not len(to_fill) or not observed.shape[1] or len(np.unique(groups)) < 2:
        return None
    known = ~np.isnan(observed).all(axis=0)
    observed, to_fill = observed[:, known], to_fill[:, known]
    mean, spread = np.nanmean(observed, axis=0), np.nanstd(observed, axis=0)
    spread[spread == 0] = 1.0
    training = np.nan_to_num((observed - mean) / spread)
    rng = np.random.default_rng(seed)
    sample = rng.permutation(len(training))[:RANGE_SAMPLE]
    own = _nearest(training[sample], training, groups[sample], groups)
    limit = np.quantile(own, RANGE_QUANTILE)
    # A tolerance, since a distance of zero does not come out as zero from a dot product.
    reach = _nearest(np.nan_to_num((to_fill - mean) / spread), training)
    return float(np.mean(reach <= limit + 1e-6))


def _nearest(
    rows: FloatArray,
    training: FloatArray,
    groups: IntArray | None = None,
    training_groups: IntArray | None = None,
) -> FloatArray:
    """Distance of each row to the nearest training row, of another group where groups are given."""

    def reduce(distances: FloatArray, start: int) -> FloatArray:
        if groups is not None and training_groups is not None:
            own = groups[start : start + len(distances), None] == training_groups[None, :]
            distances = np.where(own, np.inf, distances)
        closest: FloatArray = distances.min(axis=1)
        return closest

    nearest: FloatArray = np.concatenate(list(pairwise_distances_chunked(rows, training, reduce_func=reduce)))
    return nearest


def _by_customer(customers: IntArray, rows: IntArray) -> list[IntArray]:
    order = rows[np.argsort(customers[rows], kind="stable")]
    return np.split(order, np.flatnonzero(np.diff(customers[order])) + 1)


def _gap_lengths(cells: Cells) -> IntArray:
    """Lengths of the runs of missing cells of customers who also have values; 1 where there is none."""
    lengths: list[int] = []
    counts = cells.counts
    for rows in _by_customer(cells.customers, np.flatnonzero(counts > 0)):
        edges = np.flatnonzero(np.diff(np.r_[False, cells.missing[rows], False].astype(int)))
        lengths.extend(edges[1::2] - edges[::2])
    return np.array(lengths or [1], dtype=np.intp)


def _stretches(rows: int, lengths: IntArray, rng: np.random.Generator) -> IntArray:
    """Number the stretches that `rows` observed rows are cut into: at least two, of drawn lengths."""
    longest = max(rows // 2, 1)
    drawn = np.minimum(rng.choice(lengths, size=rows), longest)
    return np.repeat(np.arange(rows), drawn)[:rows]
