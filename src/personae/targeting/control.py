"""A random control group of the contact list, and what its size lets a campaign show."""

from typing import Any

import numpy as np
from scipy import optimize, stats

from personae.core.arrays import BoolArray, FloatArray
from personae.core.statistics import wilson
from personae.targeting.settings import Control

POWER, LEVEL = 0.8, 0.05


def hold_out(
    contacted: BoolArray, probability: FloatArray, settings: Control, seed: int
) -> tuple[BoolArray, dict[str, Any]]:
    """Draw the control group at random from the customers that would be contacted.

    Parameters
    ----------
    contacted, probability : shape (customers,), of a response if contacted

    Returns
    -------
    Whom to hold out, shape (customers,), and the report: `customers` held out, their `share` of the list and
    the `seed`; `expected_response` to the contact; `detectable_gain`, the smallest gain in response that the
    campaign shows with `power` at `level`, NaN if it shows none; `wanted_gain` and the power for it.
    """
    chosen = np.flatnonzero(contacted)
    if len(chosen) < 2:
        return np.zeros_like(contacted), {"customers": 0, "share": 0.0, "seed": seed}
    expected = float(probability[chosen].mean())
    size = _size(len(chosen), expected, settings)
    held = np.zeros_like(contacted)
    held[np.random.default_rng(seed).choice(chosen, size, replace=False)] = True
    report = {
        "customers": size,
        "share": size / len(chosen),
        "seed": seed,
        "expected_response": expected,
        "detectable_gain": detectable_gain(expected, len(chosen) - size, size),
        "power": POWER,
        "level": LEVEL,
    }
    if settings.gain is not None:
        gain = min(settings.gain, expected)
        report |= {"wanted_gain": gain, "power_for_it": power(expected, gain, len(chosen) - size, size)}
    return held, report


def _size(listed: int, expected: float, settings: Control) -> int:
    """Customers to hold out: the share, or as few as show the gain, at most half of the list."""
    if settings.share is not None:
        return int(np.clip(round(settings.share * listed), 1, listed - 1))
    sizes = np.arange(1, listed // 2 + 1)
    enough = power(expected, min(settings.gain or 0.0, expected), listed - sizes, sizes) >= POWER
    return int(sizes[enough.argmax()] if enough.any() else sizes[-1])


def power(expected: float, gain: float, contacted: Any, control: Any) -> Any:
    """Probability that the interval of the gain, as `readout` makes it, lies above 0.

    Parameters
    ----------
    expected : response with contact, in [0, 1]; without it, less by `gain`
    contacted, control : customers of each arm, numbers or arrays

    Examples
    --------
    >>> round(float(power(0.15, 0.05, 683, 683)), 2)
    0.8
    """
    without = expected - gain
    low, high = wilson(expected * contacted, contacted)[0], wilson(without * control, control)[1]
    variance = expected * (1 - expected) / contacted + without * (1 - without) / control
    above = gain - np.hypot(expected - low, high - without)
    return stats.norm.cdf(above / np.sqrt(np.maximum(variance, 1e-300)))


def detectable_gain(expected: float, contacted: int, control: int) -> float:
    """Smallest gain found with a power of 80 %; NaN if no gain is, not even the whole response.

    Examples
    --------
    >>> round(detectable_gain(0.15, 683, 683), 3)
    0.05
    >>> detectable_gain(0.02, 100, 20)
    nan
    """
    if not expected or power(expected, expected, contacted, control) < POWER:
        return float("nan")
    found = optimize.brentq(
        lambda gain: power(expected, gain, contacted, control) - POWER, 1e-9 * expected, expected
    )
    return float(found)
