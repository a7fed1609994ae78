import gzip
from pathlib import Path

import numpy as np
import pandera.polars as pa
import polars as pl
import pytest

from personae.core.errors import PersonaeError
from personae.sources.contract import alike, parse_times, read_contract, repair, unended

CONTRACT = pa.DataFrameSchema(
    {
        "id": pa.Column(int, unique=True),
        "amount": pa.Column(float, pa.Check.ge(0), nullable=True),
        "name": pa.Column(str, nullable=True),
    }
)


def given(tmp_path, text):
    path = tmp_path / "raw.csv"
    path.write_bytes(text.encode())
    return path


def test_columns_are_cast_and_empty_cells_are_missing(tmp_path):
    table = read_contract(given(tmp_path, "name,amount,id,extra\na, 1.5,1,x\n,,2,y\n"), CONTRACT, ",")
    assert table.columns == ["id", "amount", "name"]
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
        ("id,amount,name\n1,2,a,b,c\n", "5 cells in line 2; the header has 3"),
        ("id,amount,name\n1,2,\n2,3,\n", "column name has no value in any row"),
        ("id,amount,name\n1,2,a\n,3,a\n", "column id holds None in row 3; expected a value in every row"),
        ("id,amount,name\n1,2,a\n1,3,a\n", "column id holds 1 in row 2; expected each value once"),
        (
            "id,amount,name\n1,2,a\n2,-3,a\n",
            "column amount holds -3.0 in row 3; expected greater than or equal",
        ),
    ],
)
def test_what_keeps_no_contract_is_refused_in_one_line(tmp_path, text, message):
    with pytest.raises(PersonaeError, match=message) as raised:
        read_contract(given(tmp_path, text), CONTRACT, ",")
    assert "\n" not in str(raised.value)


def test_a_missing_file_says_what_brings_it(tmp_path):
    with pytest.raises(
        PersonaeError, match="no such file; `dvc pull data.dvc` or `personae data import DIR`"
    ):
        read_contract(tmp_path / "raw.csv", CONTRACT, ",")


def test_moments_are_read_and_the_first_wrong_one_is_named(tmp_path):
    times = parse_times(tmp_path, pl.Series("when", ["04-09-2012", None]), "%d-%m-%Y", "day-month-year")
    assert times.dt.year().to_list() == [2012, None]
    with pytest.raises(PersonaeError, match="column when holds '2012' in row 3; expected day-month-year"):
        parse_times(tmp_path, pl.Series("when", ["04-09-2012", "2012"]), "%d-%m-%Y", "day-month-year")


def test_repairs_follow_each_other_and_are_counted():
    table = pl.DataFrame({"share": [-0.5, 0.5, 3.0]})
    share = pl.col("share")
    mended, repairs = repair(
        Path("a.csv"), table, [("below 0", "share", share < 0, 2.0), ("above 1", "share", share > 1, 1.0)]
    )
    assert mended["share"].to_list() == [1.0, 0.5, 1.0]
    assert repairs == [("below 0", "share", 1), ("above 1", "share", 2)]


def test_customers_that_differ_in_their_answer_alone_are_alike():
    rng = np.random.default_rng(0)
    table = pl.DataFrame({"id": range(60), "age": rng.normal(size=60), "spend": rng.normal(size=60)})
    table = pl.concat([table, table[:2].with_columns(id=pl.col("id") + 60)])
    unit, duplicates = alike(table.with_columns(answer=pl.Series([0] * 61 + [1])), "answer", "id")
    assert unit[:2].to_list() == unit[60:].to_list()
    assert unit.n_unique() == 60
    assert duplicates == {"rows": 1, "groups": 2, "conflicting_target_groups": 1}


def test_customers_of_few_coarse_columns_are_not_one_for_being_equal():
    table = pl.DataFrame({"sex": ["f", "m"] * 50, "plan": ["x"] * 100, "answer": [0] * 100})
    unit, duplicates = alike(table, "answer")
    assert unit.n_unique() == 100
    assert duplicates == {"rows": 0, "groups": 0, "conflicting_target_groups": 0}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("id,amount,name\n1,nan,a\n2,N/A,b\n3,1e3,NA\n", [(1, None, "a"), (2, None, "b"), (3, 1000.0, "NA")]),
        ("id,amount,name\n248.0,2,a\n7,3,b\n\n\n", [(248, 2.0, "a"), (7, 3.0, "b")]),
        ("id,amount,name\nTRUE,1,a\nFALSE,2,b\n", [(1, 1.0, "a"), (0, 2.0, "b")]),
        ("id,amount,name\n1,2,a,\n2,3,b,\n", [(1, 2.0, "a"), (2, 3.0, "b")]),
        ("id,amount,name,\n1,2,a,\n,,,\n,,,\n", [(1, 2.0, "a")]),
    ],
)
def test_what_programs_write_every_day_is_read(tmp_path, text, rows):
    assert read_contract(given(tmp_path, text), CONTRACT, ",").rows() == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,amount,name\n1,2,a\n2,inf,b\n", "column amount holds 'inf' in row 3; expected a finite number"),
        ("id,amount,name\n1,1e308,a\n", "column amount holds '1e308' in row 2; expected a number"),
        ("id,amount,name\n1,7 €,a\n", "column amount holds '7 €' in row 2; expected a number"),
        ("id,amount,name\nnan,2,a\n", "column id has no value|column id holds None in row 2"),
        ("id,amount,name\n9223372036854775808,2,a\n", "column id holds '9223372036854775808' in row 2"),
        ("id,amount,name\n1,TRUE,a\n2,3,b\n", "column amount holds 'TRUE' in row 2"),
        ("id,amount,amount,name\n1,2,3,a\n", "column amount is there twice"),
        ("id,amount,name\n1,2,a\n2,3\n", "2 cells in line 3; the header has 3"),
        ("id,amount,name\n1,2,a,\n2,3,b\n", "4 cells in line 2; the header has 3"),
    ],
)
def test_what_is_no_number_and_no_whole_row_is_refused(tmp_path, text, message):
    with pytest.raises(PersonaeError, match=message):
        read_contract(given(tmp_path, text), CONTRACT, ",")


def test_a_file_is_found_by_its_name_in_any_case_and_one_of_two_is_not_guessed(tmp_path):
    path = given(tmp_path, "id,amount,name\n1,2,a")
    assert unended(path) == [("the last line has no line end: it may be cut off there", "raw.csv", 1)]
    path.rename(tmp_path / "RAW.CSV")
    assert read_contract(path, CONTRACT, ",").height == 1
    (tmp_path / "raw.csv.gz").write_bytes(gzip.compress(b"id,amount,name\n2,2,a\n")[:-9])
    with pytest.raises(PersonaeError, match=r"both RAW\.CSV and raw\.csv\.gz are there; expected one"):
        read_contract(path, CONTRACT, ",")
    (tmp_path / "RAW.CSV").unlink()
    with pytest.raises(PersonaeError, match=r"raw\.csv\.gz: cut off or damaged"):
        read_contract(path, CONTRACT, ",")


def test_a_year_that_cannot_be_meant_is_refused_with_its_row(tmp_path):
    for when in ("04-09-12", "01-01-9999"):
        given_ = pl.Series("when", ["04-09-2012", when])
        with pytest.raises(PersonaeError, match=f"column when holds '{when}' in row 3"):
            parse_times(tmp_path, given_, "%d-%m-%Y", "day-month-year")


def test_a_repair_of_more_than_a_few_rows_is_refused_with_the_column():
    table = pl.DataFrame({"share": [0.5] * 90 + [3.0] * 10})
    rule = ("above 1", "share", pl.col("share") > 1, 1.0)
    with pytest.raises(
        PersonaeError, match=r"a\.csv: column share: the repair 'above 1' would change 10 of 100"
    ):
        repair(Path("a.csv"), table, [rule])
    assert repair(Path("a.csv"), table, [rule], most=1.0)[1] == [("above 1", "share", 10)]
