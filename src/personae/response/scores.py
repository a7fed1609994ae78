"""What a validation says: figures of every model, of the procedure, and differences with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.core.parallel import run_all
from personae.core.statistics import adjust
from personae.response import metrics
from personae.response.folds import Folds
from personae.response.metrics import Difference, Figure
from personae.response.validation import OutOfFold, Plan, Validation

COMPARED = ("roc_auc", "average_precision", "brier")
CURVE_POINTS = 200


@dataclass(frozen=True, slots=True)
class Scored:
    """Figures of one model: by fold, shape (repeats, folds), and their summary."""

    by_fold: Mapping[str, FloatArray]
    summary: Mapping[str, Figure]


def score(target: IntArray, probabilities: FloatArray, folds: Folds) -> Scored:
    """Compute the figures of predictions out of fold, shape (repeats, rows, classes).

    A fold's figures are computed on its own rows; the pooled ones on all rows of a repeat at once.
    """
    by_fold: list[dict[str, float]] = []
    pooled: list[dict[str, float]] = []
    for repeat, found in enumerate(probabilities):
        fold = folds.assignment[repeat]
        by_fold += [metrics.figures(target[fold == k], found[fold == k]) for k in folds.outer]
        scored = np.isin(fold, folds.outer)
        pooled.append(metrics.figures(target[scored], found[scored]))
    shape = (folds.repeats, len(folds.outer))
    values = {name: np.array([one[name] for one in by_fold]).reshape(shape) for name in metrics.NAMES}
    whole = {name: np.array([one[name] for one in pooled]) for name in metrics.NAMES}
    return Scored(values, metrics.summarise(values, whole))


def score_all(
    target: IntArray, models: Mapping[str, OutOfFold], folds: Folds, *, workers: int
) -> dict[str, Scored]:
    """Compute the figures of every model, side by side."""
    tasks = [partial(score, target, one.probabilities, folds) for one in models.values()]
    return dict(zip(models, run_all(tasks, workers), strict=True))


def differences(scored: Mapping[str, Scored], folds: Folds) -> list[Difference]:
    """Compare every two models by `COMPARED`, with intervals corrected for shared training rows.

    p values are adjusted over all of them (Holm 1979).
    """
    pairs = [
        metrics.corrected_difference(
            a, b, name, (scored[a].by_fold[name], scored[b].by_fold[name]), test_share=folds.test_share
        )
        for a, b in combinations(scored, 2)
        for name in COMPARED
    ]
    adjusted = adjust([pair.p for pair in pairs], "holm").tolist()
    return [replace(pair, p_adjusted=p) for pair, p in zip(pairs, adjusted, strict=True)]


def selection(validation: Validation, scored: Scored, plan: Plan) -> dict[str, Any]:
    """Report the whole procedure: how often the inner folds chose each model, and its honest figures."""
    counts = {name: validation.chosen.count(name) for name in validation.models}
    return {"by": plan.select, "preferred": plan.prefer, "counts": counts, "figures": scored.summary}


def curves(target: IntArray, validation: Validation) -> dict[str, pd.DataFrame]:
    """Give ROC, precision-recall and reliability curves of every model, all repeats taken together.

    Returns
    -------
    dict
        `roc` (false_positive_rate, true_positive_rate), `precision_recall` (recall, precision), by model
        and class (of two classes class 1 only); `reliability` (predicted, observed, rows a repeat) by model.
    """
    tables: dict[str, list[pd.DataFrame]] = {"roc": [], "precision_recall": [], "reliability": []}
    for name, model in validation.models.items():
        rows = ~np.isnan(model.probabilities[..., 0])
        found, truth = model.probabilities[rows], np.tile(target, (len(rows), 1))[rows]
        curve = metrics.reliability(truth, found)
        columns = {
            "predicted": curve.predicted,
            "observed": curve.observed,
            "rows": curve.count / len(rows),
        }
        tables["reliability"].append(pd.DataFrame({"model": name, **columns}))
        for label in [1] if found.shape[1] == 2 else range(found.shape[1]):
            roc, precision_recall = _ranking_curves(truth == label, found[:, label])
            tables["roc"].append(roc.assign(model=name, **{"class": label}))
            tables["precision_recall"].append(precision_recall.assign(model=name, **{"class": label}))
    return {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()}


def _ranking_curves(truth: BoolArray, score: FloatArray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Thin both curves to points at equal steps down the ranking."""
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(truth[order])
    cuts = np.unique(np.linspace(0, len(truth) - 1, CURVE_POINTS).astype(np.intp))
    true_rate = hits[cuts] / max(hits[-1], 1)
    false_rate = (cuts + 1 - hits[cuts]) / max(len(truth) - hits[-1], 1)
    roc = pd.DataFrame({"false_positive_rate": false_rate, "true_positive_rate": true_rate})
    return roc, pd.DataFrame({"recall": true_rate, "precision": hits[cuts] / (cuts + 1)})


def seed_claim(correct_share: Sequence[float], claimed: float, majority: float, model: str) -> dict[str, Any]:
    """Set one published accuracy of one random split beside the range over many splits.

    Examples
    --------
    >>> found = seed_claim([0.58, 0.61, 0.64, 0.70], claimed=0.64, majority=0.44, model="random_forest")
    >>> found["median"], found["share_at_least_claimed"]
    (0.625, 0.5)
    """
    values = np.asarray(correct_share)
    return {
        "model": model,
        "claimed": claimed,
        "splits": len(values),
        "median": float(np.median(values)),
        "lower": float(np.quantile(values, 0.025)),
        "upper": float(np.quantile(values, 0.975)),
        "share_at_least_claimed": float((values >= claimed - 1e-9).mean()),
        "majority": majority,
    }
