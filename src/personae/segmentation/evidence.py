"""Everything that is known about every candidate k, and about the chosen one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from personae.core.arrays import FloatArray
from personae.core.statistics import Codes
from personae.segmentation.choice import choose_k, gap_statistic
from personae.segmentation.clusterers import Clusterer, Labels
from personae.segmentation.null_models import (
    NULL_MODELS,
    NullDistribution,
    null_distributions,
    uniform_inertia,
)
from personae.segmentation.pipeline import Pipeline
from personae.segmentation.quality import (
    PartitionMetrics,
    mean_interval,
    mean_known,
    scatter,
    silhouettes,
    smallest_share,
    stratified_sample,
)
from personae.segmentation.stability import partition_stability

SCATTER = ["inertia", "calinski_harabasz", "davies_bouldin"]
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
    silhouette
        Width of every customer in the chosen partition; NaN where it was not sampled.
    """

    candidates: pd.DataFrame
    column: int
    null: dict[str, dict[str, float]]
    stability: dict[str, Any]
    votes: dict[str, int]
    qualified: bool
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
    sampling, intervals, boots, tables = np.random.SeedSequence(seed).spawn(4)
    index, weights, widths = _silhouettes(points, labelings, pipeline, np.random.default_rng(sampling))
    bounds = [mean_interval(row, groups[index], weights, np.random.default_rng(intervals)) for row in widths]
    scatters = pd.DataFrame([scatter(points, labels) for labels in labelings], columns=SCATTER)
    metrics = PartitionMetrics(
        mean_known(widths, weights),
        scatters["inertia"].to_numpy() / len(points),
        np.array([smallest_share(labels) for labels in labelings]),
        fitted[0].fewest,
    )
    stability = partition_stability(working, labelings, groups, pipeline, boots)
    nulls, votes, k, qualified = _choose(points, groups, pipeline, metrics, stability, seed=tables)
    gaps, errors = gap_statistic(metrics.inertia, uniform_inertia(nulls))
    candidates = scatters.assign(
        k=pipeline.ks,
        method=pipeline.settings.clusterer.name,
        chosen=[each == k for each in pipeline.ks],
        votes=[" ".join(rule for rule in votes if votes[rule] == each) for each in pipeline.ks],
        silhouette=metrics.silhouette,
        silhouette_low=[low for low, _ in bounds],
        silhouette_high=[high for _, high in bounds],
        gap=gaps,
        gap_error=errors,
        smallest_share=metrics.smallest_share,
        noise=[int((labels < 0).sum()) for labels in labelings],
    ).join([pd.DataFrame(stability), *(each.table(metrics) for each in nulls.values())])
    column = pipeline.ks.index(k)
    silhouette = np.full(len(points), np.nan)
    silhouette[index] = widths[column]
    return SegmentEvidence(
        candidates=candidates[COLUMNS],
        column=column,
        null={kind: each.compare(metrics, column) for kind, each in nulls.items()},
        stability=stability[column],
        votes=votes,
        qualified=qualified,
        silhouette=silhouette,
    )


def _choose(
    points: FloatArray,
    groups: Codes,
    pipeline: Pipeline,
    metrics: PartitionMetrics,
    stability: Sequence[Mapping[str, Any]],
    *,
    seed: np.random.SeedSequence,
) -> tuple[dict[str, NullDistribution], dict[str, int], int, bool]:
    """Give null distributions, the votes, the k of the rule in force, and whether that k qualified."""
    ks, rule, settings = pipeline.ks, pipeline.rule, pipeline.settings
    jaccard = {k: each["min_jaccard"] for k, each in zip(ks, stability, strict=True)}.__getitem__
    ballots = {
        each: choose_k(each, ks, metrics, settings, min_jaccard=jaccard)
        for each in ("silhouette", "elbow", "stability")
    }
    votes = {each: vote for each, (vote, _) in ballots.items()}
    k = votes.get(rule, settings.k or ks[0])
    nulls = null_distributions(points, groups, pipeline, metrics, k=None if rule == "gap" else k, seed=seed)
    votes["gap"], _ = choose_k("gap", ks, metrics, settings, reference=uniform_inertia(nulls))
    return nulls, votes, votes.get(rule, k), ballots["stability"][1] or rule != "stability"


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
