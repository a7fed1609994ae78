import numpy as np
import pandas as pd
import polars as pl
import pytest
from pydantic import ValidationError

from personae.core.errors import PersonaeError
from personae.inference.probabilities import probabilities, read_levels
from personae.inference.settings import Bins


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
    rows = probabilities(table, [("product", "fitness")])
    expected = pd.crosstab(table["product"].to_numpy(), table["fitness"].to_numpy(), normalize="columns")
    found = rows.filter(kind="conditional", event="product")
    for row in found.iter_rows(named=True):
        assert row["probability"] == pytest.approx(expected.loc[row["event_value"], int(row["given_value"])])
        assert row["base_rate"] == pytest.approx((table["product"] == row["event_value"]).mean())
        assert row["small_n"] == (row["total"] < 30)
    assert len(found) == 10


def test_tables_add_up(table):
    rows = probabilities(table, [("product", "age")], {"age": Bins(edges=[30, 40])})
    whole = pl.when(kind="conditional").then("given_value").alias("whole")
    sums = rows.group_by("kind", "event", whole).agg(pl.col("probability").sum())
    assert sums["probability"].to_list() == pytest.approx([1.0] * len(sums))
    assert rows.filter(kind="joint")["count"].sum() == 90


@pytest.mark.parametrize(("closed", "below"), [("left", 1), ("right", 2)])
def test_an_edge_lies_where_it_is_said_to(closed, below):
    _, codes = read_levels(pl.DataFrame({"age": [20, 30, 40]}), "age", Bins(edges=[30], closed=closed))
    assert (codes == 0).sum() == below


def test_bins_without_rows_are_listed():
    table = pl.DataFrame({"product": ["a", "b"], "age": [20, 50]})
    rows = probabilities(table, [("product", "age")], {"age": Bins(edges=[30, 40])})
    empty = rows.filter(kind="conditional", given_value="30 to < 40")
    assert empty["total"].to_list() == [0, 0]
    assert empty["probability"].is_null().all()
    assert empty["small_n"].all()


def test_rows_with_a_missing_value_are_left_out_of_the_table():
    table = pl.DataFrame({"product": ["a", None, "b", "b"], "age": [20.0, 20.0, None, 50.0]})
    rows = probabilities(table, [("product", "age")], {"age": Bins(edges=[30])})
    assert set(rows.filter(kind="joint")["total"]) == {2}
    assert set(rows.filter(kind="marginal")["total"]) == {3}


@pytest.mark.parametrize("edges", [[40, 30], [], [30, 30]])
def test_edges_that_do_not_rise_are_refused(edges):
    with pytest.raises(ValidationError, match="edges"):
        Bins(edges=edges)


def test_bins_of_a_category_are_refused(table):
    with pytest.raises(PersonaeError, match="bins of column product: expected a column of numbers"):
        probabilities(table, [("product", "age")], {"product": Bins(edges=[30])})


def test_an_unknown_column_is_named(table):
    with pytest.raises(
        PersonaeError, match="column income is not in the table; it has product, fitness, age"
    ):
        probabilities(table, [("product", "income")])
