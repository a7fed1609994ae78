import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.stats import median_abs_deviation

from personae.core.errors import PersonaeError
from personae.core.files import to_json, write_files
from personae.days.anomalies import find_anomalies, robust_z
from personae.days.settings import AnomalySettings, AnomalyThresholds
from personae.studies.fitbit import source as fitbit
from personae.studies.fitbit.settings import FitbitPrepare
from personae.studies.fitbit.simulate import simulate

FEATURES = {"steps": "steps", "calories": "calories", "minutes_asleep": "minutes asleep"}
SETTINGS = AnomalySettings(features=FEATURES, rules=AnomalyThresholds(trees=50))


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    files, _, unusual = simulate(users=24, days=14, seed=4)
    directory = tmp_path_factory.mktemp("anomalies")
    needed = [name for name in files if "METs" not in name and "Calories" not in name]
    write_files(directory, {name: files[name] for name in needed})
    days = fitbit.prepare(directory, FitbitPrepare()).tables["days"]
    whole = days.filter("worn", pl.col("minutes_recorded").fill_null(1440) == 1440)
    return whole.to_pandas(), unusual.to_pandas()


def table(users=6, days=40, seed=0):
    rng = np.random.default_rng(seed)
    levels = np.repeat(rng.uniform(4_000, 12_000, users), days)
    return pd.DataFrame(
        {
            "customer": np.repeat(np.arange(users), days),
            "date": np.tile(pd.date_range("2016-04-12", periods=days).astype(str), users),
            "steps": rng.normal(levels, 800),
            "calories": rng.normal(2_000, 150, users * days),
            "minutes_asleep": rng.normal(420, 30, users * days),
        }
    )


def test_robust_z_agrees_with_scipy():
    values = np.random.default_rng(1).lognormal(size=(50, 3))
    scale = median_abs_deviation(values, axis=0, scale="normal")
    np.testing.assert_allclose(robust_z(values), (values - np.median(values, axis=0)) / scale, rtol=1e-4)


def test_planted_days_of_simulated_wearers_are_found(simulated):
    days, planted = simulated
    settings = SETTINGS.model_copy(update={"roots": ["steps"]})
    unusual = find_anomalies(days, settings, seed=1).found
    found = set(zip(unusual["customer"], unusual["date"], strict=True))
    truth = set(zip(planted["customer"], planted["date"].astype(str), strict=True))
    assert len(found & truth) / len(truth) >= 0.6
    assert len(found & truth) / len(found) >= 0.8


def test_a_day_usual_for_anyone_may_be_unusual_for_its_user_and_the_reason_says_so():
    days = table()
    quiet = days["customer"] == days.groupby("customer")["steps"].mean().idxmin()
    days.loc[days.index[quiet][5], "steps"] = days["steps"].max()
    worst = find_anomalies(days, SETTINGS).found.iloc[0]
    assert (worst["customer"], worst["date"]) == (days.loc[quiet, "customer"].iloc[0], "2016-04-17")
    assert worst["scope"] in ("user", "both")
    assert worst["reason"].startswith("unusual for this user: steps ")
    assert "usually" in worst["reason"]


def test_noise_alone_is_seldom_called_unusual_and_the_control_reports_both_rates():
    found = find_anomalies(table(users=10, days=60, seed=5), SETTINGS)
    assert len(found.found) <= 0.01 * found.days
    assert found.control["planted"] > 5
    assert found.control["recall"] >= 0.9
    assert found.control["precision"] >= 0.6


def test_a_weekday_that_is_always_different_is_not_unusual_on_that_day_alone():
    days = table(users=8, days=70, seed=2)
    sunday = pd.to_datetime(days["date"]).dt.day_of_week == 6
    days.loc[sunday, "steps"] += 6_000.0
    assert len(find_anomalies(days, SETTINGS).found) <= 0.01 * len(days)
    days.loc[days.index[~sunday][20], "steps"] += 6_000.0
    found = find_anomalies(days, SETTINGS).found
    assert found.iloc[0]["date"] == days["date"][days.index[~sunday][20]]


@pytest.mark.parametrize("law", ["lognormal", "t"])
def test_heavy_tails_alone_are_not_unusual(law):
    rng = np.random.default_rng(3)
    days = table(users=10, days=60)
    for name in FEATURES:
        days[name] = rng.lognormal(5, 1, 600) if law == "lognormal" else 500 + 40 * rng.standard_t(4, 600)
    found = find_anomalies(days, SETTINGS)
    assert len(found.found) <= 0.02 * found.days
    assert found.control["ordinary_expected"] <= 0.02 * found.days


def test_the_control_says_what_share_of_the_list_is_ordinary():
    days = table(users=8, days=60)
    days.loc[::40, "steps"] += 9_000.0
    control = find_anomalies(days, SETTINGS).control
    assert control["ordinary_share"] < 0.3
    assert find_anomalies(table(users=10, days=60, seed=5), SETTINGS).control["ordinary_expected"] < 6


def test_users_with_few_days_and_missing_values_are_left_in_peace():
    days = table(users=3)
    few = days[days["customer"] == 0].head(3).assign(customer=99, steps=[100.0, 9_000.0, 200.0])
    days.loc[::2, "minutes_asleep"] = np.nan
    days.loc[days["customer"] == 1, "minutes_asleep"] = np.nan
    found = find_anomalies(pd.concat([days, few]), SETTINGS).found
    assert not ((found["customer"] == 99) & (found["scope"] == "user")).any()
    assert not ((found["customer"] == 1) & found["reason"].str.contains("asleep")).any()


def test_the_same_seed_gives_the_same_days_and_the_table_is_left_alone():
    days = table(users=3)
    before = days.copy()
    first, second = (to_json(find_anomalies(days, SETTINGS, seed=3)) for _ in range(2))
    assert first == second
    assert first["rules"]["least_days"] == 7
    assert set(first["found"][0]) == {"customer", "date", "scope", "z", "isolation", "reason"}
    pd.testing.assert_frame_equal(days, before)


def test_customers_may_be_named_by_words():
    named = table(users=3).assign(customer=lambda days: "user " + days["customer"].astype(str))
    named.loc[5, "steps"] = 90_000.0
    assert to_json(find_anomalies(named, SETTINGS))["found"][0]["customer"] == "user 0"


def test_unknown_features_and_too_few_days_are_refused():
    with pytest.raises(PersonaeError, match="no column 'naps' in the days"):
        find_anomalies(table(), AnomalySettings(features={"naps": "naps"}))
    strict = AnomalySettings(features=FEATURES, rules=AnomalyThresholds(least_days=90))
    with pytest.raises(PersonaeError, match="no user has 90 days"):
        find_anomalies(table(), strict)
