"""Columns of a table as arrays, with missing values kept visible, and on one scale for distances."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import narwhals as nw
import numpy as np
from narwhals.typing import IntoDataFrame
from numpy.typing import NDArray

from personae.core.arrays import BoolArray, FloatArray
from personae.core.errors import PersonaeError
from personae.core.tables import names

NAN = float("nan")
LARGEST_CODE = 2.0**53
Frame = nw.DataFrame[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column; a missing value is NaN in a number and the empty string in a category."""

    name: str
    kind: Literal["number", "category"]
    values: NDArray[Any]

    @property
    def known(self) -> BoolArray:
        """Where a value is present."""
        present: BoolArray = ~np.isnan(self.values) if self.kind == "number" else self.values != ""
        return present


def read_column(table: IntoDataFrame, name: str) -> Column:
    """Read a column as numbers (numeric types) or as a category (text, booleans).

    Examples
    --------
    >>> import polars as pl
    >>> read_column(pl.DataFrame({"sex": ["m", None]}), "sex").known.tolist()
    [True, False]
    """
    frame = nw.from_native(table, eager_only=True)
    if name not in frame.columns:
        raise PersonaeError(f"column {name} is not in the table; it has {', '.join(frame.columns)}")
    series = frame[name]
    if series.dtype.is_numeric():
        values = np.array([NAN if value is None else value for value in series.to_list()], dtype=float)
        if np.isinf(values).any():
            raise PersonaeError(f"column {name} holds an infinite number; expected finite numbers")
        return Column(name, "number", values)
    return Column(name, "category", names(series.to_list()))


def group_names(column: Column) -> NDArray[np.str_]:
    """Name the group of each row; the empty string where it is missing.

    Raises
    ------
    PersonaeError
        If the groups are numbers too large to be told apart: from 2^53 floats skip whole numbers.

    Examples
    --------
    >>> group_names(Column("segment", "number", np.array([0.0, 2.0, np.nan]))).tolist()
    ['0', '2', '']
    """
    if column.kind == "category":
        return column.values
    if np.any(np.abs(column.values) >= LARGEST_CODE):
        raise PersonaeError(
            f"column {column.name} holds group codes beyond 2^53; expected text in their place"
        )
    return names(column.values)


def one_row_a_unit(table: IntoDataFrame, unit: str, grouping: str) -> tuple[Frame, tuple[str, ...]]:
    """Average the rows of each independent unit, so that no unit counts twice.

    Numbers become means; a category that changes within a unit cannot be summarised and is dropped.

    Returns
    -------
    The table with one row a unit, and the names of the dropped columns.

    Examples
    --------
    >>> import polars as pl
    >>> days = pl.DataFrame({"user": [1, 1, 2], "segment": ["a", "a", "b"], "steps": [10, 20, 5]})
    >>> one_row_a_unit(days, "user", "segment")[0]["steps"].to_list()
    [15.0, 5.0]
    """
    frame = nw.from_native(table, eager_only=True)
    if frame.group_by(unit).agg(nw.col(grouping).n_unique())[grouping].max() > 1:
        raise PersonaeError(
            f"column {grouping}: a {unit} has rows in several groups; expected one group a {unit}"
        )
    numbers = [name for name in frame.columns if frame[name].dtype.is_numeric() and name != unit]
    others = [name for name in frame.columns if name not in numbers and name != unit]
    spread = frame.group_by(unit).agg(*(nw.col(name).n_unique() for name in others))
    varying = tuple(name for name in others if spread[name].max() > 1)
    kept = [nw.col(name).min() for name in others if name not in varying]
    averaged = frame.group_by(unit).agg(*(nw.col(name).mean() for name in numbers if name != grouping), *kept)
    return averaged.sort(unit), varying


def design_matrix(columns: Sequence[Column], rows: BoolArray) -> FloatArray:
    """Columns of the chosen rows on one scale.

    Every number has variance 1; a category has it in all, over indicators of its levels.

    Examples
    --------
    >>> age = Column("age", "number", np.array([20.0, 40.0]))
    >>> design_matrix([age], np.array([True, True])).tolist()
    [[-1.0], [1.0]]
    """
    parts: list[FloatArray] = []
    for column in columns:
        values = column.values[rows]
        if column.kind == "number":
            parts.append(_standardised(values[:, None]))
        else:
            levels = np.unique(values)
            indicators = _standardised((values[:, None] == levels).astype(float))
            parts.append(indicators / np.sqrt(len(levels)))
    return np.hstack(parts) if parts else np.empty((int(rows.sum()), 0))


def _standardised(values: FloatArray) -> FloatArray:
    spread = values.std(axis=0)
    centred: FloatArray = values - values.mean(axis=0)
    return centred / np.where(spread > 0, spread, 1.0)
