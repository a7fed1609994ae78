"""What the same way from points to segments finds in tables without segments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from personae.core.arrays import BoolArray, FloatArray
from personae.core.parallel import run_all
from personae.core.statistics import STABLE
from personae.segmentation.clusterers import Clusterer
from personae.segmentation.null_models import LAWS, Null, NullModel, compare, fit_null
from personae.segmentation.procedure import Customers, Figures, Plan, Procedure, measure
from personae.segmentation.stability import Groups, bootstrap_once, smallest_jaccard

# Tables of a law in one round, and tables that stand out as the observed one after which none follows.
ROUND = 20
ENOUGH = 10


@dataclass(frozen=True, slots=True)
class Chance:
    """Tables of one law: their figures for every candidate k, and which stand out as the observed table does.

    How far a table stands out is the silhouette of the k that the rule chooses in it, less the mean of the
    same k over all tables, in standard deviations of these: silhouettes of different k are not comparable, as
    chance alone gives two segments of skewed customers a higher one than six. The observed table is one of
    those that mean and deviation are taken over: without segments all tables are alike, and p is valid.
    """

    figures: tuple[Figures, ...]
    reached: BoolArray

    def silhouettes(self, column: int) -> FloatArray:
        """Give the silhouettes of one candidate."""
        return np.array([each.silhouette[column] for each in self.figures])

    def compare(self, observed: Figures, column: int, chosen: bool) -> Null:
        """Compare the observed silhouette of one candidate; of the `chosen` one, k is chosen again."""
        reached = self.reached if chosen else None
        return compare(float(observed.silhouette[column]), self.silhouettes(column), reached)


def by_chance(
    customers: Customers, plan: Plan, observed: Figures, k: int | None, seed: np.random.SeedSequence
) -> dict[str, Chance]:
    """Draw null tables in rounds, until there are enough or chance has plainly reached the observed figure.

    Stopping at a given number of tables that reach it keeps the p value valid (Besag and Clifford 1991).

    Parameters
    ----------
    k : int, optional
        Chosen in the observed table; None for the gap, which chooses by the null tables.
    """
    sampling, *seeds = seed.spawn(1 + len(LAWS) * plan.effort.null_tables)
    rng = np.random.default_rng(sampling)
    some, _ = customers.sample(plan.effort.null_rows, rng)
    fitted_to, _ = customers.sample(plan.effort.stability_rows, rng)
    laws = [
        _Law(fit_null(law, fitted_to.points, fitted_to.groups), some.groups, plan, seeds[number :: len(LAWS)])
        for number, law in enumerate(LAWS)
    ]
    for start in range(0, plan.effort.null_tables, ROUND):
        label = plan.label and f"{plan.label}: null tables from {start * len(LAWS)}"
        tasks = [task for law in laws for task in law.draws(start, start + ROUND)]
        drawn = iter(run_all(tasks, plan.workers, label))
        for law in laws:
            law.figures += [next(drawn) for _ in law.draws(start, start + ROUND)]
        reference = box_inertia({law.model.law: law.figures for law in laws})
        reached = [law.reached(observed, k, reference) for law in laws]
        if max(each.sum() for each in reached) >= ENOUGH:
            break
    return {law.model.law: Chance(tuple(law.figures), each) for law, each in zip(laws, reached, strict=True)}


def box_inertia(figures: Mapping[str, Sequence[Figures]]) -> FloatArray:
    """Give the inertias of uniform tables, shape (tables, ks), which the gap statistic compares with."""
    return np.array([each.inertia for each in figures["box"]])


class _Law:
    """The tables of one law, as they are drawn and k is chosen in them."""

    def __init__(
        self, model: NullModel, groups: Groups, plan: Plan, seeds: Sequence[np.random.SeedSequence]
    ) -> None:
        self.model, self.figures = model, list[Figures]()
        self._groups, self._plan, self._seeds = groups, plan, seeds
        self._stable: dict[int, int] = {}

    def draws(self, start: int, stop: int) -> list[partial[Figures]]:
        """Give what draws some tables and measures them."""
        return [partial(_figures_once, *self._way, seed) for seed in self._seeds[start:stop]]

    def reached(self, observed: Figures, k: int | None, reference: FloatArray) -> BoolArray:
        """Tell which of the tables stand out as the observed one does."""
        procedure = self._plan.procedure
        standing = _standing([observed, *self.figures])
        own, *others = standing
        k = self._vote(observed, reference) if k is None else k
        least = own[procedure.ks.index(k)]
        if procedure.rule == "stability":
            able = [number for number, one in enumerate(others) if (one >= least).any()]
            self._choose([number for number in able if number not in self._stable])
            chosen = {number: self._stable[number] for number in able}
        elif procedure.rule in ("silhouette", "elbow", "gap"):
            chosen = {number: self._vote(one, reference) for number, one in enumerate(self.figures)}
        else:
            chosen = dict.fromkeys(range(len(others)), k)
        return np.array(
            [
                number in chosen and bool(one[procedure.ks.index(chosen[number])] >= least)
                for number, one in enumerate(others)
            ]
        )

    @property
    def _way(self) -> tuple[NullModel, Groups, Procedure]:
        return self.model, self._groups, self._plan.procedure

    def _vote(self, figures: Figures, reference: FloatArray) -> int:
        procedure = self._plan.procedure
        return procedure.vote(procedure.rule, figures, reference, lambda _: 0.0)[0]

    def _choose(self, numbers: Sequence[int]) -> None:
        """Choose k by stability, which is dear, in the tables where it matters."""
        bootstraps = self._plan.effort.null_bootstraps
        tasks = [partial(_stable_once, *self._way, bootstraps, self._seeds[number]) for number in numbers]
        self._stable |= dict(zip(numbers, run_all(tasks, self._plan.workers), strict=True))


def _standing(tables: Sequence[Figures]) -> FloatArray:
    """Put silhouettes in deviations from the mean of the same k, shape (tables, ks); -inf where none is."""
    widths = np.array([each.silhouette for each in tables])
    known = np.isfinite(widths)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, widths, 0.0).sum(axis=0) / count
    away = np.where(known, widths - mean, 0.0)
    deviation = np.sqrt((away**2).sum(axis=0) / count)
    standing = np.divide(away, deviation, out=np.zeros(widths.shape), where=deviation > 0)
    return np.where(known, standing, -np.inf)


def _draw(
    model: NullModel, groups: Groups, procedure: Procedure, seed: np.random.SeedSequence
) -> tuple[FloatArray, list[Clusterer], Figures, np.random.Generator]:
    """Draw a table without segments and go the whole way with it."""
    rng = np.random.default_rng(seed)
    points = model.draw(groups, rng)
    working = procedure.working_space().fit_transform(points)
    fitted = procedure.fit_all(working, None, int(rng.integers(2**31)))
    return working, fitted, measure(points, fitted), rng


def _figures_once(
    model: NullModel, groups: Groups, procedure: Procedure, seed: np.random.SeedSequence
) -> Figures:
    _, _, figures, _ = _draw(model, groups, procedure, seed)
    return figures


def _stable_once(
    model: NullModel, groups: Groups, procedure: Procedure, bootstraps: int, seed: np.random.SeedSequence
) -> int:
    """Draw the table of a seed again, and choose k in it by stability."""
    working, fitted, figures, rng = _draw(model, groups, procedure, seed)
    labelings = dict(zip(procedure.ks, (one.labels_ for one in fitted), strict=True))

    def min_jaccard(k: int) -> float:
        runs: list[FloatArray] = []
        fit_k = partial(procedure.fit_all, ks=[k])
        while len(runs) < bootstraps and not _clear(runs):
            runs.append(bootstrap_once(working, [labelings[k]], groups, fit_k, rng)[0][1])
        return smallest_jaccard(np.array(runs))

    k, _ = procedure.vote("stability", figures, None, min_jaccard)
    return k


def _clear(runs: list[FloatArray]) -> bool:
    """Say whether a few bootstrap samples leave no doubt about the stability of all segments."""
    return len(runs) >= 3 and abs(smallest_jaccard(np.array(runs)) - STABLE) > 0.15
