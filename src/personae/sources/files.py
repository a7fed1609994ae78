"""Read a table from delimited text, Excel or Parquet, compressed or not."""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from personae.core.errors import PersonaeError
from personae.sources.settings import FileSettings

DELIMITERS = (",", ";", "\t", "|")
SNIFFED_RECORDS = 200
EXCEL = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# A field of a table, not of a book: the standard library's limit of 128 kB is too low for pasted texts.
LARGEST_FIELD = 10_000_000
REPLACED = "\ufffd"
SECONDS_A_DAY = 86_400
VALUE = r"-?\d+(\.\d+)?"


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table as its file holds it.

    Attributes
    ----------
    table
        Text columns for delimited text; the file's own types for Parquet and Excel. Empty cells are null.
    lines
        Line of the file on which each row begins, for messages; rows of a file without lines count from 1.
    encoding, delimiter
        What was found; None where the format has none.
    """

    path: Path
    table: pl.DataFrame
    lines: Sequence[int]
    encoding: str | None = None
    delimiter: str | None = None


def read_files(directory: Path, settings: FileSettings) -> list[TableFile]:
    """Read the files that the settings name."""
    how = {"delimiter": settings.delimiter, "encoding": settings.encoding, "sheet": settings.sheet}
    return [read_file(directory / name, **how) for name in settings.files]


def read_file(
    path: Path, *, delimiter: str | None = None, encoding: str | None = None, sheet: str | None = None
) -> TableFile:
    """Read a table; format, encoding and delimiter are detected unless given.

    Parameters
    ----------
    path
        `.parquet`, an Excel workbook, or delimited text under any other name; `.gz` is decompressed.
    delimiter
        One character between cells of delimited text.
    encoding
        A Python codec. Found: a byte order mark, UTF-16 by its zero bytes, UTF-8, else cp1252.
    sheet
        Of a workbook; by default its first.

    Raises
    ------
    PersonaeError
        If the file is missing, empty, damaged or no table: rows of different lengths, a column name twice.
    """
    if not path.is_file():
        raise PersonaeError(f"{path}: {'is no plain file' if path.exists() else 'no such file'}")
    suffix = suffix_of(path)
    if suffix == ".parquet":
        return _parquet(path)
    if suffix in EXCEL:
        return _excel(path, sheet)
    return _delimited(path, delimiter, encoding)


def suffix_of(path: Path) -> str:
    """Format of a file by its name, whether compressed or not."""
    named = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return named.suffix.lower()


def _bytes(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PersonaeError(f"{path}: cannot be read ({error.strerror})") from None
    if content[:2] == b"\x1f\x8b" or path.suffix.lower() == ".gz":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            raise PersonaeError(f"{path}: cut off or damaged, gzip cannot read it") from None
    if not content.strip():
        raise PersonaeError(f"{path}: the file is empty")
    return content


def _parquet(path: Path) -> TableFile:
    try:
        table = pl.read_parquet(io.BytesIO(_bytes(path)))
    except pl.exceptions.PolarsError as error:
        raise PersonaeError(f"{path}: cannot be read as Parquet ({_first_line(error)})") from None
    return checked(path, table)


def _excel(path: Path, sheet: str | None) -> TableFile:
    chosen: dict[str, Any] = {"sheet_name": sheet} if sheet else {}
    try:
        table = pl.read_excel(path, infer_schema_length=None, raise_if_empty=False, **chosen)
        header = pl.read_excel(path, has_header=False, read_options={"n_rows": 1}, **chosen)
    except Exception as error:  # noqa: BLE001 - the readers of workbooks raise errors of their own
        raise PersonaeError(f"{path}: cannot be read as a workbook ({_first_line(error)})") from None
    if header.height:
        _header(path, [str(cell) for cell in header.row(0) if cell is not None])
    return checked(path, table)


def checked(path: Path, table: pl.DataFrame) -> TableFile:
    """Trim the cells of a typed table, and refuse what is none of customers."""
    if table.width == 0:
        raise PersonaeError(f"{path}: the file is empty")
    if table.is_empty():
        raise PersonaeError(f"{path}: a header and no rows")
    for name, kind in table.schema.items():
        if kind.is_nested() or kind in (pl.Binary, pl.Object):
            raise PersonaeError(f"{path}: column {name} holds {kind}; expected text, numbers or dates")
    table = table.with_columns(
        pl.col(pl.Duration).dt.total_seconds() / SECONDS_A_DAY, pl.col(pl.Time).cast(pl.String)
    )
    text = pl.col(pl.String, pl.Categorical, pl.Enum)
    trimmed = text.cast(pl.String).str.strip_chars()
    table = table.with_columns(pl.when(trimmed != "").then(trimmed).name.keep())
    return TableFile(path, table, range(1, table.height + 1))


def _delimited(path: Path, delimiter: str | None, encoding: str | None) -> TableFile:
    text, encoding = _decoded(path, _bytes(path), encoding)
    delimiter = delimiter or delimiter_of(text)
    return TableFile(path, *_cells(path, text, delimiter), encoding, delimiter)


def read_text(path: Path, content: bytes, delimiter: str, further: int) -> TableFile:
    """Read UTF-8 text with its header, a part of a file, `further` lines of which lie between the two."""
    text, encoding = _decoded(path, content, "utf-8")
    return TableFile(path, *_cells(path, text, delimiter, further), encoding, delimiter)


def _cells(path: Path, text: str, delimiter: str, further: int = 0) -> tuple[pl.DataFrame, list[int]]:
    """Cells of delimited text as text, and the line that each row begins on."""
    header, lines = _rows(path, text, delimiter, further)
    try:
        table = pl.read_csv(
            io.BytesIO(text.encode()),
            separator=delimiter,
            has_header=False,
            skip_rows=1,
            new_columns=header,
            infer_schema=False,
        )
    except pl.exceptions.PolarsError as error:
        raise PersonaeError(f"{path}: cannot be read as a table ({_first_line(error)})") from None
    if table.height != len(lines):
        raise PersonaeError(f"{path}: quotes do not match; {len(lines)} rows or {table.height}")
    trimmed = table.with_columns(pl.all().str.strip_chars().replace("", None))
    filled = pl.Series(line > 0 for line in lines)
    return trimmed.filter(filled), [line for line in lines if line]


def _decoded(path: Path, content: bytes, encoding: str | None) -> tuple[str, str]:
    encoding = encoding or _encoding(path, content)
    try:
        text = content.decode(encoding)
    except LookupError:
        raise PersonaeError(f"{path}: no encoding is called {encoding}") from None
    except UnicodeDecodeError as error:
        raise PersonaeError(f"{path}: is not text in {encoding}, see byte {error.start}") from None
    if "\0" in text:
        raise PersonaeError(f"{path}: is not text in {encoding} (it has zero bytes)")
    return text.lstrip("\r\n").replace("\r\n", "\n").replace("\r", "\n"), encoding


def _encoding(path: Path, content: bytes) -> str:
    for mark, name in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return name
    head = content[:4096]
    if head.count(0) > len(head) // 4:
        return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        # One wrong byte must not turn every other accent into two letters.
        text = content.decode("utf-8", "replace")
        damaged = text.count(REPLACED)
        if len(re.findall(r"[^\x00-\x7f]", text)) > 2 * damaged:
            raise PersonaeError(f"{path}: damaged at byte {error.start}, it is UTF-8 elsewhere") from None
        return "cp1252"
    return "utf-8"


def delimiter_of(text: str) -> str:
    """Choose the delimiter that splits the first records most consistently."""

    def evenness(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for _, row in zip(range(SNIFFED_RECORDS), _records(text, delimiter), strict=False)]
        width, rows = Counter(widths).most_common(1)[0] if widths else (1, 0)
        return (rows / len(widths), width) if width > 1 else (0.0, 1)

    return max(DELIMITERS, key=evenness)


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(LARGEST_FIELD)
    yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _rows(path: Path, text: str, delimiter: str, further: int) -> tuple[list[str], list[int]]:
    """Column names and each row's starting line, 0 for empty lines.

    Between header and rows `further` lines of the file are left out.

    Every row is held against the header: the reader of the cells would fill short ones without a word.
    """
    csv.field_size_limit(LARGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines: list[int] = []
    widths: list[int] = []
    end = filled = 0
    trailing = True
    try:
        header = _header(path, next(reader))
        end = reader.line_num
        for row in reader:
            begin, end = end + 1 + further * (not lines), reader.line_num + further
            lines.append(begin if row else 0)
            widths.append(len(row))
            if len(row) == 1 or any(map(str.strip, row)):
                filled = len(lines)
            trailing &= not row or (len(row) == len(header) + 1 and not row[-1].strip())
    except csv.Error as error:
        raise PersonaeError(f"{path}: cannot be read as a table in line {end + 1} ({error})") from None
    # Spreadsheets end a table with rows of separators alone, and every row with one: no row, no cell.
    lines[filled:] = [0] * (len(lines) - filled)
    if not any(lines):
        raise PersonaeError(f"{path}: a header and no rows")
    header += [f"column_{len(header) + 1}"] * trailing
    for line, width in zip(lines, widths, strict=True):
        if line and width != len(header):
            raise PersonaeError(
                f"{path}: {width} cells in line {line}; the header has {len(header)} "
                f"(separated by {delimiter!r})"
            )
    return header, lines


def _header(path: Path, cells: Sequence[str]) -> list[str]:
    """Name the columns; unnamed ones after their place."""
    header = [cell.strip() or f"column_{number}" for number, cell in enumerate(cells, start=1)]
    if all(re.fullmatch(VALUE, cell.strip()) for cell in cells):
        figures = [float(cell) for cell in cells]
        # Numbered columns, and years, are names.
        if figures != [figures[0] + place for place in range(len(figures))]:
            raise PersonaeError(
                f"{path}: the first line looks like values, not names: {', '.join(cells[:4])}"
            )
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice:
        raise PersonaeError(f"{path}: column {twice[0]} is there twice")
    return header


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__


def together(files: Sequence[TableFile]) -> TableFile:
    """Join the parts of one table; raise where their columns or types differ."""
    first = files[0]
    for other in files[1:]:
        names, wanted = other.table.columns, first.table.columns
        odd = [f"{name} is missing" for name in wanted if name not in names]
        odd += [f"{name} is there besides" for name in names if name not in wanted]
        if names != wanted:
            odd = odd or ["their order"]
            raise PersonaeError(f"{other.path}: its columns differ from those of {first.path}: {odd[0]}")
    if len(files) == 1:
        return first
    lines = [line for file in files for line in file.lines]
    try:
        table = pl.concat([file.table for file in files], how="vertical_relaxed")
    except pl.exceptions.PolarsError as error:
        raise PersonaeError(f"{first.path}: other files hold other types of values ({error})") from None
    return TableFile(first.path, table, lines, first.encoding, first.delimiter)
