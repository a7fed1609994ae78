"""Snapshot of a query's rows as Parquet, from a read-only transaction."""

import datetime
import decimal
import hashlib
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    """Write the rows of a query to a Parquet file, a block of rows in memory at a time.

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
    with tempfile.TemporaryDirectory() as folder:
        try:
            with engine.connect() as connection:
                parts, rows, converted = _read(connection, query, Path(folder), progress)
        except SQLAlchemyError as error:
            raise PersonaeError(f"{shown}: {_reason(error, engine.url)}") from None
        except OSError as error:
            raise PersonaeError(f"{folder}: cannot be written ({error.strerror or error})") from None
        finally:
            engine.dispose()
        _join(parts, path)
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return Snapshot(shown, query, began, rows, digest, converted)


def _join(parts: Sequence[Path], path: Path) -> None:
    """Write the tables of several files as one, in types that hold the values of all."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - costs a tenth of a second

    heads = [pl.DataFrame(schema=pl.read_parquet_schema(part)) for part in parts]
    head = pl.concat(heads, how="vertical_relaxed")
    schema = head.to_arrow(compat_level=pl.CompatLevel.oldest()).schema
    with atomic_write(path) as partial, pq.ParquetWriter(partial, schema, compression="zstd") as writer:
        for part in parts:
            block = pl.read_parquet(part).cast(head.schema)
            writer.write_table(block.to_arrow(compat_level=pl.CompatLevel.oldest()))


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
    connection: "Connection", query: str, folder: Path, progress: Callable[[int], object] | None
) -> tuple[list[Path], int, dict[str, str]]:
    """Read in a read-only transaction where possible, always rolled back; a file a block of rows."""
    from sqlalchemy import text  # noqa: PLC0415 - an optional extra

    if connection.dialect.name == "postgresql":
        connection = connection.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
    elif connection.dialect.name in ("mysql", "mariadb"):
        connection.execute(text("SET TRANSACTION READ ONLY"))
    statement = text(query.strip().rstrip(";").replace(":", r"\:"))
    converted: dict[str, str] = {}
    parts: list[Path] = []
    rows = 0
    with connection.execution_options(stream_results=True).execute(statement) as result:
        for block in _blocks(result, converted):
            parts.append(folder / f"{len(parts)}.parquet")
            block.write_parquet(parts[-1], compression="uncompressed", statistics=False)
            rows += block.height
            if progress is not None:
                progress(rows)
    connection.rollback()
    if not parts:
        raise PersonaeError("the query gives no row")
    return parts, rows, converted


def _blocks(result: "CursorResult[Any]", converted: dict[str, str]) -> Iterator[pl.DataFrame]:
    if not result.returns_rows:
        raise PersonaeError("the query gives no rows: expected one SELECT")
    names = list(result.keys())
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise PersonaeError(f"the query gives column {twice[0]} twice")
    for block in result.partitions(ROWS_AT_ONCE):
        columns = zip(names, zip(*block, strict=True), strict=True)
        yield pl.DataFrame([_column(name, cells, converted) for name, cells in columns])


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
