from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from personae.core.errors import PersonaeError
from personae.days.early import early_and_late
from personae.features.describe import describe, whole_days

COLUMNS = ["mean_steps", "steps_cv"]


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


def split(table, **changes):
    settings = {
        "first": 7,
        "least_later": 5,
        "columns": COLUMNS,
        "k": 2,
        "least_users": 2,
        "seed": 0,
    } | changes
    return early_and_late(table, None, **settings)


def test_no_later_day_changes_what_is_known_early():
    table = days()
    changed = table.with_columns(
        steps=pl.when(pl.col("date") >= date(2016, 4, 19)).then(pl.col("steps").reverse()).otherwise("steps")
    )
    features = [name for name in split(table).table.columns if name != "later_segment"]
    assert split(table).table.select(features).equals(split(changed).table.select(features))
    assert (split(table).table["days"] == 7).all()


def test_the_answer_is_the_segment_of_the_later_days():
    found = split(days())
    levels = found.table["mean_steps"] > 7_000
    assert found.table["later_segment"].n_unique() == 2
    assert found.table.filter(levels)["later_segment"].n_unique() == 1
    assert (found.users, found.left_out) == (12, 0)


def test_users_without_enough_later_days_are_left_out_and_counted():
    table = days()
    short = table.filter((pl.col("customer") != 103) | (pl.col("date") < date(2016, 4, 22)))
    found = split(short)
    assert (found.users, found.left_out) == (11, 1)
    assert 103 not in found.table["customer"]


def test_segments_too_small_to_be_learned_are_not_asked_for():
    assert split(days(), k=4, least_users=5).k == 2
    with pytest.raises(PersonaeError, match="no 4 or fewer segments of 7 users each"):
        split(days(), k=4, least_users=7)


def test_what_cannot_be_is_refused():
    with pytest.raises(PersonaeError, match="no column 'naps' in the users"):
        split(days(), columns=["naps"])
    with pytest.raises(PersonaeError, match="2 users have 5 later days; 4 segments need more"):
        split(days(users=2), k=4)


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
