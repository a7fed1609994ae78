"""What a column is, guessed from its cells and its name."""

import numpy as np
import polars as pl
import pytest

from personae.onboarding.kinds import guess, words_of
from personae.sources.dates import dates

rng = np.random.default_rng(5)
ROWS = 400


def text(values):
    return [str(value) for value in values]


COLUMNS = {
    "age": (text(rng.integers(18, 80, ROWS)), "number"),
    "height": (text(rng.normal(170, 10, ROWS).round(1)), "number"),
    "spend": (text(rng.lognormal(4, 1, ROWS).round(2)), "amount"),
    "NumStorePurchases": (text(rng.integers(0, 13, ROWS)), "number"),
    "plz": ([f"{value:05d}" for value in rng.integers(1000, 99999, ROWS)], "code"),
    "store": (text(rng.integers(1, 9, ROWS)), "code"),
    "customer_id": (text(rng.permutation(ROWS) + 5000), "identifier"),
    "kd": ([f"K{value:05d}" for value in range(ROWS)], "identifier"),
    "bought": (["yes", "no"] * (ROWS // 2), "two-valued"),
    "churned": (["0", "1", "1", "0"] * (ROWS // 4), "two-valued"),
    "sex": (["m", "f"] * (ROWS // 2), "two-valued"),
    "region": (["north", "south", "east", "west"] * (ROWS // 4), "category"),
    "like": (["-3", "I love it!", "2", "1"] * (ROWS // 4), "category"),
    "joined": ([f"2020-{1 + value % 12:02d}-{1 + value % 28:02d}" for value in range(ROWS)], "date"),
    "remark": ([f"this customer called us {value} times" for value in range(ROWS)], "text"),
    "country": (["de"] * ROWS, "constant"),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_kinds_of_plain_columns(name):
    cells, kind = COLUMNS[name]
    assert guess(pl.Series(name, cells), first=name == "kd").kind == kind


def test_running_numbers_in_the_first_column_are_an_identifier_and_elsewhere_a_number():
    cells = pl.Series("respondents", [str(number) for number in range(1, 50)])
    assert guess(cells, first=True).kind == "identifier"
    assert guess(cells).kind == "number"


def test_a_first_column_without_a_name_says_which_row_it_is():
    rows = [str(number) for number in (4, 10, 85, 86, 131, 226)]
    assert guess(pl.Series("column_1", rows), first=True).kind == "identifier"
    assert guess(pl.Series("weight", rows), first=True).kind == "number"
    assert guess(pl.Series("column_1", [*rows, "226"]), first=True).kind == "number"


def test_a_value_that_stands_apart_and_is_frequent_may_mean_no_value():
    days = pl.Series("pdays", ["-1"] * 300 + text(rng.integers(1, 400, 100)))
    found = guess(days)
    assert (list(found.sentinels), found.kind) == (["-1"], "number")
    assert any("-1" in doubt for doubt in found.doubts)
    assert guess(pl.Series("balance", text(rng.integers(-500, 500, ROWS)))).sentinels == []


def test_words_among_numbers_are_told_and_no_levels():
    income = pl.Series("income", [*text(rng.normal(4e4, 1e4, 392).round()), *["n. bek."] * 8])
    found = guess(income)
    assert found.kind == "number"
    assert found.doubts == ["8 cells hold 'n. bek.': taken as missing"]
    assert found.missing == pytest.approx(0.02)


def test_names_are_cut_into_words():
    assert [words_of(name) for name in ("CustomerID", "kd_nr", "InvoiceNo")] == [
        "customer id",
        "kd nr",
        "invoice no",
    ]


def test_a_count_is_no_code_by_what_it_is_counted_by():
    counts = pl.Series([3, 0, 7, 2, 5] * 8)
    for name in ("visits_per_store", "days_in_region", "NumVisitsChannel", "visits"):
        assert guess(counts.alias(name)).kind == "number"
    for name in ("store", "channel", "weekday"):
        assert guess(counts.alias(name)).kind == "code"


def test_a_zero_before_a_digit_or_two_makes_no_code():
    cells = pl.Series("visits", [str(value) for value in range(10, 40)] + ["05"])
    assert guess(cells).kind == "number"
    assert guess(pl.Series("plan", ["01", "02", "10", "11", "03"] * 6)).kind == "code"


@pytest.mark.parametrize(
    ("cells", "kind", "words"),
    [
        (["yes", "no", "?"] * 30, "two-valued", ["?"]),
        (["m", "f", "d", "N/A", "NA"] * 30, "category", ["N/A", "NA"]),
        (["a", "b", "none", "unknown"] * 30, "category", []),
        (["null", "red"] * 30, "constant", ["null"]),
    ],
)
def test_words_for_missing_are_no_level(cells, kind, words):
    column = guess(pl.Series("reply", cells))
    assert (column.kind, list(column.sentinels)) == (kind, words)
    assert column.sentinel_share == pytest.approx(sum(cell in words for cell in cells) / len(cells))
    assert len(column.doubts) == len(words)


def test_digits_beyond_what_a_number_holds_name_something():
    codes = pl.Series("machine", [f"9{row % 7}23372036854775808" for row in range(200)])
    assert guess(codes).kind == "category"
    assert guess(pl.Series("age", [str(20 + row % 60) for row in range(199)] + [codes[0]])).kind == "number"


def test_whole_numbers_that_are_days_are_dates():
    days = [20_240_101 + day % 28 for day in range(90)]
    for cells in (days, list(map(str, days))):
        assert guess(pl.Series("since", cells)).pattern == "%Y%m%d"
    assert guess(pl.Series("since", [20_241_301 + day for day in range(90)])).kind != "date"


def test_seconds_since_1970_are_times_where_the_name_says_so():
    seconds = [1_700_000_000 + 997 * row for row in range(90)]
    for factor, pattern in ((1, "%s"), (1000, "%Q")):
        cells = [str(factor * each) for each in seconds]
        found = guess(pl.Series("created_at", cells), first=True)
        assert (found.kind, found.pattern) == ("date", pattern)
        assert dates(pl.Series(cells), pattern).values[0].isoformat() == "2023-11-14T22:13:20"
        assert guess(pl.Series("card_number", cells)).kind == "identifier"


def test_dates_of_several_forms_are_left_out_and_told():
    cells = ["2024-01-31", "31.12.2023", "2024-02-01 ", "02.03.2024"] * 20
    column = guess(pl.Series("joined", [cell.strip() for cell in cells]))
    assert column.kind == "text"
    assert column.doubts == ["dates of 2 forms (%Y-%m-%d, %d.%m.%Y): left out; write them all in one"]
    assert (
        guess(pl.Series("flat", ["3-room 1-bath", "4-room 2-bath", "2-room 1-bath"] * 20)).kind == "category"
    )
