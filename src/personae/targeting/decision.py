"""Decision curve: net benefit over thresholds (Vickers and Elkin 2006)."""

from typing import Any

import numpy as np

from personae.core.arrays import FloatArray, IntArray
from personae.core.statistics import bootstrap_tables

THRESHOLDS = 30
# Thresholds whose customers are summed over the same bootstrap samples at once.
TOGETHER = 8
LISTS = ("model", "everyone", "nobody", "top_rfm")
BOUNDS = ("model_lower", "model_upper", "advantage_lower", "advantage_upper")
MOST = 0.95


def decision_curve(
    response: IntArray,
    probability: FloatArray,
    units: IntArray,
    *,
    rfm: FloatArray | None = None,
    cutoff: float | None = None,
    resamples: int = 200,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Net benefit per customer of the model's list and of baselines.

    At a threshold t, the probability from which a contact pays, net benefit is the share of customers who are
    contacted and respond, less t / (1 - t) times the share who are contacted and do not.

    Parameters
    ----------
    response : 0 or 1, shape (customers,)
    probability : out of fold, shape (repeats, customers); each repeat decides by itself
    units : drawn with replacement for the 95 % bands
    rfm : score; as many customers with the highest score are contacted as the model contacts
    cutoff : threshold in force, which becomes one of the curve's

    Returns
    -------
    list of dict
        `threshold`; `model`, `model_lower`, `model_upper`; `everyone`, `nobody`, `top_rfm` if given;
        `advantage_lower`, `advantage_upper`: of the model over the best of the others there.

    Examples
    --------
    >>> points = decision_curve(np.array([0, 1]), np.array([[0.1, 0.9]]), np.arange(2), cutoff=0.5)
    >>> [row["model"] for row in points if row["threshold"] == 0.5]
    [0.5]
    """
    highest = min(MOST, float(np.quantile(probability, 0.995)))
    grid = np.linspace(0.01, max(highest, 0.02), THRESHOLDS)
    if cutoff is not None and 0 < cutoff < 1:
        grid = np.unique([*grid, cutoff])
    order = None if rfm is None else np.argsort(np.argsort(-rfm, kind="stable"), kind="stable")

    def by_customer(threshold: float) -> FloatArray:
        worth = response - (1 - response) * threshold / (1 - threshold)
        chosen = probability >= threshold
        columns = [chosen.mean(axis=0) * worth, worth, np.zeros(len(response))]
        if order is not None:
            columns.append((order < round(chosen.sum(axis=1).mean())) * worth)
        return np.column_stack([*columns, np.ones(len(response))])

    points = []
    for some in (grid[first : first + TOGETHER] for first in range(0, len(grid), TOGETHER)):
        rng = np.random.default_rng(seed)
        sums = bootstrap_tables((by_customer(threshold) for threshold in some), units, resamples, rng)
        points += [_point(threshold, each) for threshold, each in zip(some.tolist(), sums, strict=True)]
    return points


def _point(threshold: float, sums: FloatArray) -> dict[str, Any]:
    """Net benefit at a threshold, by sums of `LISTS` and rows of the data and of bootstrap samples."""
    share = sums[:, :-1] / sums[:, -1:]
    other = 1 + int(share[0, 1:].argmax())
    model, advantage = share[1:, 0], share[1:, 0] - share[1:, other]
    values = dict(zip(LISTS, share[0].tolist(), strict=False))
    bounds = np.quantile([model, advantage], [0.025, 0.975], axis=1).T.ravel().tolist()
    return {"threshold": threshold, **values, **dict(zip(BOUNDS, bounds, strict=True))}
