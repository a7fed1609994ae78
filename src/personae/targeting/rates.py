"""Response rates of groups, drawn together; who is on the contact list, by group."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import betaln
from scipy.stats import beta

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.core.statistics import share

MOST_GROUPS = 60
BANDS = 4


def pooled_rates(events: Sequence[int] | IntArray, rows: Sequence[int] | IntArray) -> list[dict[str, Any]]:
    """Rates of groups under a beta-binomial law, each drawn to the mean by what its size leaves open.

    Empirical Bayes (Casella 1985): the two parameters have the highest marginal likelihood, the interval
    is the posterior's central 95 %. Groups that do not differ beyond chance all get the common rate.

    Examples
    --------
    >>> small, large = pooled_rates([3, 300], [48, 3000])
    >>> round(small["raw"], 4), round(small["rate"], 2), small["ci"][1] < 0.16
    (0.0625, 0.1, True)
    """
    hits, totals = np.asarray(events, dtype=float), np.asarray(rows, dtype=float)
    mean = float(np.clip(hits.sum() / totals.sum(), 1e-6, 1 - 1e-6))

    def loss(given: FloatArray) -> float:
        a, b = np.exp(given)
        return float(-(betaln(hits + a, totals - hits + b) - betaln(a, b)).sum())

    bounds = [(-7.0, 9.0), (-7.0, 12.0)]
    starts = [np.log([mean * size, (1 - mean) * size]) for size in (5.0, 200.0, 5000.0)]
    fits = [minimize(loss, start, bounds=bounds, method="L-BFGS-B") for start in starts]
    a, b = np.exp(min(fits, key=lambda fit: float(fit.fun)).x)
    low, high = beta.ppf([[0.025], [0.975]], hits + a, totals - hits + b)
    rates = (hits + a) / (totals + a + b)
    return [
        {
            "rows": int(n),
            "events": int(k),
            "raw": float(k / n),
            "rate": float(rate),
            "ci": (float(x), float(y)),
        }
        for n, k, rate, x, y in zip(totals, hits, rates, low, high, strict=True)
    ]


def rates_by(groups: pd.Series, response: IntArray) -> list[dict[str, Any]]:
    """Pooled response rates of the groups of a column, the largest first; empty for one group or many."""
    names = groups.astype("object").where(groups.notna(), "unknown").astype(str).to_numpy()
    levels, member = np.unique(names, return_inverse=True)
    if not 2 <= len(levels) <= MOST_GROUPS:
        return []
    rows, events = np.bincount(member), np.bincount(member, response).astype(int)
    found = [
        {"group": str(name), **row} for name, row in zip(levels, pooled_rates(events, rows), strict=True)
    ]
    return sorted(found, key=lambda row: (-row["rows"], row["group"]))


def contacted_by(column: pd.Series, contacted: BoolArray, response: IntArray) -> list[dict[str, Any]]:
    """Share contacted and precision of the list by group, numbers in quarters; a table, not a verdict."""
    values = column
    if pd.api.types.is_numeric_dtype(column) and column.nunique() > BANDS + 2:
        values = pd.qcut(column, BANDS, duplicates="drop").astype(str)
    names = values.astype("object").where(column.notna(), "unknown").astype(str).to_numpy()
    rows = []
    for name in dict.fromkeys(sorted(names)) if len(np.unique(names)) <= MOST_GROUPS else ():
        inside = names == name
        chosen = inside & contacted
        part, interval = share(int(chosen.sum()), int(inside.sum()))
        precision, bounds = share(int(response[chosen].sum()), int(chosen.sum()))
        rows.append(
            {
                "column": str(column.name),
                "group": name,
                "rows": int(inside.sum()),
                "contacted": part,
                "contacted_ci": interval,
                "precision": precision,
                "precision_ci": bounds,
            }
        )
    return rows
