"""Figures with intervals: reproducibility and significant differences.

The interval of a figure is the 95 % interval that its report states. Where a report states mean and
standard deviation over the folds of a repeated cross-validation, it is made of them with the correction for
overlapping training sets (Nadeau and Bengio 2003); of any other standard deviation, as if normal.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

NORMAL = 1.959964
BOUNDS = ("_ci.0", "_ci.1"), ("_ci.lower", "_ci.upper"), (".low", ".high")
COMPANIONS = (*(end for pair in BOUNDS for end in pair), ".sd", "_sd")

Sameness = Literal["identical", "within noise", "different"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with the bounds of its 95 % interval, if known."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Both bounds, or None."""
        return None if self.low is None or self.high is None else (self.low, self.high)


def with_intervals(flat: Mapping[str, float]) -> dict[str, Estimate]:
    """Join flat metrics with their reported intervals and standard deviations.

    Examples
    --------
    >>> with_intervals({"target.gain": 5.0, "target.gain_ci.0": 4.0, "target.gain_ci.1": 6.0})
    {'target.gain': Estimate(value=5.0, low=4.0, high=6.0)}
    >>> with_intervals({"segment.k": 2.0})
    {'segment.k': Estimate(value=2.0, low=None, high=None)}
    """
    companions = {name for name in flat if _of(name, flat)}
    return {name: _estimate(name, value, flat) for name, value in flat.items() if name not in companions}


def reproducibility(before: Estimate | None, after: Estimate | None) -> Sameness:
    """Classify a recomputed figure: equal, within the earlier interval, or different.

    Examples
    --------
    >>> [reproducibility(Estimate(0.25, 0.2, 0.3), Estimate(value)) for value in (0.26, 0.31)]
    ['within noise', 'different']
    """
    if before is None or after is None:
        return "different"
    if before == after:
        return "identical"
    inside = before.bounds is not None and before.bounds[0] <= after.value <= before.bounds[1]
    return "within noise" if inside else "different"


def difference(before: Estimate, after: Estimate) -> Estimate:
    """Subtract two figures, with an interval where both have one.

    The interval is that of unpaired figures (MOVER; Zou and Donner 2008). Runs on the same customers vary
    together, so it is rather too wide than too narrow.

    Examples
    --------
    >>> difference(Estimate(0.2, 0.1, 0.3), Estimate(0.5, 0.4, 0.6))  # doctest: +ELLIPSIS
    Estimate(value=0.3, low=0.158..., high=0.441...)
    """
    change = after.value - before.value
    if before.bounds is None or after.bounds is None:
        return Estimate(change)
    (low, high), (other_low, other_high) = before.bounds, after.bounds
    down = math.hypot(after.value - other_low, high - before.value)
    up = math.hypot(other_high - after.value, before.value - low)
    return Estimate(change, change - down, change + up)


def is_significant(change: Estimate) -> bool | None:
    """Whether an interval of a difference excludes 0; None without an interval.

    Examples
    --------
    >>> [is_significant(Estimate(0.3, low, 0.5)) for low in (0.1, -0.1, None)]
    [True, False, None]
    """
    return None if change.bounds is None else not change.bounds[0] <= 0 <= change.bounds[1]


def _of(name: str, flat: Mapping[str, float]) -> bool:
    """Decide whether a metric is the bound or spread of another."""
    for end in COMPANIONS:
        stem = name.removesuffix(end)
        if stem != name and any(f"{stem}{other}" in flat for other in ("", ".mean", "_mean")):
            return True
    return False


def _estimate(name: str, value: float, flat: Mapping[str, float]) -> Estimate:
    for low, high in BOUNDS:
        if name + low in flat and name + high in flat:
            return Estimate(value, flat[name + low], flat[name + high])
    for end, spread in ((".mean", ".sd"), (".pooled", ".sd"), ("_mean", "_sd")):
        sd = flat.get(name.removesuffix(end) + spread) if name.endswith(end) else None
        if sd is not None:
            reach = NORMAL * sd * _share(name, flat)
            return Estimate(value, value - reach, value + reach)
    return Estimate(value)


def _share(name: str, flat: Mapping[str, float]) -> float:
    """Ratio of the mean's spread to that of the folds."""
    stem, stage = name.rsplit(".", 1)[0], name.split(".", 1)[0]
    folds, repeats = flat.get(f"{stage}.folds"), flat.get(f"{stage}.repeats")
    if f"{stem}.pooled" not in flat or folds is None or repeats is None or folds < 2:
        return 1.0
    return math.sqrt(1 / (folds * repeats) + 1 / (folds - 1))
