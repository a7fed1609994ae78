"""Everything that is known about every candidate k, and about the chosen one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from personae.core.arrays import FloatArray
from personae.core.statistics import Codes
from personae.segmentation.borders import Border, borders
from personae.segmentation.choice import choose_k, gap_statistic
from personae.segmentation.clusterers import Clusterer, Labels
from personae.segmentation.columns import columns_that_matter
from personae.segmentation.natural import beyond_chance, supported_k
from personae.segmentation.null_models import (
    NULL_MODELS,
    NullDistribution,
    null_distributions,
    uniform_inertia,
)
from personae.segmentation.pipeline import Pipeline, sample_units
from personae.segmentation.quality import (
    PartitionMetrics,
    mean_interval,
    mean_known,
    scatter,
    silhouettes,
    smallest_share,
    stratified_sample,
)
from personae.segmentation.stability import Sample, partition_stability
from personae.segmentation.within import gap_within

SCATTER = ["inertia", "calinski_harabasz", "davies_bouldin"]
# Noises in place of each column; fewer where there are fewer null tables.
NOISES = 19
# Of candidates.csv.
COLUMNS = [
    *("k", "method", "chosen", "votes", "silhouette", "silhouette_low", "silhouette_high"),
    *(f"{kind}_{figure}" for kind in NULL_MODELS for figure in ("mean", "p95", "p_value")),
    *("calinski_harabasz", "davies_bouldin", "inertia", "gap", "gap_error"),
    *("ari_mean", "ari_sd", "min_jaccard", "prediction_strength", "smallest_share", "noise"),
]


@dataclass(frozen=True, slots=True)
class SegmentEvidence:
    """What is known about the candidates, and about the chosen one.

    Attributes
    ----------
    candidates
        Figures and votes, one row a k, as in candidates.csv.
    column
        Position of the chosen k among the candidates.
    null, stability
        Of the chosen partition, as `NullDistribution.compare` and `partition_stability` give it.
    votes
        The k of every rule.
    qualified
        False where the rule `stability` found no stable k that keeps the size floor.
    supported_k, why
        The largest k with a gap at every border, stable and beyond chance; None, and why there is none.
    borders
        Of the chosen partition, see `borders`.
    columns
        What each column carries, see `columns_that_matter`.
    silhouette
        Width of every customer in the chosen partition; NaN where it was not sampled.
    """

    candidates: pd.DataFrame
    column: int
    null: dict[str, dict[str, float]]
    stability: dict[str, Any]
    votes: dict[str, int]
    qualified: bool
    supported_k: int | None
    why: str
    borders: list[Border]
    columns: list[dict[str, Any]]
    silhouette: FloatArray


def gather_evidence(
    points: FloatArray,
    working: FloatArray,
    groups: Codes,
    fitted: Sequence[Clusterer],
    pipeline: Pipeline,
    *,
    seed: int,
) -> SegmentEvidence:
    """Measure quality, stability and chance of every candidate partition, and let the rules vote.

    Parameters
    ----------
    points, working : ndarrays of shape (customers, axes)
        Customers in the reference space and in the working space.
    groups : int array of shape (customers,)
        Independent unit of every customer, 0 to G - 1.
    fitted : sequence of Clusterer
        One for every k of the pipeline, fitted to `working`.
    """
    labelings = [one.labels_ for one in fitted]
    sampling, intervals, boots, tables, ties, noises = np.random.SeedSequence(seed).spawn(6)
    index, weights, widths = _silhouettes(points, labelings, pipeline, np.random.default_rng(sampling))
    scatters = pd.DataFrame([scatter(points, labels) for labels in labelings], columns=SCATTER)
    metrics = PartitionMetrics(
        mean_known(widths, weights),
        scatters["inertia"].to_numpy() / len(points),
        np.array([smallest_share(labels) for labels in labelings]),
        fitted[0].min_clusters,
    )
    stability, sample = partition_stability(working, labelings, groups, pipeline, boots)
    jaccard = {each: figures["min_jaccard"] for each, figures in zip(pipeline.ks, stability, strict=True)}
    natural, why, borders_of = _gaps(points, labelings, sample, pipeline, jaccard=jaccard, seed=ties)
    nulls, votes, k, qualified = _choose(points, groups, pipeline, metrics, (jaccard, natural), seed=tables)
    gaps = gap_statistic(metrics.inertia, uniform_inertia(nulls))
    bounds = [mean_interval(row, groups[index], weights, np.random.default_rng(intervals)) for row in widths]
    candidates = _quality(scatters, metrics, labelings, bounds, pipeline).assign(
        chosen=[each == k for each in pipeline.ks],
        votes=[" ".join(rule for rule in votes if votes[rule] == each) for each in pipeline.ks],
        **dict(zip(("gap", "gap_error"), gaps, strict=True)),
    )
    candidates = candidates.join([pd.DataFrame(stability), *(each.table(metrics) for each in nulls.values())])
    column = pipeline.ks.index(k)
    null = {kind: each.compare(metrics, column) for kind, each in nulls.items()}
    chance = candidates[[f"{kind}_p_value" for kind in nulls]].max(axis=1)
    chance[column] = max(each["p_value"] for each in null.values())
    natural, why = beyond_chance(natural, why, dict(zip(pipeline.ks, chance, strict=True)))
    return SegmentEvidence(
        candidates=candidates[COLUMNS],
        column=column,
        null=null,
        stability=stability[column],
        votes=votes,
        qualified=qualified,
        supported_k=natural,
        why=why,
        borders=borders_of(k),
        columns=_columns(points, labelings[column], groups, pipeline, seed=noises),
        silhouette=pd.Series(widths[column], index).reindex(range(len(points))).to_numpy(),
    )


def _quality(
    scatters: pd.DataFrame,
    metrics: PartitionMetrics,
    labelings: Sequence[Labels],
    bounds: Sequence[tuple[float, float]],
    pipeline: Pipeline,
) -> pd.DataFrame:
    """Give the quality of every candidate partition, one row a k."""
    return scatters.assign(
        k=pipeline.ks,
        method=pipeline.settings.clusterer.name,
        silhouette=metrics.silhouette,
        silhouette_low=[low for low, _ in bounds],
        silhouette_high=[high for _, high in bounds],
        smallest_share=metrics.smallest_share,
        noise=[int((labels < 0).sum()) for labels in labelings],
    )


def _choose(
    points: FloatArray,
    groups: Codes,
    pipeline: Pipeline,
    metrics: PartitionMetrics,
    stability: tuple[Mapping[int, float], int | None],
    *,
    seed: np.random.SeedSequence,
) -> tuple[dict[str, NullDistribution], dict[str, int], int, bool]:
    """Null distributions, votes, the chosen k, and whether it qualified.

    `stability` is the least Jaccard similarity of every k, and the number of segments that gaps support.
    """
    ks, rule, settings = pipeline.ks, pipeline.rule, pipeline.settings
    jaccard, natural = stability
    ballots = {
        each: choose_k(each, ks, metrics, settings, min_jaccard=jaccard.__getitem__)
        for each in ("silhouette", "elbow", "stability")
    }
    votes = {each: vote for each, (vote, _) in ballots.items()}
    k = votes.get(rule, settings.k or ks[0])
    chosen = None if rule == "gap" else k
    nulls = null_distributions(points, groups, pipeline, metrics, k=chosen, natural=natural, seed=seed)
    votes["gap"], _ = choose_k("gap", ks, metrics, settings, reference=uniform_inertia(nulls))
    return nulls, votes, votes.get(rule, k), ballots["stability"][1] or rule != "stability"


def _gaps(
    points: FloatArray,
    labelings: Sequence[Labels],
    sample: Sample,
    pipeline: Pipeline,
    *,
    jaccard: Mapping[int, float],
    seed: np.random.SeedSequence,
) -> tuple[int | None, str, Callable[[int], list[Border]]]:
    """Give the number of segments that gaps support, or why there is none, and borders by k."""
    index, units, refits = sample
    sampled = {k: labels[index] for k, labels in zip(pipeline.ks, labelings, strict=True)}
    seeds = dict(zip(pipeline.ks, seed.spawn(len(pipeline.ks)), strict=True))

    @cache
    def borders_of(k: int) -> list[Border]:
        own = [(drawn, again[pipeline.ks.index(k)]) for drawn, again in refits]
        rng, columns = np.random.default_rng(seeds[k]), pipeline.space.axis_columns
        return borders(points[index], sampled[k], own, rng, columns=columns, groups=units)

    def column_within(k: int) -> str | None:
        rng, columns = np.random.default_rng(seeds[k].spawn(1)[0]), pipeline.space.axis_columns
        column = gap_within(points[index], sampled[k], rng, columns=columns, groups=units)
        return None if column is None else pipeline.space.columns[column]

    return *supported_k(sampled, jaccard, borders_of, column_within), borders_of


def _columns(
    points: FloatArray, labels: Labels, groups: Codes, pipeline: Pipeline, *, seed: np.random.SeedSequence
) -> list[dict[str, Any]]:
    """Say what each column carries, by its name; nothing of fewer than two segments."""
    k, rng = int(labels.max(initial=-1)) + 1, np.random.default_rng(seed)
    if k < 2:
        return []
    index, units = sample_units(groups, pipeline.settings.effort.null_rows, rng)

    def fit(noisy: FloatArray, seed: int) -> Labels:
        return pipeline.fit_all(pipeline.working_space().fit_transform(noisy), None, seed, [k])[0].labels_

    rows = columns_that_matter(
        points[index],
        labels[index],
        fit,
        rng,
        columns=pipeline.space.axis_columns,
        groups=units,
        tables=min(NOISES, pipeline.settings.effort.null_tables),
    )
    names = [*pipeline.space.columns, *pipeline.space.categorical]
    return [row | {"column": names[row["column"]]} for row in rows]


def _silhouettes(
    points: FloatArray, labelings: list[Labels], pipeline: Pipeline, rng: np.random.Generator
) -> tuple[Labels, FloatArray, FloatArray]:
    """Give sampled customers, how many each stands for, and their widths in every partition."""
    rows, workers = pipeline.settings.effort.silhouette_rows, pipeline.settings.workers
    if len(points) <= rows:
        index, weights, mass = np.arange(len(points)), np.ones(len(points)), None
    else:
        index, weights = stratified_sample(labelings[-1], rows, rng)
        mass = weights
    sampled = [labels[index] for labels in labelings]
    return index, weights, silhouettes(points[index], sampled, mass, workers)
