"""Null distribution of the silhouette: the same pipeline on tables of customers without segments."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Self

import numpy as np
import pandas as pd
from sklearn.preprocessing import PowerTransformer

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.core.parallel import parallel_map
from personae.core.statistics import STABLE, Codes
from personae.segmentation.choice import choose_k
from personae.segmentation.clusterers import Clusterer
from personae.segmentation.copula import GaussianCopula, fit_copula, root
from personae.segmentation.pipeline import Pipeline, sample_units
from personae.segmentation.quality import PartitionMetrics, partition_metrics
from personae.segmentation.stability import bootstrap_once, smallest_jaccard
from personae.segmentation.verdict import may_be_significant

NULL_MODELS = ("gaussian", "box", "skewed", "copula")
# Tables of a null model in one round.
ROUND = 10


class NullModel:
    """One population without segments, fitted to a table, from which null tables are drawn.

    Fitted to the means of independent groups (identical customers, days of one user); rows of a group
    share its draw and differ from it as the rows of the table differ within groups.

    Parameters
    ----------
    kind : {"gaussian", "box", "skewed"}
        One Gaussian with the data's covariance; uniform along its principal axes (Tibshirani, Walther and
        Hastie 2001); one Gaussian seen through a Yeo-Johnson (2000) transform per axis, which has the
        skewness of the data and still one mode.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def fit(self, points: FloatArray, groups: Codes) -> Self:
        """Fit to points of the reference space and their independent units."""
        sizes = np.bincount(groups)
        means = np.zeros((len(sizes), points.shape[1]))
        np.add.at(means, groups, points)
        means /= sizes[:, None]
        residuals = points - means[groups]
        # Means of identical customers differ from them by rounding, which is no spread within groups.
        residuals[np.abs(residuals) < 1e-9] = 0.0
        self.within_ = root(residuals.T @ residuals / max(len(points) - len(sizes), 1))
        self.center_, self.low_, self.high_ = means.mean(axis=0), means.min(axis=0), means.max(axis=0)
        if self.kind == "skewed":
            self.power_ = PowerTransformer(method="yeo-johnson").fit(means)
            transformed = self.power_.transform(means)
            self.center_ = transformed.mean(axis=0)
            self.axes_ = root(np.cov(transformed, rowvar=False, ddof=0))
        elif self.kind == "box":
            _, _, self.axes_ = np.linalg.svd(means - self.center_, full_matrices=False)
            along = (means - self.center_) @ self.axes_.T
            self.low_, self.high_ = along.min(axis=0), along.max(axis=0)
        else:
            self.axes_ = root(np.cov(means, rowvar=False, ddof=0))
        return self

    def draw(self, groups: Codes, rng: np.random.Generator) -> FloatArray:
        """Draw a table with the given groups (0 to G - 1), shape (customers, axes)."""
        count = int(groups.max()) + 1
        if self.kind == "box":
            means = rng.uniform(self.low_, self.high_, size=(count, len(self.low_))) @ self.axes_
        else:
            means = rng.standard_normal((count, len(self.axes_))) @ self.axes_
        table = means + self.center_
        if self.kind == "skewed":
            # Beyond the range of the data the inverse of Yeo-Johnson may not exist.
            ends = np.sort(self.power_.transform(np.array([self.low_, self.high_])), axis=0)
            table = self.power_.inverse_transform(np.clip(table, ends[0], ends[1]))
        table = np.asarray(table[groups])
        if self.within_.any():
            shared = np.bincount(groups)[groups] > 1
            table[shared] += rng.standard_normal((int(shared.sum()), len(self.within_))) @ self.within_
        return table


def fit_null_model(
    kind: str, points: FloatArray, groups: Codes, columns: IntArray | None = None
) -> NullModel | GaussianCopula:
    """Fit one of `NULL_MODELS`; `columns` is the column of every axis."""
    if kind == GaussianCopula.kind:
        return fit_copula(points, groups, columns)
    return NullModel(kind).fit(points, groups)


class NullDistribution:
    """Tables of one null model, and which reach the observed silhouette.

    A table reaches the observed one where its standardised silhouette does: the silhouette of the k that the
    rule chooses in it, less the mean of the same k over all tables, in standard deviations of these.
    Silhouettes of different k are not comparable, as chance alone gives two segments of skewed customers a
    higher one than six. The observed table is one of those that mean and deviation are taken over: without
    segments all tables are alike, and p is valid.
    """

    def __init__(
        self,
        model: NullModel | GaussianCopula,
        groups: Codes,
        pipeline: Pipeline,
        seeds: Sequence[np.random.SeedSequence],
    ) -> None:
        self.metrics: list[PartitionMetrics] = []
        self.reached: BoolArray = np.zeros(0, dtype=bool)
        self._pipeline, self._seeds = pipeline, seeds
        self.kind, self._inputs = model.kind, (model, groups, pipeline)
        self._chosen: dict[int, int] = {}

    def draws(self, start: int, stop: int) -> list[partial[PartitionMetrics]]:
        """Give tasks that draw some tables and measure them."""
        return [partial(_measured, *self._inputs, seed) for seed in self._seeds[start:stop]]

    def compare(self, observed: PartitionMetrics, column: int) -> dict[str, float]:
        """Compare the observed silhouette of the chosen candidate; k is chosen again in every table."""
        return compare(observed.silhouette[column], self._silhouettes[:, column], self.reached)

    def table(self, observed: PartitionMetrics) -> pd.DataFrame:
        """Compare every candidate with the same k in all tables, one row a k."""
        pairs = zip(observed.silhouette, self._silhouettes.T, strict=True)
        return pd.DataFrame([compare(own, chance) for own, chance in pairs]).add_prefix(f"{self.kind}_")

    def find_reached(self, observed: PartitionMetrics, k: int | None, reference: FloatArray) -> BoolArray:
        """Find the tables whose chosen k reaches the observed silhouette."""
        rule, ks, settings = self._pipeline.rule, self._pipeline.ks, self._pipeline.settings

        def vote(metrics: PartitionMetrics) -> int:
            return choose_k(rule, ks, metrics, settings, reference=reference)[0]

        own, *others = standardised_silhouette([observed, *self.metrics])
        k = vote(observed) if k is None else k
        observed_width = own[ks.index(k)]
        if rule == "stability":
            able = [number for number, one in enumerate(others) if (one >= observed_width).any()]
            self._choose_by_stability([number for number in able if number not in self._chosen])
            chosen = {number: self._chosen[number] for number in able}
        elif rule in ("silhouette", "elbow", "gap"):
            chosen = {number: vote(one) for number, one in enumerate(self.metrics)}
        else:
            chosen = dict.fromkeys(range(len(others)), k)
        self.reached = np.array(
            [
                number in chosen and bool(one[ks.index(chosen[number])] >= observed_width)
                for number, one in enumerate(others)
            ]
        )
        return self.reached

    def at_least(self, observed: PartitionMetrics, k: int) -> BoolArray:
        """Find the tables whose silhouette of k is as high."""
        column = self._pipeline.ks.index(k)
        return np.asarray(self._silhouettes[:, column] >= observed.silhouette[column])

    @property
    def _silhouettes(self) -> FloatArray:
        return np.array([each.silhouette for each in self.metrics])

    def _choose_by_stability(self, numbers: Sequence[int]) -> None:
        """Choose k by stability, which is expensive, in the tables where it matters."""
        tasks = [partial(_most_stable_k, *self._inputs, self._seeds[number]) for number in numbers]
        chosen = parallel_map(tasks, self._pipeline.settings.workers)
        self._chosen |= dict(zip(numbers, chosen, strict=True))


def null_distributions(
    points: FloatArray,
    groups: Codes,
    pipeline: Pipeline,
    observed: PartitionMetrics,
    *,
    k: int | None,
    natural: int | None,
    seed: np.random.SeedSequence,
) -> dict[str, NullDistribution]:
    """Draw null tables in rounds, until enough, or no p value that decides can be significant any more.

    Stopping at a given number of tables that reach it keeps the p-value valid (Besag and Clifford 1991).

    Parameters
    ----------
    points, groups
        Customers in the reference space, and the independent unit of each.
    k : int, optional
        Chosen in the observed table; None for the gap, which chooses by the null tables.
    natural : int, optional
        Number of segments that gaps support, which must be beyond chance, too.
    """
    effort, workers = pipeline.settings.effort, pipeline.settings.workers
    sampling, *seeds = seed.spawn(1 + len(NULL_MODELS) * effort.null_tables)
    rng = np.random.default_rng(sampling)
    _, drawn_groups = sample_units(groups, effort.null_rows, rng)
    index, fitted_groups = sample_units(groups, effort.stability_rows, rng)
    distributions = {
        kind: NullDistribution(
            fit_null_model(kind, points[index], fitted_groups, pipeline.space.axis_columns),
            drawn_groups,
            pipeline,
            seeds[number * effort.null_tables : (number + 1) * effort.null_tables],
        )
        for number, kind in enumerate(NULL_MODELS)
    }
    for start in range(0, effort.null_tables, ROUND):
        label = f"{pipeline.settings.space.name}: null tables from {start * len(NULL_MODELS)}"
        tasks = [task for each in distributions.values() for task in each.draws(start, start + ROUND)]
        drawn = iter(parallel_map(tasks, workers, label))
        for each in distributions.values():
            each.metrics += [next(drawn) for _ in each.draws(start, start + ROUND)]
        reference = uniform_inertia(distributions)
        models = distributions.values()
        deciding = [[each.find_reached(observed, k, reference) for each in models]]
        if natural not in (None, k):
            deciding.append([each.at_least(observed, natural) for each in models])
        if not any(all(may_be_significant(one, effort.null_tables) for one in by) for by in deciding):
            break
    return distributions


def uniform_inertia(distributions: Mapping[str, NullDistribution]) -> FloatArray:
    """Give the inertias of uniform tables, shape (tables, ks), which the gap statistic compares with."""
    return np.array([each.inertia for each in distributions["box"].metrics])


def compare(observed: float, chance: FloatArray, reached: BoolArray | None = None) -> dict[str, float]:
    """Compare an observed silhouette with its null distribution.

    Parameters
    ----------
    observed : float
        NaN where there is none, and then nothing speaks against chance.
    chance : ndarray of shape (tables,)
        Silhouettes of null tables; NaN where a table showed no segments, which counts as below.
    reached : bool array of shape (tables,), optional
        Whether a table reached the observed value; found from `chance` by default.

    Returns
    -------
    dict
        `mean` and `p95` of the same k in null tables; `p_value`, the share of the `tables` that reach the
        observed silhouette, the observed counted in (Davison and Hinkley 1997).

    Examples
    --------
    >>> compare(0.5, np.array([0.25, 0.25, 0.25, np.nan]))
    {'mean': 0.25, 'p95': 0.25, 'p_value': 0.2, 'tables': 4}
    """
    known = chance[np.isfinite(chance)]
    reached = chance >= observed if reached is None else reached
    return {
        "mean": float(known.mean()) if len(known) else float("nan"),
        "p95": float(np.quantile(known, 0.95)) if len(known) else float("nan"),
        "p_value": float((1 + reached.sum()) / (1 + len(chance))) if np.isfinite(observed) else 1.0,
        "tables": len(chance),
    }


def standardised_silhouette(tables: Sequence[PartitionMetrics]) -> FloatArray:
    """Standardise silhouettes by k, shape (tables, ks); -inf where there is none."""
    widths = np.array([each.silhouette for each in tables])
    known = np.isfinite(widths)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, widths, 0.0).sum(axis=0) / count
    away = np.where(known, widths - mean, 0.0)
    deviation = np.sqrt((away**2).sum(axis=0) / count)
    standardised = np.divide(away, deviation, out=np.zeros(widths.shape), where=deviation > 0)
    return np.where(known, standardised, -np.inf)


def _draw(
    model: NullModel | GaussianCopula, groups: Codes, pipeline: Pipeline, seed: np.random.SeedSequence
) -> tuple[FloatArray, list[Clusterer], PartitionMetrics, np.random.Generator]:
    """Draw and cluster a null table: working points, partitions and metrics."""
    rng = np.random.default_rng(seed)
    points = model.draw(groups, rng)
    working = pipeline.working_space().fit_transform(points)
    fitted = pipeline.fit_all(working, None, int(rng.integers(2**31)))
    return working, fitted, partition_metrics(points, fitted), rng


def _measured(
    model: NullModel | GaussianCopula, groups: Codes, pipeline: Pipeline, seed: np.random.SeedSequence
) -> PartitionMetrics:
    return _draw(model, groups, pipeline, seed)[2]


def _most_stable_k(
    model: NullModel | GaussianCopula, groups: Codes, pipeline: Pipeline, seed: np.random.SeedSequence
) -> int:
    """Draw the table of a seed again, and choose k in it by stability."""
    working, fitted, metrics, rng = _draw(model, groups, pipeline, seed)
    labelings = dict(zip(pipeline.ks, (one.labels_ for one in fitted), strict=True))

    def min_jaccard(k: int) -> float:
        runs: list[FloatArray] = []
        fit_k = partial(pipeline.fit_all, ks=[k])
        while len(runs) < pipeline.settings.effort.null_bootstraps and not _is_clear(runs):
            runs.append(bootstrap_once(working, [labelings[k]], groups, fit_k, rng)[0][1])
        return smallest_jaccard(np.array(runs))

    return choose_k("stability", pipeline.ks, metrics, pipeline.settings, min_jaccard=min_jaccard)[0]


def _is_clear(runs: list[FloatArray]) -> bool:
    """Say whether a few bootstrap samples leave no doubt about the stability of all segments."""
    return len(runs) >= 3 and abs(smallest_jaccard(np.array(runs)) - STABLE) > 0.15
