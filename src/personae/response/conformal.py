"""Conformal prediction sets: which classes a customer may have, with a promised coverage."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from personae.core.arrays import FloatArray, IntArray
from personae.core.statistics import share
from personae.response.plan import ResponsePlan

LEVEL = 0.9


def prediction_sets(plan: ResponsePlan, probabilities: FloatArray) -> dict[str, Any]:
    """Report `prediction_sets` of the first repeat, of more than two classes.

    Parameters
    ----------
    probabilities : out of fold, shape (repeats, rows, classes)
    """
    if len(plan.classes) == 2 or plan.folds.forward:
        return {}
    fold = plan.folds.assignment[0]
    return {"prediction_sets": conformal_sets(plan.target, probabilities[0], fold, plan.classes)}


def conformal_sets(
    target: IntArray, probabilities: FloatArray, fold: IntArray, classes: Sequence[Any]
) -> dict[str, Any]:
    """Coverage and size of label-conditional prediction sets at 90 % (Sadinle, Lei and Wasserman 2019).

    A class belongs to a customer's set unless its probability is among the lowest 10 % of those that
    customers of this class have in the other folds.

    Parameters
    ----------
    target : class codes 0..K-1, shape (rows,)
    probabilities : out of fold, shape (rows, K); NaN where a row was never tested
    fold : of each row

    Returns
    -------
    dict
        `level`, `coverage` and its 95 % interval, by class too; `mean_size`, and the shares of rows with one
        class, with several and with none.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> target = rng.integers(0, 3, 600); given = rng.dirichlet(np.ones(3), 600)
    >>> found = conformal_sets(target, given, np.arange(600) % 5, ["a", "b", "c"])
    >>> 0.85 < found["coverage"] < 0.95, found["mean_size"] > 2.5
    (True, True)
    """
    seen = np.isfinite(probabilities[:, 0])
    inside = np.zeros(probabilities.shape, dtype=bool)
    for held in np.unique(fold[seen]):
        test = seen & (fold == held)
        for k in range(probabilities.shape[1]):
            own = np.sort(probabilities[seen & (fold != held) & (target == k), k])
            rank = int(np.floor((1 - LEVEL) * (len(own) + 1)))
            limit = own[rank - 1] if rank >= 1 else -np.inf
            inside[test, k] = probabilities[test, k] >= limit
    hit, size = inside[np.arange(len(target)), target][seen], inside.sum(axis=1)[seen]
    covered, interval = share(int(hit.sum()), len(hit))
    by_class = {}
    for k, name in enumerate(classes):
        rows = target[seen] == k
        part, bounds = share(int(hit[rows].sum()), int(rows.sum()))
        by_class[str(name)] = {"coverage": part, "ci": bounds, "mean_size": float(size[rows].mean())}
    sizes = {"single": size == 1, "several": size > 1, "none": size == 0}
    return {
        "level": LEVEL,
        "coverage": covered,
        "coverage_ci": interval,
        "mean_size": float(size.mean()),
        **{name: float(each.mean()) for name, each in sizes.items()},
        "classes": by_class,
    }
