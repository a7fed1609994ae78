"""Tables between files and stages: reading with clear errors, writing, the audit of what was found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from personae.core.errors import PersonaeError
from personae.core.files import replacing

if TYPE_CHECKING:
    from pandera.polars import DataFrameSchema


@dataclass(frozen=True, slots=True)
class Repair:
    """A stated rule and the number of rows it changed."""

    rule: str
    column: str
    rows: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """Rows left out, and why."""

    reason: str
    rows: int


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Rows that occur more than once.

    Attributes
    ----------
    rows
        Rows that repeat an earlier one in everything but the identifier.
    groups
        Groups of at least two customers who are identical in everything but identifier and target.
    conflicting_target_groups
        Those of the groups in which the target differs.
    """

    rows: int = 0
    groups: int = 0
    conflicting_target_groups: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a source makes of the raw files.

    Attributes
    ----------
    tables
        Tidy tables by name; `customers` always, `days` or `baskets` where a study has them.
    duplicates, repairs, rejected
        The audit, for `prepare.json`.
    """

    tables: Mapping[str, pl.DataFrame]
    duplicates: Duplicates = Duplicates()
    repairs: Sequence[Repair] = ()
    rejected: Sequence[Rejected] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)

    def report(self, data: str) -> dict[str, Any]:
        """Give the contents of `prepare.json`; `data` says sample, original or other."""
        customers = self.tables["customers"]
        rows = customers.height
        missing = {
            name: {"count": count, "share": count / rows}
            for name, count in customers.null_count().row(0, named=True).items()
            if count
        }
        return {
            "data": data,
            "rows": rows,
            "columns": customers.width,
            "duplicates": self.duplicates,
            "missing": missing,
            "repairs": self.repairs,
            "rejected": self.rejected,
            **self.notes,
        }


def read_delimited(path: Path, columns: Mapping[str, pl.DataType], separator: str) -> pl.DataFrame:
    """Read a delimited text file and cast the named columns; other columns are left out.

    Parameters
    ----------
    path
        The file, plain or compressed as Polars reads it.
    columns
        Names that must be there, and their types. Empty cells become null.
    separator
        One character.

    Raises
    ------
    PersonaeError
        If the file is missing, empty, has another separator, lacks a column, or a value does not fit.
    """
    if not path.exists():
        raise PersonaeError(
            f"{path}: no such file; `dvc pull data.dvc` or `personae data import DIR` brings it"
        )
    try:
        text = pl.read_csv(
            path,
            separator=separator,
            infer_schema=False,
            encoding="utf8-lossy",
        )
    except pl.exceptions.NoDataError:
        raise PersonaeError(f"{path}: the file is empty") from None
    except pl.exceptions.PolarsError as error:
        raise PersonaeError(f"{path}: cannot be read as a table ({str(error).splitlines()[0]})") from None
    if text.width == 1 and len(columns) > 1:
        raise PersonaeError(f"{path}: one column only; expected {len(columns)} separated by {separator!r}")
    absent = [name for name in columns if name not in text.columns]
    if absent:
        raise PersonaeError(f"{path}: column {absent[0]} is missing; it has {', '.join(text.columns)}")
    if text.is_empty():
        raise PersonaeError(f"{path}: a header and no rows")
    return text.select(_cast(path, text, name, dtype) for name, dtype in columns.items())


def _cast(path: Path, text: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Series:
    given = text[name].str.strip_chars().replace("", None)
    values = given.cast(dtype, strict=False)
    wrong = (values.is_null() & given.is_not_null()).arg_true()
    if len(wrong):
        kind = "a whole number" if dtype.is_integer() else "a number" if dtype.is_numeric() else f"a {dtype}"
        raise PersonaeError(
            f"{path}: column {name} holds {given[wrong[0]]!r} in row {wrong[0] + 2}; expected {kind}"
        )
    return values


def check(path: Path, table: pl.DataFrame, contract: "DataFrameSchema") -> None:
    """Hold a table against its contract.

    Parameters
    ----------
    path
        The file that the table was read from, for the message.
    table
        Rows in the order of the file, below one line of header.
    contract
        A pandera schema: unique identifiers, known categories, ranges.

    Raises
    ------
    PersonaeError
        With column, value, row and rule of the first case that does not fit.
    """
    empty = [name for name in table.columns if table[name].null_count() == table.height]
    if empty:
        raise PersonaeError(f"{path}: column {empty[0]} has no value in any row")
    from pandera.errors import SchemaErrors  # noqa: PLC0415 - costs half a second, and only prepare checks

    try:
        contract.validate(table, lazy=True)
    except SchemaErrors as errors:
        case = errors.failure_cases.sort("index").row(0, named=True)
        row = "" if case["index"] is None else f" in row {case['index'] + 2}"
        value = table[case["column"]][case["index"]] if row else case["failure_case"]
        raise PersonaeError(
            f"{path}: column {case['column']} holds {value!r}{row}; expected {_rule(case['check'])}"
        ) from None


def _rule(check: str) -> str:
    words = {"field_uniqueness": "each value once", "not_nullable": "a value in every row"}
    return words.get(check, check.replace("isin(", "one of (").replace("_", " "))


def read(path: Path) -> pl.DataFrame:
    """Read a table that an earlier stage wrote.

    Raises
    ------
    PersonaeError
        If it is not there.
    """
    if not path.exists():
        raise PersonaeError(f"{path}: no such table; `dvc repro` makes it")
    return pl.read_parquet(path)


def write(path: Path, table: pl.DataFrame) -> None:
    """Write a table as Parquet, the same bytes for the same rows."""
    with replacing(path) as partial:
        table.write_parquet(partial, compression="zstd", statistics=False)


def write_csv(path: Path, table: pl.DataFrame) -> None:
    """Write a table for people, figures to 6 significant digits."""
    rounded = table.with_columns(pl.col(pl.Float64, pl.Float32).round_sig_figs(6))
    with replacing(path) as partial:
        rounded.write_csv(partial)


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
    if _is_missing(value):
        return ""
    if isinstance(value, bool | np.bool_):
        return str(value).lower()
    if isinstance(value, float | np.floating):
        return str(int(value)) if float(value).is_integer() else str(float(value))
    return str(value)


def _is_missing(value: Any) -> bool:
    """Hold what pandas and NumPy mean by missing: None, NaN, NA, NaT, without importing pandas."""
    return value is None or type(value).__name__ in {"NAType", "NaTType"} or value != value  # noqa: PLR0124
