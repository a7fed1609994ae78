import numpy as np
import polars as pl
import pytest

from personae.core.errors import PersonaeError
from personae.inference.compare import compare_customers, compare_groups
from personae.inference.explained import explained
from personae.inference.settings import Compare, ComparisonCriteria

RULES = ComparisonCriteria(permutations=99)


@pytest.fixture(scope="module")
def space():
    rng = np.random.default_rng(0)
    income, age = np.exp(10 + 0.5 * rng.normal(size=500)), 40 + 10 * rng.normal(size=500)
    spend = np.exp(4 + rng.normal(size=500) + 0.3 * np.log(income))
    return {"income": income, "age": age, "spend": spend}


def test_functions_of_the_segments_columns_are_found_whatever_their_name(space):
    rng = np.random.default_rng(1)
    income, age, spend = space.values()
    columns = {
        "spend_eur": 0.93 * spend,
        "basket_value": 3 * spend + 0.1 * spend.std() * rng.normal(size=500),
        "log": np.log(spend),
        "share": spend / (spend + income / 5),
        "product": age * np.log(income),
        "class": np.where(income > np.median(income), "high", "low"),
        "band": np.digitize(age, [30, 40, 50]).astype(float),
    }
    assert min(explained(list(space.values()), columns).values()) > 0.95


def test_noise_and_what_only_follows_them_are_no_functions(space):
    rng = np.random.default_rng(2)
    columns = {
        "noise": rng.normal(size=500),
        "sex": rng.choice(["m", "f"], 500),
        "visits": np.log(space["spend"]) + 0.6 * rng.normal(size=500),
    }
    found = explained(list(space.values()), columns)
    assert max(found["noise"], found["sex"]) < 0.1
    assert 0.5 < found["visits"] < 0.95


def customers(space):
    rng = np.random.default_rng(3)
    near = np.log(space["spend"]) + 0.6 * rng.normal(size=500)
    table = pl.DataFrame(space).with_columns(
        basket=2 * pl.col("spend"), near=pl.Series(near), hour=rng.normal(size=500)
    )
    segment = (np.log(space["spend"]) > np.median(np.log(space["spend"]))).astype(int)
    return table, pl.DataFrame({"segment": segment})


def test_a_function_is_described_and_what_is_half_one_is_tested_and_said(space):
    table, segments = customers(space)
    found = compare_groups(table.with_columns(segments), "segment", RULES, descriptive=list(space))
    assert found.descriptive == [*space, "basket"]
    assert found.variables.loc["basket", ["test", "p", "p_adjusted"]].isna().all()
    assert found.variables["p"][["near", "hour"]].notna().all()
    assert [*found.explained] == ["basket", "near"]


def test_filled_cells_are_left_out_and_counted_and_what_the_space_filled_is_described(space):
    table, segments = customers(space)
    gap = pl.int_range(500) % 5 == 0
    observed = table.with_columns(
        *(pl.when(gap).then(None).otherwise(pl.col(name)).alias(name) for name in ("near", "hour"))
    )
    settings = Compare(rules=RULES, variables=["near", "hour"])
    made = {"made_by": list(space), "observed": observed, "seed": 0}
    found = compare_customers(
        table, segments, settings, imputed_from={"near": ["spend"], "hour": ["near"]}, **made
    )
    assert found.variables["filled"].tolist() == [100, 100]
    assert found.variables["missing"].tolist() == [100, 100]
    assert found.descriptive == ["near"]
    assert found.variables["test"]["hour"] is not None
    with pytest.raises(PersonaeError, match="500 imputed customers of 499"):
        compare_customers(table, segments, settings, made_by=list(space), observed=observed[1:], seed=0)
