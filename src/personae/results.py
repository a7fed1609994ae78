"""From frozen result values to JSON: the one place that knows how a figure is written down."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

SIGNIFICANT_DIGITS = 6


def to_json(value: Any) -> Any:
    """Turn a result into what `json` can write.

    Dataclasses become objects, arrays and sequences become lists, figures are rounded to 6 significant
    digits so that the last bits of a sum do not show, and what is not finite becomes null.

    Examples
    --------
    >>> import numpy as np
    >>> to_json({"share": np.float64(1 / 3), "sizes": np.array([2, 3]), "p": float("nan")})
    {'share': 0.333333, 'sizes': [2, 3], 'p': None}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if hasattr(value, "tolist"):
        return to_json(value.tolist())
    return significant(value) if isinstance(value, float) else value


def significant(value: float, digits: int = SIGNIFICANT_DIGITS) -> float | None:
    """Round to significant digits; None where the figure is not finite.

    Examples
    --------
    >>> significant(1234.56789, 4)
    1235.0
    """
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None


def readable(value: float) -> str:
    """Write a figure for people: thousands with separators and no decimals, else three significant digits.

    Examples
    --------
    >>> [readable(figure) for figure in (64_940.3, 23.63, 0.0451, 2.0)]
    ['64,940', '23.6', '0.0451', '2']
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
