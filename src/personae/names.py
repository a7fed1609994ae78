"""Names of the values of a category: the same in every stage, whatever type a table holds them in."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def names(values: Iterable[Any]) -> NDArray[np.str_]:
    """Name each value; a missing one has the empty name.

    A whole number is named by its digits, be it stored as an integer or as a float, as pandas stores integers
    beside a missing value.

    Examples
    --------
    >>> names([12345671, 2.0, 0.5, True, "KP281", None]).tolist()
    ['12345671', '2', '0.5', 'true', 'KP281', '']
    """
    return np.array([_name(value) for value in values], dtype=str)


def _name(value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, bool | np.bool_):
        return str(value).lower()
    if isinstance(value, float | np.floating):
        return str(int(value)) if float(value).is_integer() else str(float(value))
    return str(value)
