from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest

from personae.features.minutes import calorie_days, hour_days, hourly_steps, met_days, step_days


@pytest.fixture(scope="module")
def minutes():
    rng = np.random.default_rng(5)
    times = [datetime(2016, 4, 12) + timedelta(minutes=i) for i in range(2 * 1440)]
    steps = rng.integers(0, 120, 2 * 2880) * (rng.random(2 * 2880) < 0.2)
    return pl.DataFrame(
        {
            "customer": np.repeat([3, 8], 2880),
            "time": times * 2,
            "steps": steps,
            "mets": np.round(1 + steps / 16, 1),
            "calories": 1.1 * (1 + steps / 16) * (rng.random(2 * 2880) < 0.99),
        }
    )


def by_day(minutes):
    frame = pd.DataFrame({name: minutes[name].to_numpy() for name in minutes.columns})
    frame["date"] = frame["time"].dt.normalize()
    return frame.groupby(["customer", "date"])


def test_sums_and_peaks_agree_with_pandas(minutes):
    groups = by_day(minutes)
    steps = step_days(hourly_steps(minutes)).sort("customer", "date")
    assert steps["minute_steps"].to_list() == groups["steps"].sum().tolist()
    assert steps["peak_cadence"].to_list() == groups["steps"].max().tolist()
    night = groups[["time", "steps"]].apply(lambda day: day.loc[day["time"].dt.hour < 6, "steps"].sum())
    assert steps["night_steps"].to_list() == night.tolist()
    assert met_days(minutes).sort("customer", "date")["met_minutes"].to_list() == pytest.approx(
        groups["mets"].apply(lambda mets: mets[mets >= 3].sum()).tolist()
    )
    calories = calorie_days(minutes).sort("customer", "date")
    assert calories["minute_calories"].to_list() == pytest.approx(groups["calories"].sum().tolist())
    lowest = groups["calories"].apply(lambda calories: calories[calories > 0].min())
    assert calories["resting_rate"].to_list() == pytest.approx(lowest.tolist())


def test_lazy_streaming_gives_what_eager_gives_in_any_order_of_rows(minutes):
    eager = step_days(hourly_steps(minutes)).sort("customer", "date")
    shuffled = minutes.sample(fraction=1.0, shuffle=True, seed=1)
    assert (
        step_days(hourly_steps(shuffled.lazy()))
        .collect(engine="streaming")
        .sort("customer", "date")
        .equals(eager)
    )


def test_hours_name_the_earliest_peak_and_measure_variability(minutes):
    hours = hourly_steps(minutes)
    days = hour_days(hours.sample(fraction=1.0, shuffle=True, seed=2)).sort("customer", "date")
    day = (
        hours.filter(pl.col("customer") == 3).sort("date", "hour").head(24)["steps"].to_numpy().astype(float)
    )
    assert days["peak_hour"][0] == day.argmax()
    expected = np.mean(np.diff(day) ** 2) / day.var()
    assert days["intraday_variability"][0] == pytest.approx(expected)
    tied = pl.DataFrame({"customer": 1, "date": "d", "hour": [7, 9, 8], "steps": [50, 50, 2]})
    assert hour_days(tied)["peak_hour"].item() == 7


def test_a_day_without_a_step_has_no_peak_and_no_variability():
    still = pl.DataFrame({"customer": 1, "date": "d", "hour": list(range(24)), "steps": 0})
    assert hour_days(still).select("peak_hour", "intraday_variability").row(0) == (None, None)
