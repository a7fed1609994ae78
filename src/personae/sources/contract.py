"""Delimited files with a declared contract: read, cast, check, repair."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from personae.core.copies import same_customers
from personae.core.errors import PersonaeError

if TYPE_CHECKING:
    from pandera.polars import DataFrameSchema


RULES = {"field_uniqueness": "each value once", "not_nullable": "a value in every row"}


def read_contract(path: Path, contract: "DataFrameSchema", separator: str) -> pl.DataFrame:
    """Read and check the declared columns of a delimited text file.

    Parameters
    ----------
    path
        The file, plain or compressed as Polars reads it.
    contract
        A pandera schema: names and types, unique identifiers, known categories, ranges. Empty cells are null.
    separator
        One character.

    Raises
    ------
    PersonaeError
        If the file is missing, empty, has another separator, lacks a column, or with column, value, row and
        rule of the first value that does not fit.
    """
    if not path.exists():
        raise PersonaeError(
            f"{path}: no such file; `dvc pull data.dvc` or `personae data import DIR` brings it"
        )
    try:
        text = pl.read_csv(path, separator=separator, infer_schema=False, encoding="utf8-lossy")
    except pl.exceptions.NoDataError:
        raise PersonaeError(f"{path}: the file is empty") from None
    except pl.exceptions.PolarsError as error:
        raise PersonaeError(f"{path}: cannot be read as a table ({str(error).splitlines()[0]})") from None
    columns = contract.columns
    if text.width == 1 and len(columns) > 1:
        raise PersonaeError(f"{path}: one column only; expected {len(columns)} separated by {separator!r}")
    check_columns(path, text, list(columns))
    if text.is_empty():
        raise PersonaeError(f"{path}: a header and no rows")
    table = text.select(_cast(path, text[name], column.dtype.type) for name, column in columns.items())
    empty = [name for name in columns if table[name].null_count() == table.height]
    if empty:
        raise PersonaeError(f"{path}: column {empty[0]} has no value in any row")
    _check(path, table, contract)
    return table


def check_columns(path: Path, table: pl.DataFrame | pl.LazyFrame, wanted: Sequence[str]) -> None:
    """Raise for a missing column, naming those present."""
    names = table.collect_schema().names()
    absent = [name for name in wanted if name not in names]
    if absent:
        raise PersonaeError(f"{path}: column {absent[0]} is missing; it has {', '.join(names)}")


def parse_times(path: Path, given: pl.Series, pattern: str, expected: str) -> pl.Series:
    """Parse text as datetimes, keeping gaps; raise for the first misfit."""
    times = given.str.to_datetime(pattern, strict=False)
    _refuse(path, given, times, expected)
    return times


def repair(
    table: pl.DataFrame, rules: Sequence[tuple[str, str, pl.Expr, Any]]
) -> tuple[pl.DataFrame, list[tuple[str, str, int]]]:
    """Set values by stated rules, in order.

    Parameters
    ----------
    table
        Rows of a file.
    rules
        Rule for people, column, the rows that it concerns, and the value that they get.

    Returns
    -------
    The table, and as `Prepared` has them rule, column and number of rows.
    """
    repairs = []
    for rule, column, affected, value in rules:
        repairs.append((rule, column, int(table.select(affected.sum()).item())))
        table = table.with_columns(pl.when(affected).then(value).otherwise(pl.col(column)).alias(column))
    return table, repairs


def alike(table: pl.DataFrame, target: str, *apart: str) -> tuple[pl.Series, dict[str, int]]:
    """Number customers, alike in all but some columns, and count repeated ones.

    Equal ones are one customer where a coincidence is improbable, see `core.copies.same_customers`.

    Returns
    -------
    The number of each row's customer, from 0; and `duplicates` of `Prepared`.
    """
    described = table.select(pl.exclude(target, *apart))
    codes = described.select(pl.all().rank("dense").fill_null(0)).to_numpy()
    alone = described.with_columns(unit=pl.Series(same_customers(codes.astype(np.intp))))
    unit = alone.to_struct("unit").rank("dense").cast(pl.Int64) - 1
    groups = table.group_by(unit=unit).agg(rows=pl.len(), targets=pl.col(target).n_unique())
    several = groups.filter(pl.col("rows") > 1)
    distinct = table.select(pl.exclude(*apart) if apart else pl.all()).with_columns(unit).unique()
    return unit, {
        "rows": table.height - distinct.height,
        "groups": several.height,
        "conflicting_target_groups": several.filter(pl.col("targets") > 1).height,
    }


def _cast(path: Path, cells: pl.Series, dtype: Any) -> pl.Series:
    given = cells.str.strip_chars().replace("", None)
    values = given.cast(dtype, strict=False)
    _refuse(path, given, values, "a whole number" if dtype.is_integer() else "a number")
    return values


def _refuse(path: Path, given: pl.Series, values: pl.Series, expected: str) -> None:
    wrong = (values.is_null() & given.is_not_null()).arg_true()
    if len(wrong):
        row = wrong[0] + 2
        raise PersonaeError(
            f"{path}: column {given.name} holds {given[wrong[0]]!r} in row {row}; expected {expected}"
        )


def _check(path: Path, table: pl.DataFrame, contract: "DataFrameSchema") -> None:
    from pandera.errors import SchemaErrors  # noqa: PLC0415 - costs half a second, and features need none of it

    try:
        contract.validate(table, lazy=True)
    except SchemaErrors as errors:
        case = errors.failure_cases.sort("index").row(0, named=True)
        row = "" if case["index"] is None else f" in row {case['index'] + 2}"
        value = table[case["column"]][case["index"]] if row else case["failure_case"]
        rule = RULES.get(case["check"], case["check"].replace("isin(", "one of (").replace("_", " "))
        raise PersonaeError(
            f"{path}: column {case['column']} holds {value!r}{row}; expected {rule}"
        ) from None
