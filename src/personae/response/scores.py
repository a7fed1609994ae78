"""Figures of a validation: models, procedure, differences with intervals."""

from collections.abc import Mapping
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.core.parallel import parallel_map
from personae.core.statistics import adjust
from personae.response import metrics
from personae.response.folds import Folds
from personae.response.plan import ResponsePlan
from personae.response.validation import Validation

COMPARED = ("roc_auc", "average_precision", "brier")
CURVE_POINTS = 200

# Of one model: figures by fold, shape (repeats, folds); of each figure mean and sd over folds, and pooled.
Scored = tuple[dict[str, FloatArray], dict[str, dict[str, float]]]


def score(target: IntArray, probabilities: FloatArray, folds: Folds) -> Scored:
    """Compute the figures of predictions out of fold, shape (repeats, rows, classes).

    A fold's figures are computed on its own rows; pooled ones on all rows of a repeat, then averaged.
    """
    by_fold, pooled = [], []
    for fold, predicted in zip(folds.assignment, probabilities, strict=True):
        rows = [fold == k for k in folds.outer]
        by_fold.append([metrics.figures(target[each], predicted[each]) for each in rows])
        tested = np.any(rows, axis=0)
        pooled.append(metrics.figures(target[tested], predicted[tested]))
    values = {name: np.array([[one[name] for one in each] for each in by_fold]) for name in metrics.NAMES}
    summary = {
        name: {
            "mean": float(np.nanmean(each)),
            "sd": float(np.nanstd(each, ddof=1)) if each.size > 1 else float("nan"),
            "pooled": float(np.mean([one[name] for one in pooled])),
        }
        for name, each in values.items()
    }
    return values, summary


def score_all(plan: ResponsePlan, validation: Validation) -> dict[str, Scored]:
    """Compute the figures of every model, in parallel."""
    probabilities = validation.probabilities
    tasks = [partial(score, plan.target, one, plan.folds) for one in probabilities.values()]
    return dict(zip(probabilities, parallel_map(tasks, plan.settings.workers), strict=True))


def difference(
    a: tuple[str, Scored], b: tuple[str, Scored], metric: str, test_share: float
) -> dict[str, Any]:
    """Difference of two models, with the interval corrected for shared rows.

    `p` is corrected for those rows; `p_adjusted`, for the number of comparisons as well, is not known here.
    """
    (name, (figures, _)), (other, (baseline, _)) = a, b
    gaps = figures[metric] - baseline[metric]
    mean, lower, upper, p = metrics.corrected_interval(gaps, test_share=test_share)
    row = {"a": name, "b": other, "metric": metric, "mean": mean, "lower": lower, "upper": upper}
    return {**row, "p": p, "p_adjusted": float("nan")}


def differences(scored: Mapping[str, Scored], folds: Folds) -> list[dict[str, Any]]:
    """Compare all pairs of models, with p values adjusted (Holm 1979)."""
    pairs = [
        difference(a, b, metric, folds.test_share)
        for a, b in combinations(scored.items(), 2)
        for metric in COMPARED
    ]
    adjusted = adjust([pair["p"] for pair in pairs], "holm").tolist()
    return [pair | {"p_adjusted": p} for pair, p in zip(pairs, adjusted, strict=True)]


def curves(target: IntArray, validation: Validation) -> dict[str, pd.DataFrame]:
    """ROC, precision-recall and reliability curves, pooled over repeats.

    Returns
    -------
    dict
        `roc` (false_positive_rate, true_positive_rate), `precision_recall` (recall, precision), by model
        and class (of two classes class 1 only); `reliability` (predicted, observed, rows a repeat) by model.
    """
    tables: dict[str, list[pd.DataFrame]] = {"roc": [], "precision_recall": [], "reliability": []}
    for name, probabilities in validation.probabilities.items():
        rows = ~np.isnan(probabilities[..., 0])
        scored, truth = probabilities[rows], np.tile(target, (len(rows), 1))[rows]
        predicted, observed, count = metrics.reliability(truth, scored)
        columns = {"predicted": predicted, "observed": observed, "rows": count / len(rows)}
        tables["reliability"].append(pd.DataFrame({"model": name, **columns}))
        for label in [1] if scored.shape[1] == 2 else range(scored.shape[1]):
            roc, precision_recall = _ranking_curves(truth == label, scored[:, label])
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
