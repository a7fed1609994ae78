"""The whole way from points to segments, the same for the data, its samples and the null tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone

from personae.core.arrays import FloatArray
from personae.segmentation.choice import gap_statistic, vote_elbow, vote_gap, vote_silhouette, vote_stability
from personae.segmentation.clusterers import Clusterer, Labels
from personae.segmentation.quality import scatter, silhouettes
from personae.segmentation.space import Space, WorkingSpace
from personae.segmentation.stability import Groups
from personae.segmentation.summary import Effort


@dataclass(frozen=True, slots=True)
class Customers:
    """Customers as points of the reference space and of the working space, with their independent units."""

    points: FloatArray
    working: FloatArray
    groups: Groups

    def sample(self, rows: int, rng: np.random.Generator) -> tuple["Customers", Labels]:
        """Give whole units of about `rows` customers, and which customers they are."""
        index = np.arange(len(self.points))
        if len(index) > rows:
            sizes = np.bincount(self.groups)
            order = rng.permutation(len(sizes))
            units = order[: max(1, int(np.searchsorted(np.cumsum(sizes[order]), rows, side="right")))]
            index = np.flatnonzero(np.isin(self.groups, units))
        _, groups = np.unique(self.groups[index], return_inverse=True)
        return Customers(self.points[index], self.working[index], groups), index


@dataclass(frozen=True, slots=True)
class Figures:
    """What one table shows for every candidate k; inertia is that of one customer on average.

    `fewest` is the least number of segments that leaves no group of the clusterer's finding undivided.
    """

    silhouette: FloatArray
    inertia: FloatArray
    smallest_share: FloatArray
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
        self, working: FloatArray, weights: Labels | None, seed: int, ks: Sequence[int] | None = None
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
        self, rule: str, figures: Figures, reference: FloatArray | None, min_jaccard: Callable[[int], float]
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


def _pick(ks: Sequence[int], all_ks: Sequence[int], values: FloatArray) -> dict[int, float]:
    """Give the values of some of the candidates by their k."""
    by_k = dict(zip(all_ks, values.tolist(), strict=True))
    return {k: by_k[k] for k in ks}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is computed, how much of it, over how many processes, under which name on the progress bar."""

    procedure: Procedure
    effort: Effort
    workers: int = 1
    label: str | None = None


def measure(points: FloatArray, fitted: Sequence[Clusterer]) -> Figures:
    """Compute silhouettes, inertias and the share of the smallest segment in the reference space."""
    labelings = [one.labels_ for one in fitted]
    return Figures(
        mean_known(silhouettes(points, labelings)),
        np.array([scatter(points, labels)[0] for labels in labelings]) / len(points),
        np.array([smallest_share(labels) for labels in labelings]),
        fitted[0].fewest,
    )


def mean_known(widths: FloatArray, weights: FloatArray | None = None) -> FloatArray:
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
