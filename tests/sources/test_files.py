"""Whatever file a table comes in, it is the same table, or one line says what is wrong with it."""

import gzip

import polars as pl
import pytest

from personae.core.errors import PersonaeError
from personae.sources.files import read_file

TEXT = 'kd;Größe;"Um;satz"\n001;1,75;"1.234,50"\n\n002;"a ""x"" y,\nz";\n003;1;2\n'
ROWS = {
    "kd": ["001", "002", "003"],
    "Größe": ["1,75", 'a "x" y,\nz', "1"],
    "Um;satz": ["1.234,50", None, "2"],
}

FORMS = {
    "utf-8": TEXT.encode(),
    "byte order mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "cp1252": TEXT.encode("cp1252"),
    "utf-16": TEXT.encode("utf-16"),
    "utf-16 without a mark": TEXT.encode("utf-16-le"),
    "windows line ends": TEXT.replace("\n", "\r\n").encode(),
    "gzip": gzip.compress(TEXT.encode()),
}


@pytest.mark.parametrize("form", FORMS)
def test_one_table_whatever_its_encoding(tmp_path, form):
    path = tmp_path / ("a.csv.gz" if form == "gzip" else "a.csv")
    path.write_bytes(FORMS[form])
    found = read_file(path)
    assert found.table.to_dict(as_series=False) == ROWS
    assert (list(found.lines), found.delimiter) == ([2, 4, 6], ";")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    path = tmp_path / "a.txt"
    path.write_text("\n".join(delimiter.join(row) for row in [["a", "b", "c"], ["1.5", "x y", "2"]]))
    assert read_file(path).table.to_dict(as_series=False) == {"a": ["1.5"], "b": ["x y"], "c": ["2"]}


def test_parquet_keeps_its_types_and_empty_text_is_missing(tmp_path):
    pl.DataFrame({"a": [1, None], "b": ["x ", ""]}).write_parquet(tmp_path / "a.parquet")
    assert read_file(tmp_path / "a.parquet").table.to_dict(as_series=False) == {
        "a": [1, None],
        "b": ["x", None],
    }


WRONG = {
    "empty": (b"", "the file is empty"),
    "blank": (b"\n\n", "the file is empty"),
    "header only": (b"a,b\n", "a header and no rows"),
    "short row": (b"a,b,c\n1,2,3\n1,2\n", "2 cells in line 3; the header has 3"),
    "long row": (b"a,b\n1,2\n1,2,3\n", "3 cells in line 3; the header has 2"),
    "cut last line": (b"a,b,c\n1,2,3\n4", "1 cells in line 3; the header has 3"),
    "column twice": (b"a,b,a\n1,2,3\n", "column a is there twice"),
    "open quote": (b'a,b\n1,"x\n2,3\n', "cannot be read as a table in line 2"),
    "binary": (bytes(range(256)) * 8, "is not text"),
    "zero bytes": (b"a,b\n1,\x002\n", "is not text"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_table_is_refused_in_one_line(tmp_path, case):
    content, reason = WRONG[case]
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(PersonaeError, match=reason) as error:
        read_file(tmp_path / "a.csv")
    assert "a.csv" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "name, content",
    [
        ("a.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 1000)[:40]),
        ("b.csv.gz", gzip.compress(b"a,b\n1,2\n")[:-8] + b"\0" * 8),
        ("c.csv.gz", b"no gzip"),
        ("d.parquet", b"PAR1 and no more"),
        ("e.xlsx", b"PK no workbook"),
    ],
    ids=["cut gzip", "wrong checksum", "no gzip", "cut parquet", "no workbook"],
)
def test_a_damaged_file_is_refused_in_one_line(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PersonaeError, match=name) as error:
        read_file(tmp_path / name)
    assert "\n" not in str(error.value)


def test_a_column_without_a_name_is_called_after_its_place(tmp_path):
    (tmp_path / "a.csv").write_bytes(b'"","x"\n"1",2\n')
    assert read_file(tmp_path / "a.csv").table.columns == ["column_1", "x"]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(PersonaeError, match="nowhere.csv: no such file"):
        read_file(tmp_path / "nowhere.csv")
