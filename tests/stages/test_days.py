"""The stages of user-days, from the raw files of a few simulated wearers to what people read."""

import polars as pl
import pytest
import yaml

from personae import paths, tables
from personae.files import read_json, write_json
from personae.simulate.fitbit import simulate
from personae.stages import anomalies, impute_days, prepare, prescribe

SETTINGS = {
    "seed": 7,
    "prepare": {"source": "fitbit", "least_steps": 1, "wear_gap": 90},
    "impute": {
        "columns": ["minutes_asleep"],
        "predictors": ["steps", "sedentary_minutes", "rest_minutes"],
        "leaky": {"minutes_asleep": ["sedentary_minutes"]},
        "structural": ["fat"],
        "imputer": {"method": "ridge", "alpha": 1.0},
        "others": [{"method": "group_mean"}],
        "rules": {
            "unseen_customers": 4,
            "known_customers": 4,
            "impute_support": 0.5,
            "baseline_support": 0.2,
            "largest_shift": 2.0,
        },
        "folds": 3,
        "repeats": 1,
        "resamples": 100,
    },
    "anomalies": {
        "features": {"steps": "steps", "calories": "calories"},
        "roots": ["steps"],
        "rules": {"threshold": 4.5, "isolation": 0.65, "least_days": 7, "trees": 50},
    },
    "prescribe": {
        "budget": 6.0,
        "gain": "active days",
        "actions": [
            {"name": "habit", "cost": 3.0, "effect": 1.0, "elsewhere": 0.2},
            {"name": "mail", "cost": 1.0, "effect": 0.4, "elsewhere": 0.1},
        ],
    },
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("study")
    for name, content in simulate(users=10, days=10, seed=3).files.items():
        path = root / "data/shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    write_json(root / "data/shop/origin.json", {"data": "sample"})
    (root / "resolved").mkdir()
    (root / "resolved/shop.yaml").write_text(yaml.safe_dump(SETTINGS))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        prepare.main("shop")
    return root


@pytest.fixture(autouse=True)
def inside(root, monkeypatch):
    monkeypatch.chdir(root)


def test_the_audit_and_both_tables_are_written():
    report = read_json(paths.report("shop", "prepare.json"))
    days = tables.read(paths.further("shop", "days"))
    assert report["rows"] == tables.read(paths.table("shop", "customers")).height == 10
    assert report["days"] == days.height
    assert report["rejected"] == [{"reason": "user without a day in the minute tables", "rows": 14}]
    assert {repair["column"] for repair in report["repairs"]} >= {"dailyActivity", "sleepDay", "worn"}


def test_gaps_of_days_are_treated_by_case_and_users_described_anew():
    impute_days.main("shop")
    sleep = read_json(paths.report("shop", "impute.json"))["columns"]["minutes_asleep"]
    assert sleep["leaky_columns"] == ["sedentary_minutes"]
    assert sleep["unseen"]["leaky"]["r2"] is not None
    completed = tables.read(paths.table("shop", "complete_days"))
    given = tables.read(paths.further("shop", "days")).filter("measured")
    assert completed.select("customer", "date").equals(given.select("customer", "date"))
    assert completed["minutes_asleep"].null_count() < given["minutes_asleep"].null_count()
    assert completed["fat"].null_count() == given["fat"].null_count()
    users = tables.read(paths.table("shop", "complete"))
    assert users["customer"].to_list() == tables.read(paths.table("shop", "customers"))["customer"].to_list()
    assert users["unit"].to_list() == list(range(10))


def test_unusual_days_are_listed_with_a_reason_and_a_control():
    anomalies.main("shop")
    report = read_json(paths.report("shop", "anomalies.json"))
    assert report["users"] == 10
    assert report["found"]
    assert all(day["reason"].startswith("unusual for") for day in report["found"])
    assert report["control"]["recall"] > 0.5


def test_actions_are_allotted_within_the_budget():
    tables.write(paths.table("shop", "segments"), pl.DataFrame({"customer": [1, 2, 3], "segment": [0, 1, 0]}))
    cards = [{"id": 0, "action": "habit"}, {"id": 1, "action": "mail"}]
    write_json(paths.report("shop", "personas.json"), cards)
    prescribe.main("shop")
    report = read_json(paths.report("shop", "prescription.json"))
    assert report["cost"] <= report["budget"] == 6.0
    assert report["gain"] == 2.0
    chosen = pl.read_csv(paths.report("shop", "prescription.csv"))
    assert chosen["action"].to_list() == ["habit", None, "habit"]
