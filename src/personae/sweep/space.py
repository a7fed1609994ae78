"""The space of a sweep, read with Hydra's own grammar of overrides."""

import math
from collections.abc import Callable, Sequence
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

# Chooses a value for a key.
Suggest = Callable[[str, BaseDistribution], Any]


def parse_space(texts: Sequence[str]) -> dict[str, BaseDistribution]:
    """Parse a search space in Hydra's grammar; plain values are constants.

    Raises
    ------
    PersonaeError
        If a text is not in the grammar, a range is empty, or a key occurs twice.

    Examples
    --------
    >>> parse_space(["segment.k=range(2,10)"])
    {'segment.k': IntDistribution(high=9, log=False, low=2, step=1)}
    >>> parse_space(["clusterer=choice(kmeans,ward)"])
    {'clusterer': CategoricalDistribution(choices=('kmeans', 'ward'))}
    """
    parser = OverridesParser.create()
    space: dict[str, BaseDistribution] = {}
    for text in texts:
        try:
            override = parser.parse_override(text)
        except HydraException as error:
            reason = str(error).strip().splitlines()[0]
            raise PersonaeError(f"space: {text!r} cannot be read ({reason}); {EXPECTED}") from None
        key = override.key_or_group
        if key in space:
            raise PersonaeError(f"space: {key} is there twice, again in {text!r}")
        space[key] = _distribution(text, override)
    return space


def corners(among: BaseDistribution) -> tuple[Any, ...]:
    """Corner values of a distribution: all choices, or both bounds.

    Examples
    --------
    >>> corners(IntDistribution(2, 9))
    (2, 9)
    """
    return among.choices if isinstance(among, CategoricalDistribution) else (among.low, among.high)


def _distribution(text: str, override: Override) -> BaseDistribution:
    value = override._value
    if override.input_line != text or override.package is not None or override.type.name != "CHANGE":
        raise PersonaeError(f"space: {text!r} is no choice of a value; {EXPECTED}")
    tags = set(getattr(value, "tags", ()))
    if tags - {"log"} or getattr(value, "shuffle", False):
        raise PersonaeError(f"space: {text!r} has a tag or order that means nothing here; only tag(log, ...)")
    if isinstance(value, IntervalSweep):
        return _interval(text, value, "log" in tags)
    if tags:
        raise PersonaeError(
            f"space: {text!r}: only an interval can be logarithmic; tag(log, interval(1, 100))"
        )
    if isinstance(value, RangeSweep):
        return _range(text, value)
    options = [_plain(text, each) for each in (value.list if isinstance(value, ChoiceSweep) else [value])]
    if len({repr(option) for option in options}) < len(options):
        raise PersonaeError(f"space: {text!r} names a value twice")
    return CategoricalDistribution(options)


def _interval(text: str, value: IntervalSweep, log: bool) -> BaseDistribution:
    low, high = value.start, value.end
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)) or low >= high:
        raise PersonaeError(f"space: {text!r} is empty; the first bound must be below the second")
    if log and low <= 0:
        raise PersonaeError(f"space: {text!r} is logarithmic and starts at {low}; expected more than 0")
    return _numbers(low, high, log=log)


def _range(text: str, value: RangeSweep) -> BaseDistribution:
    start, stop, step = value.start or 0, value.stop, value.step
    count = math.ceil((stop - start) / step - 1e-9) if stop is not None and step > 0 else 0
    if count < 1:
        raise PersonaeError(f"space: {text!r} is empty; range(START, STOP) leaves STOP out")
    if count == 1:
        return CategoricalDistribution((start,))
    return _numbers(start, start + (count - 1) * step, step=step)


def _numbers(low: float, high: float, *, log: bool = False, step: float | None = None) -> BaseDistribution:
    """Integer range for integer bounds, else float range, with `step`."""
    if isinstance(low, int) and isinstance(high, int):
        return IntDistribution(low, high, log, 1 if step is None else int(step))
    return FloatDistribution(low, high, log, step)


def _plain(text: str, option: Any) -> Any:
    plain = option.text if isinstance(option, QuotedString) else option
    if not isinstance(plain, PLAIN):
        raise PersonaeError(f"space: {text!r} holds {plain!r}; expected numbers, words, true, false or null")
    return plain
