import numpy as np
import pandera.polars as pa
import polars as pl
import pytest

from personae.core.errors import PersonaeError
from personae.sources.contract import alike, parse_times, read_contract, repair

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
        ("id,amount,name\n1,2,a,b,c\n", "cannot be read as a table"),
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
        table, [("below 0", "share", share < 0, 2.0), ("above 1", "share", share > 1, 1.0)]
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
