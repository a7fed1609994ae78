"""The space of a sweep, read with Hydra's own grammar of overrides."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, IntervalSweep, Override, QuotedString, RangeSweep
from hydra.errors import HydraException
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from personae.core.errors import PersonaeError

EXPECTED = "expected KEY=choice(...), range(...), interval(...) or tag(log, interval(...))"
PLAIN = (str, int, float, bool, type(None))


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some values."""

    key: str
    options: tuple[Any, ...]

    def distribution(self) -> BaseDistribution:
        """Say to Optuna what there is to choose from."""
        return CategoricalDistribution(self.options)

    def corners(self) -> tuple[Any, ...]:
        """Give the values that must be valid: all of them."""
        return self.options


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers from `low` to `high`, both included; `step` apart, or any (None)."""

    key: str
    low: float
    high: float
    step: float | None = None
    log: bool = False

    def distribution(self) -> BaseDistribution:
        """Say to Optuna what there is to choose from: whole numbers if the bounds are whole by type."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return IntDistribution(self.low, self.high, self.log, 1 if self.step is None else int(self.step))
        return FloatDistribution(self.low, self.high, self.log, self.step)

    def corners(self) -> tuple[Any, ...]:
        """Give the values that must be valid: the smallest and the largest."""
        return (self.low, self.high)


Dimension = Choice | Numbers


def parse_space(texts: Sequence[str]) -> tuple[Dimension, ...]:
    """Read what a sweep may choose from; a plain value is a choice of one.

    Raises
    ------
    PersonaeError
        If a text is not in the grammar, a range is empty, or a key occurs twice.

    Examples
    --------
    >>> parse_space(["segment.k=range(2,10)"])
    (Numbers(key='segment.k', low=2, high=9, step=1, log=False),)
    >>> parse_space(["clusterer=choice(kmeans,ward)"])
    (Choice(key='clusterer', options=('kmeans', 'ward')),)
    """
    parser = OverridesParser.create()
    found: dict[str, Dimension] = {}
    for text in texts:
        try:
            override = parser.parse_override(text)
        except HydraException as error:
            raise PersonaeError(
                f"space: {text!r} cannot be read ({_first_line(error)}); {EXPECTED}"
            ) from None
        dimension = _dimension(text, override)
        if dimension.key in found:
            raise PersonaeError(f"space: {dimension.key} is there twice, again in {text!r}")
        found[dimension.key] = dimension
    return tuple(found.values())


def _dimension(text: str, override: Override) -> Dimension:
    key, value = override.key_or_group, override._value
    if override.input_line != text or override.package is not None or override.type.name != "CHANGE":
        raise PersonaeError(f"space: {text!r} is no choice of a value; {EXPECTED}")
    tags = set(getattr(value, "tags", ()))
    if tags - {"log"} or getattr(value, "shuffle", False):
        raise PersonaeError(f"space: {text!r} has a tag or order that means nothing here; only tag(log, ...)")
    if isinstance(value, IntervalSweep):
        return _interval(text, key, value, "log" in tags)
    if tags:
        raise PersonaeError(
            f"space: {text!r}: only an interval can be logarithmic; tag(log, interval(1, 100))"
        )
    if isinstance(value, RangeSweep):
        return _range(text, key, value)
    options = tuple(
        _plain(text, each) for each in (value.list if isinstance(value, ChoiceSweep) else [value])
    )
    if len({repr(option) for option in options}) < len(options):
        raise PersonaeError(f"space: {text!r} names a value twice")
    return Choice(key, options)


def _interval(text: str, key: str, value: IntervalSweep, log: bool) -> Numbers:
    low, high = value.start, value.end
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)) or low >= high:
        raise PersonaeError(f"space: {text!r} is empty; the first bound must be below the second")
    if log and low <= 0:
        raise PersonaeError(f"space: {text!r} is logarithmic and starts at {low}; expected more than 0")
    return Numbers(key, low, high, log=log)


def _range(text: str, key: str, value: RangeSweep) -> Dimension:
    start, stop, step = value.start or 0, value.stop, value.step
    count = math.ceil((stop - start) / step - 1e-9) if stop is not None and step > 0 else 0
    if count < 1:
        raise PersonaeError(f"space: {text!r} is empty; range(START, STOP) leaves STOP out")
    last = start + (count - 1) * step
    return Choice(key, (start,)) if count == 1 else Numbers(key, start, last, step)


def _plain(text: str, option: Any) -> Any:
    plain = option.text if isinstance(option, QuotedString) else option
    if not isinstance(plain, PLAIN):
        raise PersonaeError(f"space: {text!r} holds {plain!r}; expected numbers, words, true, false or null")
    return plain


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
