"""Statistics that several rooms need: corrections for many tests, intervals of a share."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy.stats import binomtest

from personae.core.arrays import FloatArray

Method = Literal["holm", "bh"]


def adjust(p_values: Sequence[float], method: Method) -> FloatArray:
    """Adjust p-values over one family of tests; a test that was not made (NaN) stays out of the family.

    Parameters
    ----------
    p_values : p-values in [0, 1] or NaN.
    method : "holm" (Holm 1979, family-wise error) or "bh" (Benjamini and Hochberg
        1995, false discovery rate).

    Examples
    --------
    >>> adjust([0.01, 0.04, float("nan"), 0.03], "holm").tolist()
    [0.03, 0.06, nan, 0.06]
    """
    raw = np.asarray(p_values, dtype=float)
    adjusted = np.full(raw.shape, np.nan)
    made = np.flatnonzero(~np.isnan(raw))
    if len(made) == 0:
        return adjusted
    order = made[np.argsort(raw[made], kind="stable")]
    count = len(order)
    rank = np.arange(1, count + 1)
    if method == "holm":
        steps = np.maximum.accumulate(raw[order] * (count - rank + 1))
    else:
        steps = np.minimum.accumulate((raw[order] * count / rank)[::-1])[::-1]
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted


def share(part: int, whole: int) -> tuple[float, tuple[float, float]] | tuple[None, None]:
    """Divide, and give the 95 % score interval (Wilson 1927); None twice where there is nobody.

    Examples
    --------
    >>> found, (low, high) = share(29, 31)
    >>> round(found, 3), round(low, 3), round(high, 3)
    (0.935, 0.793, 0.982)
    """
    if not whole:
        return None, None
    bounds = binomtest(part, whole).proportion_ci(method="wilson")
    return part / whole, (float(bounds.low), float(bounds.high))
