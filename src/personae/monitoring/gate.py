"""Whether a challenger takes the champion's place: on rows that neither has seen and that lie after both."""

from typing import Any

import numpy as np
from scipy import stats

from personae.core.arrays import FloatArray

PROMOTE, KEEP, TOO_FEW = "promote", "keep", "too few"


# What the mean gain in log loss must exceed, in standard errors: looked at each month, with all rows so far,
# equal models then switch in fewer than one year of twenty. Below minus the second, profit counts as worse.
Z, PROFIT_Z = 2.87, 1.645
# Gain in log loss for which the power is stated.
GAIN = 0.016
# Months without another promotion.
COOL_DOWN = 3
# Independent customers below which nothing is decided.
MIN_UNITS = 100


def log_loss(response: FloatArray, probability: FloatArray) -> FloatArray:
    """Log loss of each row; probabilities of 0 and 1 count as a millionth from there."""
    p = np.clip(probability, 1e-6, 1 - 1e-6)
    loss: FloatArray = -np.where(response == 1, np.log(p), np.log(1 - p))
    return loss


def by_unit(gain: FloatArray, units: Any) -> FloatArray:
    """Mean of each independent unit: rows of a customer count once."""
    _, member = np.unique(units, return_inverse=True)
    mean: FloatArray = np.bincount(member, weights=gain) / np.bincount(member)
    return mean


def decide(
    gain: FloatArray, profit: FloatArray | None = None, *, rested: int | None = None
) -> dict[str, Any]:
    """Decide on all units since both models are there.

    Parameters
    ----------
    gain : shape (units,), log loss of the champion less the challenger's
    profit : of the challenger's decisions less the champion's; None without prices
    rested : months since the last promotion; None if there was none

    Returns
    -------
    dict
        `verdict` (`promote`, `keep`, `too few`), `reason`; `units`, `gain` with `ci` (95 %), `z`; `power`
        to see a gain of `power_for`, and `detectable`, seen with a power of 80 %: `keep` is not "equal".

    Examples
    --------
    >>> decide(np.tile([0.0, 0.1], 400))["verdict"]
    'promote'
    """
    units, mean = len(gain), float(gain.mean()) if len(gain) else float("nan")
    made: dict[str, Any] = {"units": units, "gain": mean, "power_for": GAIN}
    if units < MIN_UNITS:
        reason = f"{units} customers with answers that neither model has seen; {MIN_UNITS} are the least"
        return {"verdict": TOO_FEW, "reason": reason} | made
    error = float(gain.std(ddof=1)) / np.sqrt(units)
    z = mean / error if error else 0.0
    made |= {"ci": (mean - 1.96 * error, mean + 1.96 * error), "z": z}
    made |= {"power": float(stats.norm.sf(Z - GAIN / error)) if error else float("nan")}
    made |= {"detectable": (Z + float(stats.norm.ppf(0.8))) * error}
    worth = _z(profit) if profit is not None else 0.0
    made |= {"profit_gain": None if profit is None else float(profit.sum()), "profit_z": worth}
    if rested is not None and rested < COOL_DOWN:
        return {"verdict": KEEP, "reason": f"the last promotion is {rested} months ago"} | made
    if z <= Z:
        return {
            "verdict": KEEP,
            "reason": f"the gain is not sure enough (z {z:.2f}, {Z} is needed)",
        } | made
    if worth < -PROFIT_Z:
        return {"verdict": KEEP, "reason": f"its decisions earn less (z {worth:.2f})"} | made
    return {"verdict": PROMOTE, "reason": f"lower log loss (z {z:.2f}), and the profit is not worse"} | made


def _z(values: FloatArray) -> float:
    spread = float(values.std(ddof=1))
    return float(values.mean()) / (spread / np.sqrt(len(values))) if spread else 0.0
