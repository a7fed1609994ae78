"""A table in pieces is the table: cells and lines, whatever is quoted."""

import gzip

import polars as pl
import pytest

from personae.core.errors import PersonaeError
from personae.sources.files import read_file
from personae.sources.pieces import read_pieces

TEXT = "id;said;amount\n" + "".join(
    f'{row};"line one;\n""two"" of {row}";{row / 2}\n' if row % 3 else f"{row};plain;{row}\n"
    for row in range(200)
)
FORMS = {
    "a.csv": TEXT.encode(),
    "bom.csv": b"\xef\xbb\xbf" + TEXT.encode(),
    "crlf.csv": TEXT.replace("\n", "\r\n").encode(),
    "a.csv.gz": gzip.compress(TEXT.encode()),
    "latin.csv": TEXT.replace("plain", "schön").encode("cp1252"),
    "unended.csv": TEXT.rstrip("\n").encode(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [64, 1000, 10**6])
def test_pieces_together_are_the_file(tmp_path, form, size):
    path = tmp_path / form
    path.write_bytes(FORMS[form])
    whole, pieces = read_file(path), list(read_pieces(path, size=size))
    assert pl.concat(piece.table for piece in pieces).equals(whole.table)
    assert [line for piece in pieces for line in piece.lines] == list(whole.lines)
    assert len(pieces) == 1 or form != "latin.csv"
    assert size > 1000 or form == "latin.csv" or len(pieces) > 5


def test_pieces_of_parquet_are_the_file(tmp_path):
    table = pl.DataFrame({"id": range(100), "said": [" a "] * 100})
    table.write_parquet(tmp_path / "a.parquet")
    pieces = list(read_pieces(tmp_path / "a.parquet", rows=30))
    assert [piece.table.height for piece in pieces] == [30, 30, 30, 10]
    assert pl.concat(piece.table for piece in pieces).equals(read_file(tmp_path / "a.parquet").table)
    assert list(pieces[-1].lines) == list(range(91, 101))


@pytest.mark.parametrize("content", [b"", b"id;a\n", b"id;a\n\n\n"])
def test_a_file_without_rows_is_refused(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(PersonaeError, match=r"a.csv: (the file is empty|a header and no rows)"):
        list(read_pieces(tmp_path / "a.csv"))


def test_a_row_of_another_length_is_named_by_its_line(tmp_path):
    (tmp_path / "a.csv").write_text("id;a\n" + "1;2\n" * 100 + "1;2;3\n")
    with pytest.raises(PersonaeError, match="3 cells in line 102"):
        list(read_pieces(tmp_path / "a.csv", size=64))
