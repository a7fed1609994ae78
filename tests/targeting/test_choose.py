import json

import numpy as np
import pandas as pd
import pytest

from personae.core.errors import PersonaeError
from personae.core.files import to_json
from personae.response.predictions import responses
from personae.targeting.choose import select_targets
from personae.targeting.settings import Target

SETTINGS = {
    "cost": "contact_cost",
    "revenue": 11.0,
    "cost_by": {},
    "revenue_by": {"segment": {"1": 20.0}},
    "assumed": False,
    "budgets": [30.0, 150.0],
    "budget": None,
    "rfm": {"recency": "recency", "frequency": "orders", "monetary": "spend"},
    "fall": 0.2,
    "resamples": 200,
    "uplift": {"treatment": None, "inputs": [], "smallest_effect": 0.05},
}
MAILED = {"treatment": "mailed", "randomised": True, "inputs": ["recency", "spend"], "smallest_effect": 0.1}


def settings(**changes):
    return Target.model_validate_json(json.dumps(SETTINGS | changes))


def case(seed=0, rows=400):
    rng = np.random.default_rng(seed)
    truth = rng.beta(0.7, 4, rows)
    answers = (rng.random(rows) < truth).astype(int)
    found = np.clip(truth + rng.normal(0, 0.02, (3, rows)), 0, 1)
    table = pd.DataFrame(
        {
            "contact_cost": 3.0,
            "recency": rng.random(rows),
            "orders": rng.poisson(3, rows),
            "spend": rng.random(rows),
            "odd": np.arange(rows) % 2,
        }
    )
    told = {
        "classes": [0, 1],
        "probabilities": np.stack([1 - found, found], axis=2),
        "reasons": ["recency 3"] * rows,
    }
    laid_out = responses(np.arange(rows) + 100, np.arange(rows), answers, **told)
    return laid_out, table, pd.Series(np.arange(rows) % 2)


def test_the_report_keeps_the_contract_and_the_model_pays():
    report = to_json(select_targets(*case(), settings(), seed=1).report)
    assert {"cost", "revenue", "cutoff", "profit", "budget"} <= set(report)
    profit = report["profit"]
    assert {"everyone", "nobody", "model", "model_ci", "oracle", "random", "top_rfm"} <= set(profit)
    assert profit["oracle"] > profit["model"] > max(profit["everyone"], profit["random"], 0)
    assert profit["model_ci"][0] < profit["model"] < profit["model_ci"][1]
    assert all({"budget", "contacts", "profit"} <= set(point) for point in report["budget"])
    assert report["uplift"]["verdict"] == "not identifiable from this file"
    assert report["uplift"]["experiment"]["per_arm"] > 50


def test_the_list_says_who_why_and_what_it_is_worth():
    found = select_targets(*case(), settings(), seed=1).customers
    columns = [
        "customer",
        "segment",
        "probability",
        "expected_profit",
        "decision",
        "reason",
        "cost",
        "revenue",
    ]
    assert found.columns.tolist() == columns
    assert found["expected_profit"].is_monotonic_decreasing
    assert ((found["decision"] == "contact") == (found["expected_profit"] >= 0)).all()
    dear = found[found["segment"] == 1]
    assert np.allclose(dear["expected_profit"], dear["probability"] * 20 - 3)


def test_a_budget_is_never_overspent():
    report = select_targets(*case(), settings(), seed=1).report
    assert all(point["spent"] <= point["budget"] for point in report["budget"])
    assert report["plan"] is None


def test_under_a_budget_the_list_holds_who_promises_most_for_it():
    found = select_targets(*case(), settings(budget=31.0), seed=1)
    listed = found.customers[found.customers["decision"] == "contact"]
    assert len(listed) == found.report["plan"]["contacts"] == 10
    assert listed["expected_profit"].sum() == pytest.approx(found.report["plan"]["expected_profit"])
    others = found.customers[found.customers["decision"] == "leave"]
    assert listed["expected_profit"].min() >= others["expected_profit"].max()


def test_of_several_offers_to_a_customer_the_list_holds_the_last():
    laid_out, table, segments = case()
    laid_out["customer"] = laid_out["row"] % 100
    found = select_targets(laid_out, table, segments, settings(), seed=1)
    assert found.report["customers"] == 400
    listed = found.customers[found.customers["decision"] == "contact"]
    assert found.report["listed"].items() >= {"customers": 100, "contacts": len(listed)}.items()
    assert found.report["listed"]["expected_profit"] == pytest.approx(listed["expected_profit"].sum())
    spent, earned = found.report["listed"]["spent"], listed["expected_profit"].sum()
    low, high = found.report["listed"]["profit_interval"]
    assert -spent <= low < earned < high
    fallen = found.report["listed"]["if_response_falls"]
    assert fallen == pytest.approx(0.8 * (earned + spent) - spent)


def test_what_no_block_of_time_tests_is_counted_and_any_other_missing_probability_is_refused():
    laid_out, table, segments = case()
    table["day"] = np.repeat(np.arange(8), 50)
    laid_out.loc[laid_out["row"] < 5, "probability"] = np.nan
    report = select_targets(laid_out, table, segments, settings(), seed=1, time="day").report
    assert (report["customers"], report["unscored"]) == (395, 5)
    with pytest.raises(PersonaeError, match="5 customers have no probability out of fold"):
        select_targets(laid_out, table, segments, settings(), seed=1)
    laid_out.loc[(laid_out["row"] == 7) & (laid_out["repeat"] == 2), "probability"] = np.nan
    with pytest.raises(PersonaeError, match="probability is nan for 1 predictions"):
        select_targets(laid_out, table, segments, settings(), seed=1, time="day")


def test_forward_in_time_the_interval_draws_times_not_customers():
    laid_out, table, segments = case()
    table["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.repeat(np.arange(4), 100), "D")
    alone = select_targets(laid_out, table, segments, settings(), seed=1).report
    table.loc[:99, "contact_cost"] = 0.01
    blocked = select_targets(laid_out, table, segments, settings(), seed=1, time="day").report
    customers = select_targets(laid_out, table, segments, settings(), seed=1).report
    width = {name: np.ptp(one["profit"]["model_ci"]) for name, one in (("time", blocked), ("one", customers))}
    assert width["time"] > 1.2 * width["one"]
    assert alone["profit_by_time"] is None
    by_time = blocked["profit_by_time"]
    assert [row["time"] for row in by_time] == [f"2020-01-0{day}" for day in range(1, 5)]
    assert sum(row["profit"] for row in by_time) == pytest.approx(blocked["profit"]["model"])
    assert sum(row["contacts"] for row in by_time) == pytest.approx(blocked["contacts"])
    assert "4 different times of column day" in blocked["model_ci_estimates"]


def test_without_a_recency_a_customer_comes_last_in_rfm():
    laid_out, table, segments = case()
    table.loc[:50, "recency"] = np.nan
    assert np.isfinite(
        select_targets(laid_out, table, segments, settings(), seed=1).report["profit"]["top_rfm"]
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cost": "postage"}, r"target.cost: column 'postage' is not in the customer table"),
        ({"cost": -1.0}, "cost per contact is -1"),
        ({"rfm": SETTINGS["rfm"] | {"recency": "days"}}, "target.rfm: column 'days'"),
        ({"uplift": MAILED | {"treatment": "postage"}}, "column 'postage' is not in the customer table"),
        ({"uplift": MAILED | {"treatment": "orders"}}, "column 'orders' holds .*; expected 0 or 1"),
        (
            {"uplift": MAILED | {"treatment": "odd", "inputs": ["age"]}},
            "column 'age' is not in the customer table",
        ),
        ({"cost_by": {"channel": {"mail": 1.0}}}, "target.cost_by: column 'channel'"),
        ({"cost_by": {"segment": {"one": 1.0}}}, "'one' is no group of the customers; there are 0, 1"),
    ],
)
def test_impossible_settings_are_named(changes, message):
    with pytest.raises(PersonaeError, match=message):
        select_targets(*case(), settings(**changes), seed=1)


def test_costs_may_differ_by_segment_and_by_channel():
    laid_out, table, segments = case()
    table["channel"] = np.where(np.arange(len(table)) % 4 < 2, "mail", "phone")
    by = {"cost_by": {"segment": {"0": 2.0}, "channel": {"mail": 0.5}}}
    found = select_targets(laid_out, table, segments, settings(**by), seed=1).customers.set_index("customer")
    cost = found["probability"] * np.where(found["segment"] == 1, 20.0, 11.0) - found["expected_profit"]
    assert np.allclose(cost.loc[[100, 101, 102, 103]], [0.5, 0.5, 2.0, 3.0])


def experiment(gain, rows=1500):
    """Contact helps customers who came lately by `gain`, and nobody else."""
    rng = np.random.default_rng(4)
    table = pd.DataFrame(
        {
            "contact_cost": 3.0,
            "mailed": rng.integers(0, 2, rows),
            **{name: rng.random(rows) for name in ("recency", "orders", "spend")},
        }
    )
    chance = 0.2 + gain * table["mailed"] * (table["recency"] < 0.5)
    answers = (rng.random(rows) < chance).astype(int)
    found = np.full((1, rows, 2), [0.7, 0.3])
    told = {"classes": [0, 1], "probabilities": found, "reasons": [""] * rows}
    return responses(np.arange(rows), np.arange(rows), answers, **told), table, pd.Series([0] * rows)


def test_uplift_is_estimated_where_both_arms_are_in_the_file():
    found = select_targets(*experiment(0.5), settings(uplift=MAILED, revenue_by={}), seed=1).report["uplift"]
    assert found["verdict"] == "uplift differs between customers"
    assert set(found["qini"]) == {"two models", "class transformation"}
    assert all(each["ci"][0] > 0 for each in found["qini"].values())
    none = select_targets(*experiment(0.0), settings(uplift=MAILED, revenue_by={}), seed=1).report["uplift"]
    assert none["verdict"] == "no difference in uplift is found"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"uplift": MAILED | {"inputs": []}}, "inputs is empty"),
        ({"budgets": [0.0]}, "greater than 0"),
        ({"budget": -1.0}, "greater than 0"),
        ({"fall": 1.5}, "less than 1"),
    ],
)
def test_settings_that_no_data_could_fit_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        settings(**changes)


def test_cost_and_revenue_are_all_that_must_be_set():
    report = select_targets(*case(), Target(cost=3.0, revenue=11.0)).report
    assert report["profit"]["oracle"] > report["profit"]["model"] > 0
    assert report["budget"] == []
