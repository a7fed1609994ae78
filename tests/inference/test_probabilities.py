import numpy as np
import pandas as pd
import polars as pl
import pytest

from personae.core.errors import PersonaeError
from personae.inference.probabilities import Bins, probabilities, read_levels


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "product": rng.choice(["a", "b"], 90),
            "fitness": rng.integers(1, 6, 90),
            "age": rng.integers(18, 51, 90),
        }
    )


def test_conditional_probabilities_are_those_of_a_crosstab(table):
    rows = probabilities(table, [("product", "fitness")], {}, small_n=30)
    expected = pd.crosstab(table["product"].to_numpy(), table["fitness"].to_numpy(), normalize="columns")
    found = {
        (r.event_value, int(r.given_value)): r
        for r in rows
        if r.kind == "conditional" and r.event == "product"
    }
    for (product, fitness), row in found.items():
        assert row.probability == pytest.approx(expected.loc[product, fitness])
        assert row.base_rate == pytest.approx((table["product"] == product).mean())
        assert row.small_n == (row.total < 30)
    assert len(found) == 10


def test_tables_add_up(table):
    rows = probabilities(table, [("product", "age")], {"age": Bins((30, 40), "left")}, small_n=30)
    by_kind = {}
    for row in rows:
        key = (row.kind, row.event, row.given_value if row.kind == "conditional" else None)
        by_kind[key] = by_kind.get(key, 0) + row.probability
    assert list(by_kind.values()) == pytest.approx([1.0] * len(by_kind))
    assert sum(row.count for row in rows if row.kind == "joint") == 90


@pytest.mark.parametrize(("closed", "below"), [("left", 1), ("right", 2)])
def test_an_edge_lies_where_it_is_said_to(closed, below):
    levels = read_levels(pl.DataFrame({"age": [20, 30, 40]}), "age", Bins((30,), closed))
    assert (levels.codes == 0).sum() == below


def test_bins_without_rows_are_listed():
    table = pl.DataFrame({"product": ["a", "b"], "age": [20, 50]})
    rows = probabilities(table, [("product", "age")], {"age": Bins((30, 40), "left")}, small_n=30)
    empty = [row for row in rows if row.kind == "conditional" and row.given_value == "30 to < 40"]
    assert [row.total for row in empty] == [0, 0]
    assert all(np.isnan(row.probability) and row.small_n for row in empty)


def test_rows_with_a_missing_value_are_left_out_of_the_table():
    table = pl.DataFrame({"product": ["a", None, "b", "b"], "age": [20.0, 20.0, None, 50.0]})
    rows = probabilities(table, [("product", "age")], {"age": Bins((30,), "left")}, small_n=30)
    assert {row.total for row in rows if row.kind == "joint"} == {2}
    assert {row.total for row in rows if row.kind == "marginal"} == {3}


@pytest.mark.parametrize(
    ("column", "edges"), [("age", (40, 30)), ("age", ()), ("age", (30, 30)), ("product", (30,))]
)
def test_bins_that_make_no_sense_are_refused(table, column, edges):
    with pytest.raises(PersonaeError, match=f"bins of column {column}: expected rising edges"):
        probabilities(table, [("product", column)], {column: Bins(edges, "left")}, small_n=30)


def test_an_unknown_column_is_named(table):
    with pytest.raises(
        PersonaeError, match="column income is not in the table; it has product, fitness, age"
    ):
        probabilities(table, [("product", "income")], {}, small_n=30)
