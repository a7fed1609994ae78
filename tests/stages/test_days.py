"""The stages of user-days, from the raw files of a few simulated wearers to what people read."""

import polars as pl
import pytest
import yaml

from personae.core import paths, tables
from personae.core.files import read_json, write_files, write_json
from personae.stages import days, impute, prepare
from personae.studies.fitbit.simulate import simulate

SETTINGS = {
    "seed": 7,
    "prepare": {"source": "fitbit", "least_steps": 1, "wear_gap": 90},
    "impute": {
        "table": "days",
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
    "days": {
        "segment": {
            "space": {
                "name": "user-day",
                "columns": ["steps", "mets"],
                "log1p": [],
                "categorical": [],
                "scaler": "standard",
            },
            "scaler": {"name": "reference", "axes": None},
            "clusterer": {"name": "kmeans", "n_init": 2},
            "k": 2,
            "rule": "fixed",
            "candidates": [2],
            "cap": None,
            "floor": 0.05,
            "effort": {
                "bootstraps": 5,
                "splits": 2,
                "null_tables": 9,
                "null_bootstraps": 2,
                "silhouette_rows": 1000,
                "stability_rows": 1000,
                "null_rows": 100,
            },
            "also": {},
            "workers": 1,
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
    },
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("study")
    write_files(root / "data/shop", simulate(users=10, days=10, seed=3)[0])
    write_json(root / "data/shop/origin.json", {"data": "sample"})
    (root / "resolved/shop").mkdir(parents=True)
    for stage in ("prepare", "impute", "days"):
        own = {"seed": SETTINGS["seed"], stage: SETTINGS[stage]}
        (root / f"resolved/shop/{stage}.yaml").write_text(yaml.safe_dump(own))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        prepare.main("shop")
    return root


@pytest.fixture(scope="module")
def imputed(root):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        impute.main("shop")


@pytest.fixture(autouse=True)
def inside(root, monkeypatch):
    monkeypatch.chdir(root)


def test_the_audit_and_both_tables_are_written():
    report = read_json(paths.report("shop", "prepare.json"))
    table = tables.read(paths.extra_table("shop", "days"))
    assert report["rows"] == tables.read(paths.table("shop", "customers")).height == 10
    assert report["days"] == table.height
    assert report["rejected"] == [{"reason": "user without a day in the minute tables", "rows": 14}]
    assert {repair["column"] for repair in report["repairs"]} >= {"dailyActivity", "sleepDay", "worn"}


def test_gaps_of_days_are_treated_by_case_and_users_described_anew(imputed):
    sleep = read_json(paths.report("shop", "impute.json"))["columns"]["minutes_asleep"]
    assert sleep["leaky_columns"] == ["sedentary_minutes"]
    assert sleep["unseen"]["leaky"]["r2"] is not None
    completed = tables.read(paths.imputed_table("shop", "days"))
    given = tables.read(paths.extra_table("shop", "days")).filter("measured")
    assert completed.select("customer", "date").equals(given.select("customer", "date"))
    assert completed["minutes_asleep"].null_count() < given["minutes_asleep"].null_count()
    assert completed["fat"].null_count() == given["fat"].null_count()
    users = tables.read(paths.table("shop", "complete"))
    assert users["customer"].to_list() == tables.read(paths.table("shop", "customers"))["customer"].to_list()
    assert users["unit"].to_list() == list(range(10))


def test_kinds_of_days_unusual_days_and_actions_within_the_budget(imputed):
    users = tables.read(paths.table("shop", "complete"))["customer"]
    segments = pl.DataFrame({"customer": users, "segment": [0, 1] * 5})
    tables.write(paths.table("shop", "segments"), segments)
    cards = [{"id": 0, "action": "habit"}, {"id": 1, "action": "mail"}]
    write_json(paths.report("shop", "personas.json"), cards)
    days.main("shop")
    kinds, unusual, prescription = (
        read_json(paths.report("shop", f"{name}.json"))
        for name in ("segment_days", "anomalies", "prescription")
    )
    assert sum(kinds["sizes"]) == tables.read(paths.table("shop", "day_segments")).height
    assert unusual["users"] == 10
    assert all(day["reason"].startswith("unusual for") for day in unusual["found"])
    assert unusual["control"]["recall"] > 0.5
    assert prescription["cost"] <= prescription["budget"] == 6.0
    chosen = pl.read_csv(paths.report("shop", "prescription.csv")).join(segments, on="customer")
    given = chosen.drop_nulls("action")
    assert given.filter(pl.col("action") == "mail")["segment"].unique().to_list() == [1]
    assert given.height == sum(action["users"] for action in prescription["actions"])
