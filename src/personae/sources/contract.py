"""Delimited files with a declared contract: read, cast, check, repair."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from personae.core.copies import same_customers
from personae.core.errors import PersonaeError
from personae.sources.files import TableFile, read_file
from personae.sources.values import (
    INFINITE,
    YEARS,
    is_wrong,
    labels,
    numbers_of,
    plain_number,
    truth_as_number,
)

if TYPE_CHECKING:
    from pandera.polars import DataFrameSchema


# More is no slip of the pen: the column means something else, or the rule is wrong for the file.
MOST_REPAIRED, FEW_ROWS = 0.05, 3
RULES = {"field_uniqueness": "each value once", "not_nullable": "a value in every row"}


# What pandera checks, of few rows: it takes 50 ms to look at one.
FITS: Mapping[str, Callable[[pl.Expr, Mapping[str, Any]], pl.Expr]] = {
    "isin": lambda cells, given: cells.is_in(list(given["allowed_values"])),
    "greater_than_or_equal_to": lambda cells, given: cells >= given["min_value"],
    "less_than_or_equal_to": lambda cells, given: cells <= given["max_value"],
    "in_range": lambda cells, given: cells.is_between(given["min_value"], given["max_value"]),
}


def read_contract(path: Path, contract: "DataFrameSchema", separator: str) -> pl.DataFrame:
    """Read and check the declared columns of a delimited text file.

    Parameters
    ----------
    path
        The file, plain or `.gz`, its name in any case; see `find_file`.
    contract
        A pandera schema: names and types, unique identifiers, known categories, ranges. Empty cells and words
        for missing are null; see `personae.sources.values.plain_number`.
    separator
        One character.

    Raises
    ------
    PersonaeError
        If the file is missing, empty, cut off, has another separator, a column twice or not at all, a row of
        another length, or with column, value, row and rule of the first value that does not fit.
    """
    path = find_file(path)
    file = read_file(path, delimiter=separator)
    text, columns = file.table, contract.columns
    if text.width == 1 and len(columns) > 1:
        raise PersonaeError(f"{path}: one column only; expected {len(columns)} separated by {separator!r}")
    check_columns(path, text, list(columns))
    table = _typed(file, columns)
    empty = [name for name in columns if table[name].null_count() == table.height]
    if empty:
        raise PersonaeError(f"{path}: column {empty[0]} has no value in any row")
    _check(file, table, contract)
    return table


def check_rows(file: TableFile, contract: "DataFrameSchema", *optional: str) -> pl.DataFrame:
    """Cast and check some rows, each for itself: nothing is asked of them together.

    Parameters
    ----------
    file
        Its cells as text, or numbers as numbers.
    optional
        Columns that are not looked at.

    Raises
    ------
    PersonaeError
        As `read_contract`.
    """
    file = replace(file, table=file.table.select(labels(cells) for cells in file.table))
    columns = {name: each for name, each in contract.columns.items() if name not in optional}
    check_columns(file.path, file.table, list(columns))
    table = _typed(file, columns)
    rules = [
        (name, rule, wrong) for name, column in columns.items() for rule, wrong in _misfits(name, column)
    ]
    found = table.select(wrong.any().alias(str(place)) for place, (_, _, wrong) in enumerate(rules))
    if not any(found.row(0)):
        return table
    for name, rule, wrong in rules:
        rows = table.select(wrong).to_series().arg_true()
        if len(rows):
            raise _misfit(file, name, table[name][rows[0]], f" in row {file.lines[rows[0]]}", rule)
    return table


def _typed(file: TableFile, columns: Mapping[str, Any]) -> pl.DataFrame:
    """Cast columns; raise for the first misfit with its line."""
    kinds = {name: column.dtype.type for name, column in columns.items()}
    whole = {name: kind.is_integer() for name, kind in kinds.items() if kind != pl.String}
    cells = file.table.select(*kinds)
    values: dict[str, pl.Series] = {}
    for kind in (True, False):
        names = [name for name, each in whole.items() if each == kind]
        values |= numbers_of(cells.select(names), whole=kind)
    for name, each in whole.items():
        if values[name].null_count() > cells[name].null_count():
            values[name] = _unusual(file, cells[name], whole=each)
    return cells.with_columns(*values.values())


def _unusual(file: TableFile, cells: pl.Series, *, whole: bool) -> pl.Series:
    """Cast a column that holds words: truth, missing, or a misfit."""
    name = cells.name
    coded = cells.to_frame().select(truth_as_number(name))
    wrong = coded.select(is_wrong(pl.col(name), whole=whole)).to_series().arg_true()
    if len(wrong):
        raise _miscast(file, name, wrong[0], whole=whole)
    return coded.select(plain_number(pl.col(name), whole=whole)).to_series()


def _misfits(name: str, column: Any) -> list[tuple[str, pl.Expr]]:
    """Rules of a column with the rows that do not keep them."""
    cells = pl.col(name)
    required = [] if column.nullable else [("not_nullable", cells.is_null())]
    return [
        *required,
        *((str(each.error), ~FITS[each.name](cells, each.statistics)) for each in column.checks),
    ]


def _miscast(file: TableFile, name: str, row: int, *, whole: bool) -> PersonaeError:
    given = file.table[name][row]
    endless = str(given).lower().lstrip("+-") in INFINITE
    expected = "a whole number" if whole else "a finite number" if endless else "a number"
    return PersonaeError(
        f"{file.path}: column {name} holds {given!r} in row {file.lines[row]}; expected {expected}"
    )


def find_file(path: Path) -> Path:
    """Find a file that must be there; see `look_up`."""
    found = look_up(path)
    if found is None:
        raise PersonaeError(
            f"{path}: no such file; `dvc pull data.dvc` or `personae data import DIR` brings it"
        )
    return found


def look_up(path: Path) -> Path | None:
    """Find a file by its name in any case, plain or compressed.

    Raises
    ------
    PersonaeError
        If there are several, such as `a.csv` and `a.csv.gz`.
    """
    names = (path.name.lower(), f"{path.name.lower()}.gz")
    folder = path.parent.iterdir() if path.parent.is_dir() else ()
    found = sorted(each for each in folder if each.name.lower() in names)
    if len(found) > 1:
        raise PersonaeError(f"{path}: both {found[0].name} and {found[1].name} are there; expected one")
    return found[0] if found else None


def unended(*paths: Path) -> list[tuple[str, str, int]]:
    """Count files without a last line end, as a possible cut."""
    rule = "the last line has no line end: it may be cut off there"
    return [(rule, path.name, 1) for path in map(find_file, paths) if not _ends(path)]


def _ends(path: Path) -> bool:
    if path.suffix.lower() == ".gz":  # its checksum tells
        return True
    with path.open("rb") as content:
        content.seek(-1, os.SEEK_END)
        return content.read(1) in b"\r\n"


def check_columns(path: Path, table: pl.DataFrame | pl.LazyFrame, wanted: Sequence[str]) -> None:
    """Raise for all missing columns, naming those present."""
    names = table.collect_schema().names()
    absent = list(dict.fromkeys(name for name in wanted if name not in names))
    if absent:
        lack = f"column {absent[0]} is" if len(absent) == 1 else f"columns {', '.join(absent)} are"
        raise PersonaeError(f"{path}: {lack} missing; it has {', '.join(names)}")


def parse_times(path: Path, given: pl.Series, pattern: str, expected: str) -> pl.Series:
    """Parse text as datetimes, keeping gaps; raise for the first misfit.

    A year outside 1900 to 2100 does not fit: `12` is read as the year 12.
    """
    times = given.str.to_datetime(pattern, strict=False)
    plausible = times.dt.year().is_between(*YEARS).fill_null(value=False)
    refuse_first(path, given, ~plausible & given.is_not_null(), expected)
    return times


def repair(
    path: Path,
    table: pl.DataFrame,
    rules: Sequence[tuple[str, str, pl.Expr, Any]],
    most: float = MOST_REPAIRED,
) -> tuple[pl.DataFrame, list[tuple[str, str, int]]]:
    """Set values by stated rules, in order.

    Parameters
    ----------
    path
        The file, for messages.
    table
        Its rows.
    rules
        Rule for people, column, the rows that it concerns, and the value that they get.
    most
        Share of the rows that a rule may concern; three rows may always be.

    Returns
    -------
    The table, and as `Prepared` has them rule, column and number of rows.

    Raises
    ------
    PersonaeError
        If a rule concerns more: then the column is another one than the rule was made for.
    """
    repairs = []
    for rule, column, affected, value in rules:
        rows = int(table.select(affected.sum()).item())
        if rows > max(most * table.height, FEW_ROWS):
            raise PersonaeError(
                f"{path}: column {column}: the repair '{rule}' would change {rows} of {table.height} rows; "
                f"expected {most:.0%} at most"
            )
        repairs.append((rule, column, rows))
        table = table.with_columns(pl.when(affected).then(value).otherwise(pl.col(column)).alias(column))
    return table, repairs


def said(table: pl.DataFrame, rules: Sequence[tuple[str, str, pl.Expr, Any]]) -> pl.Series:
    """Name the repairs that each row needs, empty for none; rules as in `repair`."""
    words = [pl.when(where).then(pl.lit(rule)) for rule, _, where, _ in rules]
    return table.select(pl.concat_str(words, separator="; ", ignore_nulls=True)).to_series()


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


def refuse_first(path: Path, given: pl.Series, wrong: pl.Series, expected: str) -> None:
    """Raise for the first wrong cell; rows count from 2."""
    rows = wrong.arg_true()
    if len(rows):
        raise PersonaeError(
            f"{path}: column {given.name} holds {given[rows[0]]!r} in row {rows[0] + 2}; expected {expected}"
        )


def _check(file: TableFile, table: pl.DataFrame, contract: "DataFrameSchema") -> None:
    from pandera.errors import SchemaErrors  # noqa: PLC0415 - costs half a second, and features need none of it

    try:
        contract.validate(table, lazy=True)
    except SchemaErrors as errors:
        case = errors.failure_cases.sort("index").row(0, named=True)
        row = "" if case["index"] is None else f" in row {file.lines[case['index']]}"
        value = table[case["column"]][case["index"]] if row else case["failure_case"]
        raise _misfit(file, case["column"], value, row, case["check"]) from None


def _misfit(file: TableFile, column: str, value: Any, row: str, check: str) -> PersonaeError:
    rule = RULES.get(check, check.replace("isin(", "one of (").replace("_", " "))
    return PersonaeError(f"{file.path}: column {column} holds {value!r}{row}; expected {rule}")
