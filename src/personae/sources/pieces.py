"""Tables read in pieces, so that memory does not grow with the file."""

import codecs
import gzip
from collections.abc import Iterator
from dataclasses import replace
from io import BufferedReader
from pathlib import Path
from typing import Any

import polars as pl

from personae.core.errors import PersonaeError
from personae.sources.files import (
    EXCEL,
    TableFile,
    checked,
    delimiter_of,
    read_file,
    read_text,
    suffix_of,
)

ROWS, BYTES = 25_000, 4 * 2**20
HEAD = 2**16
QUOTE, LINE = b'"', b"\n"


def read_pieces(path: Path, rows: int = ROWS, size: int = BYTES, **how: Any) -> Iterator[TableFile]:
    """Read a table in pieces of some rows, or of some bytes of text.

    Excel, and text in another encoding than UTF-8, come as one piece.

    Parameters
    ----------
    how
        As for `read_file`.

    Raises
    ------
    PersonaeError
        As `read_file`; where a later piece is wrong, after those before it.
    """
    suffix = suffix_of(path) if path.is_file() else ""
    if suffix == ".parquet" and path.suffix.lower() != ".gz":
        yield from _parquet(path, rows)
    elif path.is_file() and suffix not in EXCEL and not how.get("encoding") and _is_utf8(path):
        yield from _text(path, size, how.get("delimiter"))
    else:
        yield read_file(path, **how)


def _parquet(path: Path, rows: int) -> Iterator[TableFile]:
    import pyarrow as pa  # noqa: PLC0415 - costs a tenth of a second, and only Parquet needs it
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with pq.ParquetFile(path) as file:
            first = 1
            for batch in file.iter_batches(batch_size=rows):
                piece = checked(path, pl.DataFrame(pl.from_arrow(batch)))
                yield replace(piece, lines=range(first, first + piece.table.height))
                first += piece.table.height
            if first == 1:
                raise PersonaeError(f"{path}: a header and no rows")
    except (pa.ArrowException, pl.exceptions.PolarsError) as error:
        reason = str(error).strip().split("\n")[0]
        raise PersonaeError(f"{path}: cannot be read as Parquet ({reason})") from None


def _open(path: Path) -> gzip.GzipFile | BufferedReader:
    with path.open("rb") as content:
        packed = content.read(2) == b"\x1f\x8b"
    return gzip.open(path) if packed else path.open("rb")


def _is_utf8(path: Path) -> bool:
    """Whether a file is UTF-8 text to its end, without zero bytes and with line ends of today."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with _open(path) as content:
            while block := content.read(BYTES):
                if b"\0" in block or (b"\r" in block and LINE not in block):
                    return False
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except (UnicodeDecodeError, OSError, EOFError):
        return False
    return True


def _text(path: Path, size: int, delimiter: str | None) -> Iterator[TableFile]:
    with _open(path) as content:
        rest = content.read(size).removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n")
        end = _end(rest, rest.find(LINE) + 1 or len(rest), forward=True)
        header, rest, line = rest[:end], rest[end:], 1 + rest.count(LINE, 0, end)
        delimiter = delimiter or delimiter_of((header + rest[:HEAD]).decode("utf-8", "ignore"))
        found = False
        while rest:
            block = content.read(size)
            cut = len(rest) if not block else _end(rest, rest.rfind(LINE) + 1, forward=False)
            piece, rest = rest[:cut], rest[cut:] + block
            if piece.strip():
                found = True
                yield read_text(path, header + piece, delimiter, line - header.count(LINE) - 1)
            line += piece.count(LINE)
        if not found:
            raise PersonaeError(f"{path}: a header and no rows")


def _end(text: bytes, at: int, *, forward: bool) -> int:
    """Move a cut to where a record ends: an even number of quotes lies before it."""
    while 0 < at < len(text) + (not forward) and text.count(QUOTE, 0, at) % 2:
        at = (text.find(LINE, at) + 1 or len(text)) if forward else text.rfind(LINE, 0, at - 1) + 1
    return at
