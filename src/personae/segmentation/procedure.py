"""The whole way from points to segments, the same for the data, its samples and the null tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from sklearn.base import clone

from personae.segmentation.choice import (
    RULES,
    STABLE,
    gap_statistic,
    vote_elbow,
    vote_gap,
    vote_silhouette,
    vote_stability,
)
from personae.segmentation.clusterers import Clusterer, Labels, Matrix
from personae.segmentation.nulls import NullModel
from personae.segmentation.quality import scatter, silhouettes
from personae.segmentation.space import Space, WorkingSpace
from personae.segmentation.stability import Groups, bootstrap_once, smallest_jaccard


@dataclass(frozen=True, slots=True)
class Figures:
    """What one table shows for every candidate k; inertia is that of one customer on average.

    `fewest` is the least number of segments that leaves no group of the clusterer's finding undivided.
    """

    silhouette: Matrix
    inertia: Matrix
    smallest_share: Matrix
    fewest: int


@dataclass(frozen=True, slots=True)
class Procedure:
    """How segments are made and k is chosen.

    `rule` chooses among the candidates `ks` up to `cap`; by stability, only among those whose smallest
    segment holds the share `floor` of the customers. `scarce` says that a sample may hold fewer distinct
    customers than segments are asked for.
    """

    clusterer: Clusterer
    space: Space
    scaler: str
    axes: int | None
    ks: tuple[int, ...]
    rule: str
    cap: int | None
    floor: float
    scarce: bool

    def working_space(self) -> WorkingSpace:
        """Give the unfitted space in which the clusterer works."""
        return WorkingSpace(self.space, self.scaler, self.axes)

    def fit_all(
        self, working: Matrix, weights: Labels | None, seed: int, ks: Sequence[int] | None = None
    ) -> list[Clusterer]:
        """Fit the clusterer for every k (or the given ones) to points of the working space."""
        ks = self.ks if ks is None else ks
        if self.scarce:
            distinct = len(np.unique(working, axis=0))
            ks = [min(k, distinct) for k in ks]
        fitted: list[Clusterer] = (
            clone(self.clusterer).set_params(random_state=seed).fit_all(working, ks, weights)
        )
        return fitted

    def admitted(self, least: int) -> list[int]:
        """Give the candidates from `least` up to the cap, ascending; the nearest one if there is none."""
        below = [k for k in self.ks if self.cap is None or k <= self.cap]
        return [k for k in below if k >= least] or below[-1:]

    def vote(
        self, rule: str, figures: Figures, reference: Matrix | None, min_jaccard: Callable[[int], float]
    ) -> tuple[int, bool]:
        """Let one rule vote; the flag is False where stability found no stable k and took the lowest.

        Parameters
        ----------
        rule : {"silhouette", "elbow", "gap", "stability"}
            Which rule.
        figures : Figures
            Of the table.
        reference : ndarray of shape (tables, len(ks)), optional
            Inertia of uniform tables, for the gap.
        min_jaccard : callable
            Gives the smallest Jaccard similarity of the segments of k, for stability.
        """
        if rule == "gap" and reference is not None:
            gaps, errors = gap_statistic(figures.inertia, reference)
            admitted = self.admitted(figures.fewest)
            return vote_gap(_pick(admitted, self.ks, gaps), _pick(admitted, self.ks, errors)), True
        ks = self.admitted(max(2, figures.fewest))
        silhouette = _pick(ks, self.ks, figures.silhouette)
        if rule == "silhouette":
            return vote_silhouette(silhouette), True
        if rule == "elbow":
            curve = self.admitted(figures.fewest)
            return max(vote_elbow(_pick(curve, self.ks, figures.inertia)), ks[0]), True
        share = _pick(ks, self.ks, figures.smallest_share)
        return vote_stability(silhouette, min_jaccard, [k for k in ks if share[k] >= self.floor])


def _pick(ks: Sequence[int], all_ks: Sequence[int], values: Matrix) -> dict[int, float]:
    """Give the values of some of the candidates by their k."""
    by_k = dict(zip(all_ks, values.tolist(), strict=True))
    return {k: by_k[k] for k in ks}


@dataclass(frozen=True, slots=True)
class NullTable:
    """Figures of one table without segments; `reached` says whether its silhouette is the observed or more.

    That is the silhouette of the k that the rule chooses in it; None for the gap, which chooses later.
    """

    figures: Figures
    reached: bool | None


@dataclass(frozen=True, slots=True)
class Observed:
    """What null tables are compared with, and how many bootstraps choose k again by stability."""

    k: int
    silhouette: float
    bootstraps: int


def measure(points: Matrix, fitted: Sequence[Clusterer]) -> Figures:
    """Compute silhouettes, inertias and the share of the smallest segment in the reference space."""
    labelings = [one.labels_ for one in fitted]
    return Figures(
        mean_known(silhouettes(points, labelings)),
        np.array([scatter(points, labels)[0] for labels in labelings]) / len(points),
        np.array([smallest_share(labels) for labels in labelings]),
        fitted[0].fewest,
    )


def mean_known(widths: Matrix, weights: Matrix | None = None) -> Matrix:
    """Average silhouettes of every partition over the customers that have one; NaN where none has."""
    known = np.isfinite(widths)
    mass = known * (1.0 if weights is None else weights)
    total = mass.sum(axis=1)
    sums = (np.where(known, widths, 0.0) * mass).sum(axis=1)
    return np.asarray(np.divide(sums, total, out=np.full(len(widths), np.nan), where=total > 0))


def smallest_share(labels: Labels) -> float:
    """Give the share of all customers in the smallest segment; 0 where there is none."""
    sizes = np.bincount(labels[labels >= 0])
    return float(sizes.min() / len(labels)) if len(sizes) else 0.0


def null_once(
    model: NullModel,
    groups: Groups,
    procedure: Procedure,
    observed: Observed,
    seed: np.random.SeedSequence,
) -> NullTable:
    """Draw a table without segments and go the whole way with it."""
    rng = np.random.default_rng(seed)
    points = model.draw(groups, rng)
    working = procedure.working_space().fit_transform(points)
    fitted = procedure.fit_all(working, None, int(rng.integers(2**31)))
    labelings, figures = [one.labels_ for one in fitted], measure(points, fitted)
    silhouette = dict(zip(procedure.ks, figures.silhouette >= observed.silhouette, strict=True))
    if procedure.rule == "gap":
        return NullTable(figures, None)
    if procedure.rule not in RULES[1:]:
        return NullTable(figures, bool(silhouette[observed.k]))
    chosen = dict(zip(procedure.ks, labelings, strict=True))
    lowest = procedure.admitted(max(2, figures.fewest))[0]

    def min_jaccard(k: int) -> float:
        # Whatever is chosen from here on stays below the observed silhouette, and so does the fallback.
        if not silhouette[k] and not silhouette[lowest]:
            return 1.0
        runs: list[Matrix] = []
        fit_k = partial(procedure.fit_all, ks=[k])
        while len(runs) < observed.bootstraps and not _clear(runs):
            runs.append(bootstrap_once(working, [chosen[k]], groups, fit_k, rng)[0][1])
        return smallest_jaccard(np.array(runs))

    k, _ = procedure.vote(procedure.rule, figures, None, min_jaccard)
    return NullTable(figures, bool(silhouette[k]))


def _clear(runs: list[Matrix]) -> bool:
    """Say whether a few bootstrap samples leave no doubt about the stability of all segments."""
    return len(runs) >= 3 and abs(smallest_jaccard(np.array(runs)) - STABLE) > 0.15
