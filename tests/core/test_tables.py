import polars as pl
import pytest

from personae.core import tables
from personae.core.errors import PersonaeError
from personae.core.tables import Duplicates, Prepared, Repair

COLUMNS = {"id": pl.Int64(), "amount": pl.Float64(), "name": pl.String()}


def given(tmp_path, text):
    path = tmp_path / "raw.csv"
    path.write_bytes(text.encode())
    return path


def test_columns_are_cast_and_empty_cells_are_missing(tmp_path):
    table = tables.read_delimited(given(tmp_path, "name,amount,id,extra\na, 1.5,1,x\n,,2,y\n"), COLUMNS, ",")
    assert table.columns == list(COLUMNS)
    assert table.rows() == [(1, 1.5, "a"), (2, None, None)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("id;amount;name\n1;2;a\n", "one column only; expected 3 separated by ','"),
        ("id,amount\n1,2\n", "column name is missing; it has id, amount"),
        ("id,amount,name\n", "a header and no rows"),
        ("id,amount,name\n1,two,a\n", "column amount holds 'two' in row 2; expected a number"),
        ("id,amount,name\n1.5,2,a\n", "column id holds '1.5' in row 2; expected a whole number"),
        ("id,amount,name\n1,2,a,b,c\n", "cannot be read as a table"),
    ],
)
def test_what_is_no_such_table_is_refused_in_one_line(tmp_path, text, message):
    with pytest.raises(PersonaeError, match=message) as raised:
        tables.read_delimited(given(tmp_path, text), COLUMNS, ",")
    assert "\n" not in str(raised.value)


def test_equal_tables_are_equal_bytes(tmp_path):
    table = pl.DataFrame({"a": [1.0, 2.0], "b": ["x", None]})
    for name in "pq":
        tables.write(tmp_path / name, table)
    assert (tmp_path / "p").read_bytes() == (tmp_path / "q").read_bytes()
    assert tables.read(tmp_path / "p").equals(table)
    with pytest.raises(PersonaeError, match="no such table"):
        tables.read(tmp_path / "r")


def test_figures_for_people_have_six_digits(tmp_path):
    tables.write_csv(tmp_path / "t.csv", pl.DataFrame({"k": [2], "silhouette": [0.123456789]}))
    assert (tmp_path / "t.csv").read_text() == "k,silhouette\n2,0.123457\n"


def test_the_report_has_the_keys_of_the_contract():
    prepared = Prepared(
        tables={"customers": pl.DataFrame({"a": [1, None], "b": [1, 2]})},
        duplicates=Duplicates(1, 1, 0),
        repairs=[Repair("rule", "a", 1)],
        notes={"days": 3},
    )
    report = prepared.report("sample")
    assert report["missing"] == {"a": {"count": 1, "share": 0.5}}
    assert (report["rows"], report["columns"], report["data"], report["days"]) == (2, 2, "sample", 3)
    assert set(report) >= {"duplicates", "repairs", "rejected"}
