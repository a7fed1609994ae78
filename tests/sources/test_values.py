"""The same value, whatever format a file writes it in; what is no value is never taken for one."""

import polars as pl
import pytest

from personae.core.errors import PersonaeError
from personae.sources import values
from personae.sources.dates import dates
from personae.sources.files import TableFile
from personae.sources.values import (
    answers,
    check_values,
    decimal_mark,
    identifiers,
    labels,
    numbers,
    numbers_of,
    plain_number,
)


@pytest.mark.parametrize(
    "cells, decimal, expected",
    [
        (["1", "2"], ".", [1, 2]),
        (["1,234.50", "-3"], ".", [1234.5, -3.0]),
        (["1.234,50", "0,5"], ",", [1234.5, 0.5]),
        (["1.234", "5"], ",", [1234, 5]),
        (["$ 1,000", "5 %"], ".", [1000, 5]),
        (["1e-05", "6E+2"], ".", [1e-05, 600.0]),
        ([" 7 ", None], ".", [7, None]),
    ],
)
def test_numbers_as_people_write_them(cells, decimal, expected):
    parsed = numbers(pl.Series(cells), decimal)
    assert (parsed.values.to_list(), parsed.wrong) == (expected, [])


@pytest.mark.parametrize("word", ["nan", "NaN", "NA", "n/a", "null", "None", "n. bek.", "?", "-", "unknown"])
def test_words_for_missing_are_missing_numbers_and_counted(word):
    parsed = numbers(pl.Series(["1", word, "2"]))
    assert (parsed.values.to_list(), parsed.wrong, parsed.words) == ([1, None, 2], [], {word: 1})


def test_nan_of_a_typed_column_is_missing():
    assert numbers(pl.Series([1.5, float("nan")])).values.to_list() == [1.5, None]


def test_a_sentinel_that_is_named_is_missing():
    assert numbers(pl.Series([3, -1, 4]), missing=["-1"]).values.to_list() == [3, None, 4]


@pytest.mark.parametrize("cell", ["abc", "1,2,3", "12-3", "1.2.3", "0x1F", "1 or 2"])
def test_what_is_no_number_is_wrong(cell):
    assert numbers(pl.Series(["1", cell])).wrong == [1]


def test_numbers_are_whole_where_all_are():
    assert numbers(pl.Series([1.0, None, 3.0])).values.dtype == pl.Int64
    assert numbers(pl.Series([1.0, 2.5])).values.dtype == pl.Float64


def test_decimals_with_a_comma_are_found_in_the_whole_file():
    assert decimal_mark(pl.DataFrame({"a": ["1,5", "2,25"], "b": ["1.234", "7"]})) == ","
    assert decimal_mark(pl.DataFrame({"a": ["1.5", "2.25"], "b": ["x", "y"]})) == "."
    assert decimal_mark(pl.DataFrame({"a": ["1", "2"]})) == "."


def table(**columns):
    frame = pl.DataFrame(columns)
    return TableFile("a.csv", frame, range(2, frame.height + 2))


def test_the_first_cell_that_does_not_fit_is_named_with_its_line():
    file = table(income=["1", "2", "abc"])
    with pytest.raises(PersonaeError, match="a.csv: column income holds 'abc' in line 4; expected a number"):
        check_values(file, "income", numbers(file.table["income"]), "a number")


@pytest.mark.parametrize("cell", [float("inf"), float("-inf")])
def test_an_infinite_number_is_refused(cell):
    file = table(income=[1.0, cell])
    with pytest.raises(PersonaeError, match="income holds -?inf in line 3"):
        check_values(file, "income", numbers(file.table["income"]), "a number")


def test_a_year_out_of_range_is_refused_with_its_line():
    file = table(joined=["2020-01-01", "0014-06-29"])
    with pytest.raises(PersonaeError, match="'0014-06-29' in line 3"):
        check_values(file, "joined", dates(file.table["joined"], "%Y-%m-%d"), "a date")


def test_answers_are_recognised_whatever_their_case():
    assert answers(pl.Series(["JA", "nein"])) == ("nein", "JA")
    assert answers(pl.Series([True, False])) == ("false", "true")
    assert answers(pl.Series(["stayed", "churned"])) is None


def test_labels_and_identifiers_are_equal_in_every_format():
    assert labels(pl.Series([1, 20])).to_list() == labels(pl.Series([1.0, 20.0])).to_list() == ["1", "20"]
    assert identifiers(pl.Series(["17850.0", None])).to_list() == ["17850", None]
    assert identifiers(pl.Series(["007", "8"])).to_list() == ["007", "8"]


@pytest.mark.parametrize("at_once", [1, 7, 100])
def test_columns_read_together_are_those_read_alone(monkeypatch, at_once):
    monkeypatch.setattr(values, "CELLS_AT_ONCE", at_once)
    table = pl.DataFrame({"a": ["1", "2.0", None], "b": ["x", " 3", "nan"], "c": ["1.5", "inf", "-7"]})
    for whole in (True, False):
        found = numbers_of(table, whole=whole)
        assert list(found) == table.columns
        for name in table.columns:
            alone = table.select(plain_number(pl.col(name), whole=whole)).to_series()
            assert found[name].equals(alone, check_dtypes=True, check_names=True)
