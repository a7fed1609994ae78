"""Lines of baskets to customers: what was no purchase is left out and counted, later weeks answer."""

import datetime
import json

import polars as pl
import pytest

from personae.core.errors import PersonaeError
from personae.sources.files import TableFile, read_file
from personae.sources.settings import TransactionsPrepare
from personae.sources.transactions import Preparation, prepare, purchases
from personae.sources.values import identifiers

NAMES = {
    "id": "Customer",
    "basket": "Invoice",
    "item": "Stock",
    "time": "Date",
    "quantity": "Qty",
    "price": "Price",
}
LINES = [
    # invoice, stock, qty, day of 2020, price, customer
    ("1", "tea", 2, 1, 1.5, 10.0),
    ("1", "cup", 1, 1, 4.0, 10.0),
    ("2", "tea", 1, 8, 1.5, 10.0),
    ("3", "tea", 1, 9, 1.5, 11.0),
    ("C4", "tea", -1, 10, 1.5, 11.0),
    ("5", "cup", 1, 11, 4.0, None),
    ("6", "cup", 0, 11, 4.0, 11.0),
    ("7", "cup", 1, 11, 0.0, 11.0),
    ("8", "tea", 1, 25, 1.5, 10.0),
    ("9", "tea", 1, 26, 1.5, 12.0),
]


def settings(**changes):
    given = {
        "source": "transactions",
        "files": ["a.parquet"],
        "columns": NAMES,
        "cancelled": "^C",
        "early_weeks": 2,
    }
    return TransactionsPrepare(**given | changes)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    table = pl.DataFrame(LINES, schema=["Invoice", "Stock", "Qty", "Date", "Price", "Customer"], orient="row")
    start = datetime.datetime(2020, 1, 1, 9, 30)
    table = table.with_columns(
        Date=pl.Series([start + datetime.timedelta(days=d - 1) for d in table["Date"]])
    )
    table.write_parquet(folder / "a.parquet")
    table.write_csv(folder / "a.csv", datetime_format="%d.%m.%Y %H:%M")
    return folder


@pytest.fixture(scope="module")
def prepared(folder):
    return prepare(folder, settings())


def test_customers_are_described_by_the_early_weeks_alone(prepared):
    customers = prepared.tables["customers"]
    assert customers["customer"].to_list() == ["10", "11"]
    first = customers.row(0, named=True)
    assert (first["frequency"], first["spend"], first["recency"], first["tenure"]) == (2, 8.5, 6, 13)
    assert (first["basket_value"], first["items_per_basket"], first["days_between"]) == (4.25, 1.5, 7.0)


def test_later_weeks_say_who_bought_again(prepared):
    assert dict(prepared.tables["customers"].select("customer", "again").iter_rows()) == {"10": 1, "11": 0}


def test_what_was_no_purchase_is_counted_by_reason(prepared):
    found = {reason: rows for reason, rows in prepared.rejected.items() if rows}
    assert found == {
        "line without a customer": 1,
        "line of a cancelled basket": 1,
        "line of no piece, or of pieces returned": 1,
        "line without a price above 0": 1,
        "customer who bought after week 2 only": 1,
    }
    assert (prepared.notes["lines"], prepared.notes["purchases"]) == (10, 6)


def test_baskets_are_of_all_weeks(prepared):
    assert prepared.tables["baskets"]["week"].to_list() == [1, 1, 2, 4, 2, 4]


def test_text_and_typed_files_give_the_same_tables(folder, prepared):
    found = prepare(folder, settings(files=["a.csv"]))
    assert all(found.tables[name].equals(table) for name, table in prepared.tables.items())


def test_half_of_the_weeks_describe_by_default(folder):
    assert prepare(folder, settings(early_weeks=None)).notes["early_until"] == "2020-01-14"


def test_weeks_that_leave_nothing_to_answer_are_refused(folder):
    with pytest.raises(PersonaeError, match="early_weeks holds 4; the lines are of 4 weeks"):
        prepare(folder, settings(early_weeks=4))


def test_a_file_without_a_purchase_is_refused_with_the_reason(tmp_path):
    pl.DataFrame(
        {"Customer": [1, 1], "Stock": ["a", "b"], "Date": ["2020-01-01"] * 2, "Qty": [-1, -2]}
    ).write_csv(tmp_path / "a.csv")
    columns = {"id": "Customer", "item": "Stock", "time": "Date", "quantity": "Qty"}
    with pytest.raises(PersonaeError, match="no purchase is left; most lines: line of no piece"):
        prepare(tmp_path, settings(files=["a.csv"], columns=columns, cancelled=None))


def test_a_customer_an_item_and_a_day_are_enough(folder):
    found = prepare(
        folder, settings(columns={"id": "Customer", "item": "Stock", "time": "Date"}, cancelled=None)
    )
    assert found.tables["customers"]["customer"].to_list() == ["10", "11"]
    learned = Preparation.model_validate_json(json.dumps(found.learned))
    again = learned.gather(read_file(folder / learned.raw(folder)[0].name))[0]["customers"]
    assert again.equals(found.tables["customers"].drop("again", "unit"))


def test_more_than_a_line_can_hold_is_refused_with_its_place(tmp_path):
    table = pl.DataFrame({"Customer": ["a"], "Invoice": ["1"], "Stock": ["tea"], "Date": ["2020-01-01"]})
    table.with_columns(Qty=pl.lit(9e18), Price=pl.lit(1.5)).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(PersonaeError, match=r"a.parquet: column Qty holds 9e\+18 .*up to 1,000,000,000"):
        prepare(tmp_path, settings())


@pytest.mark.parametrize("form", ["a.parquet", "a.csv"])
def test_a_customer_alone_is_described_as_in_the_file(folder, form):
    prepared = prepare(folder, settings(files=[form]))
    learned = Preparation.model_validate_json(json.dumps(prepared.learned))
    file = read_file(folder / form)
    everyone, problems = learned.gather(file)
    described = prepared.tables["customers"].drop("again", "unit")
    assert everyone["customers"].equals(described)
    assert problems == {"12": "no purchase from 2020-01-01 to 2020-01-14, the day described (as_of)"}
    for customer in ("10", "11"):
        own = file.table.filter(identifiers(file.table["Customer"]) == customer)
        alone, _ = learned.gather(TableFile(file.path, own, range(own.height)))
        assert alone["customers"].equals(described.filter(pl.col("customer") == customer))


def test_a_later_day_moves_the_period(prepared, folder):
    learned = Preparation.model_validate_json(json.dumps(prepared.learned))
    later, late = learned.gather(read_file(folder / "a.parquet"), datetime.date(2020, 1, 28))
    found = later["customers"].select("customer", "recency", "frequency")
    assert found.rows() == [("10", 3, 1), ("12", 2, 1)]
    assert set(late) == {"11"}


def test_a_line_that_does_not_fit_is_its_customers_problem(prepared, folder):
    learned = Preparation.model_validate_json(json.dumps(prepared.learned))
    file = read_file(folder / "a.csv")
    wrong = file.table.with_columns(Qty=pl.Series(["lots", *file.table["Qty"][1:]]))
    found, problems = learned.gather(TableFile(file.path, wrong, file.lines))
    assert problems["10"] == "column Qty holds 'lots'; expected a number"
    assert found["customers"]["customer"].to_list() == ["11"]
    with pytest.raises(PersonaeError, match="column Qty is missing"):
        learned.gather(TableFile(file.path, wrong.drop("Qty"), file.lines))


def test_purchases_are_what_was_spent_on_a_day(folder):
    spent = purchases(folder, settings()).group_by("customer", "day").agg(pl.col("spend").sum())
    by_day = {(who, day.day): each for who, day, each in spent.rows()}
    expected = {("10", 1): 7.0, ("10", 8): 1.5, ("11", 9): 1.5, ("10", 25): 1.5, ("12", 26): 1.5}
    assert by_day == pytest.approx(expected)
