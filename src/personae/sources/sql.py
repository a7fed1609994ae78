"""Snapshot of a query's rows as Parquet, from a read-only transaction."""

import datetime
import decimal
import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from personae.core.errors import PersonaeError
from personae.core.files import atomic_write
from personae.sources.files import SECONDS_A_DAY

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection, CursorResult, Engine

ROWS_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Origin of a file's rows, without any password.

    Attributes
    ----------
    url
        Of the database, its password hidden.
    time
        UTC, at which the query began.
    sha256
        Of the Parquet file.
    converted
        What was changed on the way, by column.
    """

    url: str
    query: str
    time: str
    rows: int
    sha256: str
    converted: Mapping[str, str]


def snapshot(
    url: str, query: str, path: Path, *, progress: Callable[[int], object] | None = None
) -> Snapshot:
    """Write the rows of a query to a Parquet file.

    Parameters
    ----------
    url
        As SQLAlchemy has it; PostgreSQL by psycopg, SQLite read only.
    query
        One SELECT.
    path
        Parquet file; there whole or not at all.
    progress
        Called with the number of rows read so far.

    Raises
    ------
    PersonaeError
        If the database cannot be reached, the query writes, fails or gives no row, or a column has a type
        that no table of customers holds.
    """
    engine, shown = _engine(url)
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - an optional extra

    began = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    try:
        with engine.connect() as connection:
            table, converted = _read(connection, query, progress)
    except SQLAlchemyError as error:
        raise PersonaeError(f"{shown}: {_reason(error, engine.url)}") from None
    finally:
        engine.dispose()
    with atomic_write(path) as partial:
        table.write_parquet(partial, compression="zstd", statistics=False)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Snapshot(shown, query, began, table.height, digest, converted)


def _engine(url: str) -> "tuple[Engine, str]":
    try:
        from sqlalchemy import create_engine, make_url  # noqa: PLC0415 - an optional extra
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError  # noqa: PLC0415
    except ImportError:
        raise PersonaeError("databases need the extra: pip install 'personae[sql]'") from None
    try:
        address = make_url(url)
    except ArgumentError:
        raise PersonaeError(
            "the address of the database is no URL such as postgresql://user@host/name"
        ) from None
    shown = address.render_as_string(hide_password=True)
    if address.drivername in ("postgres", "postgresql"):
        address = address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() == "sqlite":
        address = _read_only_file(address)
    try:
        return create_engine(address), shown
    except (NoSuchModuleError, ImportError) as error:
        raise PersonaeError(f"{shown}: its driver is not installed ({error})") from None


def _read_only_file(address: "URL") -> "URL":
    path = Path(address.database or "")
    if not path.is_file():
        raise PersonaeError(f"{path}: no such file")
    return address.set(database=f"{path.resolve().as_uri()}", query={"mode": "ro", "uri": "true"})


def _read(
    connection: "Connection", query: str, progress: Callable[[int], object] | None
) -> tuple[pl.DataFrame, dict[str, str]]:
    """Read in a read-only transaction where possible, always rolled back."""
    from sqlalchemy import text  # noqa: PLC0415 - an optional extra

    if connection.dialect.name == "postgresql":
        connection = connection.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
    elif connection.dialect.name in ("mysql", "mariadb"):
        connection.execute(text("SET TRANSACTION READ ONLY"))
    statement = text(query.strip().rstrip(";").replace(":", r"\:"))
    with connection.execution_options(stream_results=True).execute(statement) as result:
        parts, converted = _blocks(result, progress)
    connection.rollback()
    if not parts:
        raise PersonaeError("the query gives no row")
    return pl.concat(parts, how="vertical_relaxed"), converted


def _blocks(
    result: "CursorResult[Any]", progress: Callable[[int], object] | None
) -> tuple[list[pl.DataFrame], dict[str, str]]:
    if not result.returns_rows:
        raise PersonaeError("the query gives no rows: expected one SELECT")
    names = list(result.keys())
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise PersonaeError(f"the query gives column {twice[0]} twice")
    converted: dict[str, str] = {}
    parts, rows = [], 0
    for block in result.partitions(ROWS_AT_ONCE):
        columns = zip(names, zip(*block, strict=True), strict=True)
        parts.append(pl.DataFrame([_column(name, cells, converted) for name, cells in columns]))
        rows += len(block)
        if progress is not None:
            progress(rows)
    return parts, converted


def _column(name: str, cells: tuple[Any, ...], converted: dict[str, str]) -> pl.Series:
    kinds = {type(cell) for cell in cells if cell is not None}
    for kind, (say, convert) in CONVERSIONS.items():
        if kinds and all(issubclass(each, kind) for each in kinds):
            converted[name] = say
            return pl.Series(name, [None if cell is None else convert(cell) for cell in cells])
    if datetime.datetime in kinds:
        converted_cells = [_local(cell) for cell in cells]
        if any(cell is not None and cell.tzinfo is not None for cell in cells):
            converted[name] = "time with zone, read as UTC"
        return pl.Series(name, converted_cells, dtype=pl.Datetime("us"))
    plain = (bool, int, float, str, datetime.date)
    odd = sorted(kind.__name__ for kind in kinds if not issubclass(kind, plain))
    if odd:
        raise PersonaeError(
            f"column {name} holds {odd[0]} values; expected numbers, text, dates or truth: leave it out or "
            "cast it in the query"
        )
    if len(kinds) > 1 and not kinds <= {int, float, bool}:
        return pl.Series(name, [None if cell is None else str(cell) for cell in cells], dtype=pl.String)
    return pl.Series(name, cells, strict=False)


def _local(moment: datetime.datetime | None) -> datetime.datetime | None:
    if moment is None or moment.tzinfo is None:
        return moment
    return moment.astimezone(datetime.UTC).replace(tzinfo=None)


CONVERSIONS: Mapping[type, tuple[str, Callable[[Any], Any]]] = {
    decimal.Decimal: ("exact decimal, read as a number", float),
    datetime.timedelta: ("interval, read as days", lambda each: each.total_seconds() / SECONDS_A_DAY),
    uuid.UUID: ("uuid, read as text", str),
}


def _reason(error: Exception, address: "URL") -> str:
    """Give the database's own first line, without the password."""
    original = getattr(error, "orig", None) or error
    line = next(iter(_lines(str(original))), type(original).__name__)
    return line.replace(str(address.password), "***") if address.password else line


def _lines(text: str) -> Iterator[str]:
    yield from (line.strip() for line in text.splitlines() if line.strip())
