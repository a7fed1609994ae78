"""Sensitivity: which segments survive other choices, each varied alone."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from personae.core.arrays import FloatArray
from personae.core.parallel import parallel_map
from personae.core.statistics import STABLE, adjusted_rand
from personae.segmentation.clusterers import Labels
from personae.segmentation.pipeline import Pipeline
from personae.segmentation.space import SCALERS, WorkingSpace
from personae.segmentation.stability import best_jaccard
from personae.segmentation.ward import METHODS, contract

# Random starts of the clusterer other than the one in force.
SEEDS = 3
# Methods that are compared, whichever is in force.
COMPARED = ("kmeans", "mixture", "ward")


def sensitivity(
    points: FloatArray,
    labels: Labels,
    ids: Sequence[int],
    pipeline: Pipeline,
    *,
    others: Mapping[str, Labels],
    seed: int = 0,
) -> dict[str, Any]:
    """Cluster again with one choice changed at a time, and compare the segments.

    Changed are k by one, the scaler, the columns (each left out once), the seed and the method. Every
    variation is fitted once, without bootstrap samples or null tables.

    Parameters
    ----------
    points : ndarray of shape (customers, axes)
        Customers in the reference space.
    labels : int array of shape (customers,)
        Their segments, 0 to k - 1.
    ids : sequence of int
        Id of every segment.
    pipeline : Pipeline
        That gave these segments.
    others : mapping of method to int array
        Segments of the same customers as `other_methods` finds them.
    seed : int
        That gave these segments.

    Returns
    -------
    dict
        Empty for fewer than two segments. Else `customers`, how many were clustered again; `variations`, of
        each the `choice` (k, scaler, column, seed or method), what it was changed `to`, and `jaccard`, the
        highest Jaccard similarity of every segment with one of the variation; `survives`, of every segment
        the share of variations in which that is at least `STABLE`. Segments are in the order of their ids.
    """
    k = int(labels.max(initial=-1)) + 1
    if k < 2:
        return {}
    choices = _variations(points, k, pipeline, seed)
    refits = parallel_map(
        list(choices.values()), pipeline.settings.workers, f"{pipeline.settings.space.name}: sensitivity"
    )
    partitions = dict(zip(choices, refits, strict=True))
    method = pipeline.settings.clusterer.name
    partitions |= {("method", name): again for name, again in others.items() if name != method}
    rows = [
        {"choice": choice, "to": to, "jaccard": best_jaccard(labels, again, k)[np.argsort(ids)].tolist()}
        for (choice, to), again in partitions.items()
    ]
    survives = (np.array([row["jaccard"] for row in rows]) >= STABLE).mean(axis=0)
    return {"customers": len(points), "variations": rows, "survives": survives.tolist()}


def other_methods(working: FloatArray, k: int, seed: int) -> tuple[dict[str, Labels], pd.DataFrame]:
    """Find as many segments by each method; give the top of Ward's tree as well."""
    others = {
        name: METHODS[name](random_state=seed).set_params(n_clusters=max(k, 1)).fit(working)
        for name in COMPARED
    }
    merges = contract(others["ward"].tree_)
    dendrogram = pd.DataFrame(merges, columns=["first", "second", "distance", "customers"])
    return {name: other.labels_ for name, other in others.items()}, dendrogram


def agreement_with(others: Mapping[str, Labels], labels: Labels, method: str) -> dict[str, float]:
    """Give the adjusted Rand index with every other method; nothing of fewer than two segments."""
    if labels.max(initial=-1) < 1:
        return {}
    return {name: adjusted_rand(labels, other) for name, other in others.items() if name != method}


def _variations(points: FloatArray, k: int, pipeline: Pipeline, seed: int) -> dict[tuple[str, str], Any]:
    """Give a task that clusters again for each changed choice but the method."""
    again = partial(_cluster, points, pipeline, k=k, seed=seed)
    near = [] if pipeline.rule == "clusterer" else [one for one in (k - 1, k + 1) if one > 1]
    working = pipeline.settings.scaler.name
    in_force = pipeline.space.scaler if working == "reference" else working
    axes = pipeline.space.axis_columns
    names = [*pipeline.space.columns, *pipeline.space.categorical]
    return {
        **{("k", f"{one}"): partial(again, k=one) for one in near},
        **{("scaler", name): partial(again, scaler=name) for name in SCALERS if name != in_force},
        **{
            ("column left out", name): partial(again, without=axes == number)
            for number, name in enumerate(names)
            if len(names) > 1
        },
        **{("seed", f"{one}"): partial(again, seed=one) for one in range(seed + 1, seed + 1 + SEEDS)},
    }


def _cluster(
    points: FloatArray,
    pipeline: Pipeline,
    *,
    k: int,
    seed: int,
    scaler: str | None = None,
    without: FloatArray | None = None,
) -> Labels:
    """Fit once with other choices; a column is left out by making it constant."""
    if without is not None:
        points = np.where(without, 0.0, points)
    space = pipeline.working_space()
    if scaler is not None:
        space = WorkingSpace(pipeline.space, scaler, space.axes)
    return pipeline.fit_all(space.fit_transform(points), None, seed, [k])[0].labels_
