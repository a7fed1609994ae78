"""Which columns are those of transactions."""

import numpy as np
import polars as pl
import pytest

from personae.onboarding.guess_transactions import guess_transactions
from personae.sources.files import TableFile

ROWS = 600


def file(**columns):
    table = pl.DataFrame({name: [str(value) for value in values] for name, values in columns.items()})
    return TableFile("a.csv", table, range(2, table.height + 2))


def test_transactions_are_known_by_their_columns():
    rng = np.random.default_rng(4)
    lines = file(
        InvoiceNo=[("C" if number % 30 == 0 else "") + str(536365 + number) for number in range(600)],
        StockCode=rng.integers(100, 200, 600),
        Description=["a"] * 600,
        Quantity=rng.integers(1, 9, 600),
        InvoiceDate=["2010-12-01 08:26:00"] * 600,
        UnitPrice=rng.random(600).round(2),
        CustomerID=rng.integers(1, 60, 600),
        Country=["UK"] * 600,
    )
    found = guess_transactions(lines)
    assert found["columns"] == {
        "id": "CustomerID",
        "basket": "InvoiceNo",
        "item": "StockCode",
        "category": "Description",
        "time": "InvoiceDate",
        "quantity": "Quantity",
        "price": "UnitPrice",
    }
    assert found["cancelled"] == "^[C]"


def lines(**columns):
    """Lines of sixty customers, with what else is named."""
    rng = np.random.default_rng(5)
    return file(household_id=rng.integers(1, 60, ROWS), basket_id=rng.integers(1, 200, ROWS), **columns)


SECONDS = [1_700_000_000 + 3_600 * line for line in range(ROWS)]


@pytest.mark.parametrize(
    ("names", "item", "category"),
    [
        (("product_type", "product_category"), "product_type", "product_category"),
        (("product_category", "product_type", "product_id"), "product_id", "product_category"),
        (("product_category",), "product_category", None),
        (("article line", "department"), "article line", "department"),
    ],
)
def test_what_is_bought_may_be_named_by_its_kind(names, item, category):
    things = {name: ["cheese", "milk", "soap"] * (ROWS // 3) for name in names}
    found = guess_transactions(lines(**things, ts=SECONDS))
    assert (found["columns"]["item"], found["columns"].get("category")) == (item, category)


def test_a_time_is_named_so_and_holds_times():
    for unit in (1, 1000):
        days = {"day_of_week": ["Mon", "Tue"] * (ROWS // 2), "ts": [unit * each for each in SECONDS]}
        assert guess_transactions(lines(item=range(ROWS), **days))["columns"]["time"] == "ts"


def test_a_customer_table_is_no_transactions():
    rng = np.random.default_rng(0)
    calls = {"id": range(ROWS), "age": rng.integers(18, 80, ROWS), "deposit": rng.choice(["yes", "no"], ROWS)}
    assert guess_transactions(file(**calls)) is None
    assert guess_transactions(lines(department=["a", "b"] * (ROWS // 2), date=["2024-01-02"] * ROWS)) is None
