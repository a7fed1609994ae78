from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from personae.features.users import activity_regularity, user_features

DATES = [date(2016, 4, 12) + timedelta(days=i) for i in range(14)]


def test_levels_spread_and_trend_agree_with_numpy_and_leave_days_not_worn_out():
    rng = np.random.default_rng(0)
    steps = rng.integers(2_000, 15_000, 14)
    steps[[3, 9]] = 0
    table = pl.DataFrame({"customer": 5, "date": DATES, "steps": steps, "worn": steps > 0})
    user = user_features(table).row(0, named=True)
    worn = steps > 0
    assert user["mean_steps"] == pytest.approx(steps[worn].mean())
    assert user["sd_steps"] == pytest.approx(steps[worn].std(ddof=1))
    assert user["steps_cv"] == pytest.approx(steps[worn].std(ddof=1) / steps[worn].mean())
    assert user["steps_trend"] == pytest.approx(7 * np.polyfit(np.arange(14)[worn], steps[worn], 1)[0])
    assert user["worn_share"] == pytest.approx(12 / 14)
    weekend = np.array([day.weekday() >= 5 for day in DATES])
    assert user["weekend_steps"] == pytest.approx(
        steps[worn & weekend].mean() - steps[worn & ~weekend].mean()
    )


def test_measures_that_are_not_there_are_absent_not_zero():
    table = pl.DataFrame({"customer": 5, "date": DATES[:3], "steps": 900, "worn": True})
    columns = user_features(table).columns
    assert not [name for name in columns if "sleep" in name or "weight" in name or "heart" in name]
    with_sleep = table.with_columns(minutes_asleep=pl.Series([400, None, 300]))
    user = user_features(with_sleep).row(0, named=True)
    assert (user["nights"], user["mean_minutes_asleep"]) == (2, 350.0)


def test_a_user_who_never_wore_the_device_is_missing_not_zero():
    table = pl.DataFrame({"customer": 5, "date": DATES[:3], "steps": 0, "worn": False})
    user = user_features(table).row(0, named=True)
    assert (user["mean_steps"], user["worn_share"], user["steps_cv"]) == (None, 0.0, None)


def hours(profiles, customer=1):
    days = len(profiles)
    return pl.DataFrame(
        {
            "customer": customer,
            "date": np.repeat(np.array(DATES[:days], dtype="datetime64[D]"), 24),
            "hour": np.tile(np.arange(24), days),
            "steps": np.concatenate(profiles),
        }
    )


def test_clockwork_days_are_stable_and_noise_is_neither_stable_nor_smooth():
    rng = np.random.default_rng(3)
    wave = np.rint(500 + 400 * np.sin(np.arange(24) * np.pi / 12)).astype(int)
    found = activity_regularity(
        pl.concat([hours([wave] * 14, 1), hours(list(rng.integers(0, 900, (14, 24))), 2)])
    ).sort("customer")
    clockwork, noise = found.rows(named=True)
    assert clockwork["interdaily_stability"] == pytest.approx(1.0)
    assert clockwork["intradaily_variability"] < 0.1
    assert noise["interdaily_stability"] < 0.2
    assert noise["intradaily_variability"] == pytest.approx(2.0, abs=0.3)


def test_neighbours_across_a_day_left_out_do_not_count():
    rng = np.random.default_rng(6)
    days = rng.integers(0, 900, (3, 24))
    apart = hours(list(days)).filter(pl.col("date") != DATES[1])
    kept = days[[0, 2]].astype(float)
    expected = np.mean(np.diff(kept, axis=1) ** 2) / kept.var()
    assert activity_regularity(apart)["intradaily_variability"].item() == pytest.approx(expected)
