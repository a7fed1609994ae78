import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats

from personae.sources.exploration import CORRELATED, LEVELS, explore


@pytest.fixture
def table():
    rng = np.random.default_rng(3)
    age = rng.integers(18, 90, 400)
    income = rng.lognormal(10, 1, 400) * age
    gaps = rng.random(400) < 0.1
    return pl.DataFrame(
        {
            "customer": np.arange(400),
            "unit": np.arange(400),
            "age": age,
            "income": [None if gap else value for gap, value in zip(gaps, income.tolist(), strict=True)],
            "children": rng.poisson(1, 400),
            "city": rng.choice(["Rome", "Oslo"], 400, p=[0.8, 0.2]),
            "cost": np.full(400, 3.0),
        }
    )


def test_figures_are_those_of_scipy_and_numpy(table):
    income = explore(table)["columns"]["income"]
    known = table["income"].drop_nulls().to_numpy()
    assert income["missing"] == 400 - len(known)
    assert (income["median"], income["sd"]) == pytest.approx((np.median(known), known.std(ddof=1)))
    assert income["skewness"] == pytest.approx(stats.skew(known))
    assert sum(income["counts"]) == len(known)


def test_correlations_are_spearmans_over_rows_where_both_are_known(table):
    found = explore(table)["correlations"]
    names = ["age", "income", "children"]
    expected = pd.DataFrame({name: table[name].to_pandas() for name in names}).corr(method="spearman")
    assert found["columns"] == names
    np.testing.assert_allclose(found["rho"], expected, atol=1e-12)
    assert found["strongest"][0][:2] == ("age", "income")


def test_columns_of_any_pattern_of_gaps_are_correlated_over_rows_where_both_are_known():
    rng = np.random.default_rng(5)
    wide = pd.DataFrame(rng.integers(0, 9, (60, 6)).astype(float), columns=list("abcdef"))
    wide.loc[5:30, ["b", "c"]] = np.nan
    wide.loc[20:58, "d"] = np.nan
    wide.loc[:56, "e"] = np.nan
    wide.loc[57:, "e"], wide.loc[57:, "f"] = [1.0, 5.0, 2.0], 1.0
    found = explore(pl.from_pandas(wide))["correlations"]
    expected = wide.corr(method="spearman", min_periods=3)
    np.testing.assert_allclose(found["rho"], expected, atol=1e-12)


def test_identifiers_are_left_out_and_constants_are_named(table):
    columns = explore(table)["columns"]
    assert not {"customer", "unit"} & columns.keys()
    assert columns["cost"]["kind"] == "constant"


def test_categories_are_counted_the_most_frequent_first(table):
    city = explore(table)["columns"]["city"]
    assert [level for level, _ in city["levels"]] == ["Rome", "Oslo"]
    assert sum(count for _, count in city["levels"]) == 400


def test_whole_numbers_have_bins_of_their_own(table):
    children = explore(table)["columns"]["children"]
    counts = table["children"].value_counts().sort("children")["count"].to_list()
    assert [count for count in children["counts"] if count] == counts


def test_many_levels_and_many_columns_are_cut_and_counted():
    rng = np.random.default_rng(0)
    wide = {f"c{each}": rng.normal(size=50) for each in range(40)}
    found = explore(pl.DataFrame({"name": [f"n{each % 30}" for each in range(50)], **wide}))
    name = found["columns"]["name"]
    assert len(name["levels"]) == LEVELS
    assert sum(count for _, count in name["levels"]) + name["others"] == 50
    assert len(found["correlations"]["columns"]) == CORRELATED


@pytest.mark.parametrize(
    "column",
    [[None, None, None], [float("nan"), 1.0, 1.0], [True, False, None]],
    ids=["empty", "nan", "truth"],
)
def test_odd_columns_are_described(column):
    found = explore(pl.DataFrame({"odd": pl.Series(column, dtype=None if any(column) else pl.Float64)}))
    assert found["rows"] == 3
    assert found["correlations"]["columns"] == []
