"""Columns of a table as arrays, with missing values kept visible, and on one scale for distances.

A column is an array of floats, NaN where missing, or of text, empty where missing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

from personae.core.arrays import BoolArray, FloatArray
from personae.core.errors import PersonaeError
from personae.core.tables import names

LARGEST_CODE = 2.0**53
Values = NDArray[Any]
Table = pl.DataFrame | pd.DataFrame
# Rows of each group.
Members = Mapping[str, BoolArray]


def is_number(values: Values) -> bool:
    """Tell numbers from categories."""
    return values.dtype.kind == "f"


def known(values: Values) -> BoolArray:
    """Mark the rows where a value is present."""
    present: BoolArray = ~np.isnan(values) if is_number(values) else values != ""
    return present


def read_column(table: pl.DataFrame, name: str) -> Values:
    """Read a column as numbers (numeric types) or as a category (text, booleans).

    Examples
    --------
    >>> read_column(pl.DataFrame({"sex": ["m", None]}), "sex").tolist()
    ['m', '']
    """
    if name not in table.columns:
        raise PersonaeError(f"column {name} is not in the table; it has {', '.join(table.columns)}")
    series = table[name]
    if not series.dtype.is_numeric():
        return names(series.to_list())
    values = series.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    if np.isinf(values).any():
        raise PersonaeError(f"column {name} holds an infinite number; expected finite numbers")
    return values


def read_groups(table: pl.DataFrame, name: str) -> NDArray[np.str_]:
    """Read the name of each row's group; the empty string where it is missing.

    Raises
    ------
    PersonaeError
        If the groups are numbers too large to be told apart: from 2^53 floats skip whole numbers.

    Examples
    --------
    >>> read_groups(pl.DataFrame({"segment": [0, 2, None]}), "segment").tolist()
    ['0', '2', '']
    """
    values = read_column(table, name)
    if not is_number(values):
        return values
    if np.any(np.abs(values) >= LARGEST_CODE):
        raise PersonaeError(f"column {name} holds group codes beyond 2^53; expected text in their place")
    return names(values)


def one_row_a_unit(table: pl.DataFrame, unit: str, grouping: str) -> tuple[pl.DataFrame, list[str]]:
    """Average the rows of each independent unit, so that no unit counts twice.

    Numbers become means; a category that changes within a unit cannot be summarised and is dropped.

    Returns
    -------
    The table with one row a unit, and the names of the dropped columns.

    Examples
    --------
    >>> days = pl.DataFrame({"user": [1, 1, 2], "segment": ["a", "a", "b"], "steps": [10, 20, 5]})
    >>> one_row_a_unit(days, "user", "segment")[0]["steps"].to_list()
    [15.0, 5.0]
    """
    units = table.group_by(unit)
    distinct = units.agg(pl.exclude(unit).n_unique()).max()
    if distinct[grouping].item() > 1:
        raise PersonaeError(
            f"column {grouping}: a {unit} has rows in several groups; expected one group a {unit}"
        )
    numbers = [n for n in table.columns if table[n].dtype.is_numeric() and n not in (unit, grouping)]
    others = [name for name in table.columns if name not in (unit, *numbers)]
    varying = [name for name in others if distinct[name].item() > 1]
    kept = [name for name in others if name not in varying]
    return units.agg(pl.col(numbers).mean(), pl.col(kept).min()).sort(unit), varying


def usable_groups(values: Values, members: Members, min_group: int) -> tuple[Members, str]:
    """Groups in which a column can be compared, two at least or none, and why it cannot in the others."""
    present = known(values)
    counts = {name: int((rows & present).sum()) for name, rows in members.items()}
    usable = {name: rows for name, rows in members.items() if counts[name] >= min_group}
    reasons = [
        f"known for {count} rows of {name}, fewer than {min_group}"
        for name, count in counts.items()
        if name not in usable
    ]
    if len(usable) < 2:
        return {}, "; ".join(reasons)
    used = values[present & np.any(list(usable.values()), axis=0)]
    distinct = len(np.unique(used))
    if distinct == 1:
        return {}, "; ".join([*reasons, "constant"])
    if not is_number(values) and distinct == len(used):
        return {}, "; ".join([*reasons, "every row has its own value"])
    return usable, "; ".join(reasons)


def is_constant(values: Values, a: BoolArray, b: BoolArray, min_group: int) -> bool:
    """Whether a column is known in both groups and has one value only: then there is nothing to test."""
    present = known(values)
    enough = min((a & present).sum(), (b & present).sum()) >= min_group
    return bool(enough and len(np.unique(values[(a | b) & present])) == 1)


def design_matrix(columns: Sequence[Values], rows: BoolArray) -> FloatArray:
    """Columns of the chosen rows on one scale.

    A number counts by its rank, as the quantile of a normal law (van der Waerden 1952), so that no single
    cell sets the scale. Each has variance 1; a category has it in all, over indicators of its levels.

    Examples
    --------
    >>> design_matrix([np.array([20.0, 40.0])], np.array([True, True])).tolist()
    [[-1.0], [1.0]]
    """
    parts: list[FloatArray] = []
    for column in columns:
        values = column[rows]
        if is_number(values):
            parts.append(_standardised(ndtri(rankdata(values) / (len(values) + 1))[:, None]))
        else:
            levels = np.unique(values)
            indicators = _standardised((values[:, None] == levels).astype(float))
            parts.append(indicators / np.sqrt(len(levels)))
    return np.hstack(parts) if parts else np.empty((int(rows.sum()), 0))


def _standardised(values: FloatArray) -> FloatArray:
    spread = values.std(axis=0)
    centred: FloatArray = values - values.mean(axis=0)
    return centred / np.where(spread > 0, spread, 1.0)
