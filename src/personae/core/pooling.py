"""Rates of groups, drawn together by a beta-binomial law."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from personae.core.arrays import FloatArray, IntArray

# Sizes of the common law: how many rows its knowledge of a group is worth.
SIZES = np.geomspace(1.0, 1e7, 48)
MEANS = (np.arange(25) + 0.5) / 25


def pooled_rates(events: Sequence[int] | IntArray, rows: Sequence[int] | IntArray) -> list[dict[str, Any]]:
    """Rates of groups under a beta-binomial law, each drawn to the mean by what its size leaves open.

    Mean and size of the law are weighed by what the groups say of them (Gelman et al. 2013, section 5.3; the
    root of one over the size is uniform): so intervals hold what few or alike groups leave open, too. Each
    interval is the central 95 % of the beta law with the posterior's mean and variance.

    Parameters
    ----------
    events, rows : of each group, of at least one row

    Returns
    -------
    list of dict
        `rows`, `events`, `raw` (events / rows), `rate`, `ci`.

    Examples
    --------
    >>> small, large = pooled_rates([3, 300], [48, 3000])
    >>> round(small["raw"], 3), round(small["rate"], 2), large["ci"][0] < 0.1 < large["ci"][1]
    (0.062, 0.08, True)
    """
    from scipy.special import betaincinv  # noqa: PLC0415 - slow to import

    hits, totals = np.asarray(events, dtype=float), np.asarray(rows, dtype=float)
    a, b, weight = _laws(hits, totals)
    first, second = hits + a[:, None], totals - hits + b[:, None]
    rate = first / (first + second)
    mean = weight @ rate
    variance = weight @ (rate * (1 - rate) / (first + second + 1) + (rate - mean) ** 2)
    size = mean * (1 - mean) / variance - 1
    low, high = (betaincinv(mean * size, (1 - mean) * size, tail) for tail in (0.025, 0.975))
    return [
        {"rows": int(n), "events": int(k), "raw": float(k / n), "rate": float(m), "ci": (float(x), float(y))}
        for n, k, m, x, y in zip(totals, hits, mean, low, high, strict=True)
    ]


def _laws(hits: FloatArray, totals: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Beta laws that the groups may come from, with posterior weights.

    At each size the means are quantiles of what the groups' rows, worth less the more groups differ, say of
    it; each stands for an equal share of that law, so that its weight is posterior over proposal.
    """
    from scipy.special import betaincinv, betaln, xlog1py, xlogy  # noqa: PLC0415 - slow to import

    worth = (totals * (SIZES[:, None] + 1) / (totals + SIZES[:, None])).sum(axis=1) / 2
    usual = hits.sum() / totals.sum()
    up, down = worth * usual + 0.5, worth * (1 - usual) + 0.5
    mean = np.clip(betaincinv(up[:, None], down[:, None], MEANS), 1e-12, 1 - 1e-12)
    proposed = xlogy(up[:, None] - 1, mean) + xlog1py(down[:, None] - 1, -mean) - betaln(up, down)[:, None]
    a, b = (mean * SIZES[:, None]).ravel(), ((1 - mean) * SIZES[:, None]).ravel()
    likely = (betaln(hits + a[:, None], totals - hits + b[:, None]) - betaln(a, b)[:, None]).sum(axis=1)
    # Jeffreys' law of the mean; a step of the sizes is one of their logarithm.
    prior = -0.5 * (np.log(mean) + np.log1p(-mean)).ravel() - 0.5 * np.repeat(np.log(SIZES), len(MEANS))
    log_weight = likely + prior - proposed.ravel()
    weight = np.exp(log_weight - log_weight.max())
    return a, b, weight / weight.sum()
