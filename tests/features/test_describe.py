from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from personae.features.describe import describe, whole_days


def days(users=12, length=20, seed=0):
    """Half of the users walk little and half much, all their days."""
    rng = np.random.default_rng(seed)
    level = np.where(np.arange(users) % 2, 3_000, 12_000)
    steps = rng.normal(level[:, None], 600, (users, length)).clip(1).astype(int)
    dates = [date(2016, 4, 12) + timedelta(days=i) for i in range(length)]
    return pl.DataFrame(
        {
            "customer": np.repeat(np.arange(100, 100 + users), length),
            "unit": np.repeat(np.arange(users), length),
            "date": dates * users,
            "steps": steps.ravel(),
            "worn": True,
        }
    )


def test_only_whole_worn_days_are_kept():
    table = days(users=1, length=3).with_columns(
        minutes_recorded=pl.Series([1440, 960, None]), worn=pl.Series([True, True, False])
    )
    assert whole_days(table)["date"].to_list() == [date(2016, 4, 12)]
    assert whole_days(table.drop("minutes_recorded")).height == 2


def test_users_are_described_with_and_without_hours():
    table = days(users=2, length=4)
    hours = table.select("customer", "date").join(pl.DataFrame({"hour": range(24)}), how="cross")
    hours = hours.with_columns(steps=(pl.col("hour") - 12).abs() * 50)
    assert describe(table, hours)["interdaily_stability"].to_list() == pytest.approx([1.0, 1.0])
    assert "interdaily_stability" not in describe(table, None).columns
