"""Stability of segments: bootstrap agreement and prediction strength."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from personae.core.arrays import BoolArray, FloatArray
from personae.core.parallel import parallel_map
from personae.core.statistics import Codes, adjusted_rand, contingency
from personae.segmentation.clusterers import Clusterer, Labels
from personae.segmentation.pipeline import Pipeline, sample_units

# Points, weights and a seed give one fitted clusterer a partition.
FitAll = Callable[[FloatArray, Labels | None, int], list[Clusterer]]
# Rows measured, their independent units, and the bootstrap fits: who was drawn, and their partitions.
Sample = tuple[Labels, Codes, list[tuple[BoolArray, list[Labels]]]]


def partition_stability(
    working: FloatArray,
    labelings: list[Labels],
    groups: Codes,
    pipeline: Pipeline,
    seed: np.random.SeedSequence,
) -> tuple[list[dict[str, Any]], Sample]:
    """Measure the stability of each partition in bootstrap samples and halves of independent units.

    Parameters
    ----------
    working : ndarray of shape (customers, axes)
        Customers in the working space.
    labelings : list of int arrays
        The partition of every k of the pipeline.
    groups : int array of shape (customers,)
        Independent unit of every customer, 0 to G - 1.

    Returns
    -------
    figures : list of dict
        For every k the mean (`ari_mean`) and standard deviation (`ari_sd`) of the adjusted Rand index; the
        mean Jaccard similarity of every segment (`jaccard`; Hennig 2007, stable from 0.75) and the smallest
        of them (`min_jaccard`); the `prediction_strength` of Tibshirani and Walther (2005; strong from 0.8).
    sample : tuple
        Rows that were measured, their independent units, and the bootstrap fits (`refit_once`).
    """
    effort, workers, name = pipeline.settings.effort, pipeline.settings.workers, pipeline.settings.space.name
    sampling, *seeds = seed.spawn(1 + effort.bootstraps + effort.splits)
    index, units = sample_units(groups, effort.stability_rows, np.random.default_rng(sampling))
    points, sampled = working[index], [labels[index] for labels in labelings]
    rngs = [np.random.default_rng(child) for child in seeds]
    bootstraps = [
        partial(refit_once, points, units, pipeline.fit_all, rng) for rng in rngs[: effort.bootstraps]
    ]
    halves = [
        partial(prediction_strength_once, points, units, pipeline.fit_all, rng)
        for rng in rngs[effort.bootstraps :]
    ]
    refits = parallel_map(bootstraps, workers, f"{name}: bootstraps")
    strengths = np.array(parallel_map(halves, workers, f"{name}: prediction strength"))
    figures = [
        agreement_figures([agreement(labels, drawn, again[column]) for drawn, again in refits])
        | {"prediction_strength": float(strengths[:, column].mean())}
        for column, labels in enumerate(sampled)
    ]
    return figures, (index, units, refits)


def agreement_figures(runs: list[tuple[float, FloatArray]]) -> dict[str, Any]:
    """Sum bootstrap samples up: adjusted Rand index and Jaccard similarity per segment of each."""
    aris = np.array([ari for ari, _ in runs])
    jaccard = np.array([each for _, each in runs])
    return {
        "ari_mean": float(aris.mean()),
        "ari_sd": float(aris.std(ddof=1)) if len(aris) > 1 else float("nan"),
        "jaccard": tuple(mean_jaccard(jaccard).tolist()),
        "min_jaccard": smallest_jaccard(jaccard),
    }


def best_jaccard(first: Labels, second: Labels, k: int) -> FloatArray:
    """Highest Jaccard similarity of each first segment with a second one.

    Noise belongs to no segment, and lowers the similarity of the one it left; NaN for an absent segment.

    Examples
    --------
    >>> best_jaccard(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), 3).round(3).tolist()
    [0.667, 0.5, nan]
    """
    table = contingency(first + 1, second + 1)
    shared = table[1:, 1:]
    union = table.sum(axis=1)[1:, None] + table.sum(axis=0)[None, 1:] - shared
    ratios = np.divide(shared, union, out=np.zeros(shared.shape), where=union > 0)
    best = np.full(k, np.nan)
    best[: len(shared)] = np.where(table.sum(axis=1)[1:] > 0, ratios.max(axis=1, initial=0.0), np.nan)
    return best


def resample(groups: Codes, rng: np.random.Generator) -> Labels:
    """Draw independent units with replacement; give how often each customer is in the sample."""
    count = int(groups.max()) + 1
    return np.bincount(rng.integers(count, size=count), minlength=count)[groups]


def refit_once(
    points: FloatArray, groups: Codes, fit_all: FitAll, rng: np.random.Generator
) -> tuple[BoolArray, list[Labels]]:
    """Fit to one bootstrap sample; give which customers were drawn, and the partitions of those.

    A drawn unit enters the fit as often as it was drawn, and a comparison once.
    """
    weights = resample(groups, rng)
    drawn = weights > 0
    fitted = fit_all(points[drawn], weights[drawn], int(rng.integers(2**31)))
    return drawn, [each.labels_ for each in fitted]


def agreement(labels: Labels, drawn: BoolArray, again: Labels) -> tuple[float, FloatArray]:
    """Compare a partition with that of the drawn customers: adjusted Rand index, Jaccard per segment."""
    known = labels[drawn]
    return adjusted_rand(known, again), best_jaccard(known, again, int(labels.max(initial=-1)) + 1)


def bootstrap_once(
    points: FloatArray, labelings: list[Labels], groups: Codes, fit_all: FitAll, rng: np.random.Generator
) -> list[tuple[float, FloatArray]]:
    """Fit to one bootstrap sample and compare with each partition on the unique customers drawn.

    Returns
    -------
    list of (adjusted Rand index, Jaccard similarity per segment)
        One entry a partition.
    """
    drawn, fitted = refit_once(points, groups, fit_all, rng)
    return [agreement(labels, drawn, again) for labels, again in zip(labelings, fitted, strict=True)]


def mean_jaccard(runs: FloatArray) -> FloatArray:
    """Mean Jaccard similarity of each segment, where drawn; else 0."""
    known = np.isfinite(runs)
    counts = known.sum(axis=0)
    sums = np.where(known, runs, 0.0).sum(axis=0)
    return np.asarray(np.divide(sums, counts, out=np.zeros(runs.shape[1]), where=counts > 0))


def smallest_jaccard(runs: FloatArray) -> float:
    """Mean Jaccard similarity of the least stable segment."""
    return float(mean_jaccard(runs).min(initial=1.0)) if runs.shape[1] else 0.0


def prediction_strength_once(
    points: FloatArray, groups: Codes, fit_all: FitAll, rng: np.random.Generator
) -> list[float]:
    """Prediction strength of one random split of the units.

    Returns
    -------
    list of float
        For every k the smallest share, over segments of the second half, of pairs that the first half
        keeps together.
    """
    units = int(groups.max()) + 1
    half = (rng.permutation(units) < units // 2)[groups]
    seed = int(rng.integers(2**31))
    first, second = fit_all(points[half], None, seed), fit_all(points[~half], None, seed)
    strengths = []
    for train, test in zip(first, second, strict=True):
        own, foreign = test.labels_, train.predict(points[~half])
        table = contingency(own + 1, foreign + 1)[1:]
        sizes, table = table.sum(axis=1), table[:, 1:]
        together, pairs = (table * (table - 1)).sum(axis=1), sizes * (sizes - 1)
        strengths.append(float((together[sizes > 1] / pairs[sizes > 1]).min(initial=1.0)))
    return strengths
