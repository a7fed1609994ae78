from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from personae.features.activity import activity_days

BEGIN = datetime(2016, 4, 12)


def minutes(*days, customer=1):
    intensity = np.concatenate(days)
    times = [BEGIN + timedelta(minutes=i) for i in range(len(intensity))]
    return pl.DataFrame({"customer": customer, "time": times, "intensity": intensity})


def day(*active):
    levels = np.zeros(1440, dtype=int)
    for begin, end, level in active:
        levels[begin:end] = level
    return levels


def stretches(levels):
    """Runs of inactive minutes of one day, found the slow way."""
    lengths, run = [], 0
    for level in [*levels, 1]:
        if level == 0:
            run += 1
        elif run:
            lengths.append(run)
            run = 0
    return lengths


def test_runs_agree_with_a_slow_reading_of_the_day():
    rng = np.random.default_rng(0)
    days = [rng.integers(0, 4, 1440) * np.repeat(rng.random(96) < 0.15, 15) for _ in range(4)]
    found = activity_days(minutes(*days), wear_gap=90).sort("date")
    for row, levels in zip(found.iter_rows(named=True), days, strict=True):
        runs = stretches(levels)
        assert row["longest_inactive"] == max(runs)
        assert row["wear_minutes"] == 1440 - sum(run for run in runs if run >= 90)
        assert row["active_bouts"] == len(stretches(levels == 0))
        assert row["bout_minutes"] == pytest.approx((levels > 0).sum() / row["active_bouts"])
        assert [row[f"{name}_minutes"] for name in ("inactive", "light", "moderate", "vigorous")] == [
            (levels == level).sum() for level in range(4)
        ]


def test_rest_runs_over_midnight_and_belongs_to_the_day_on_which_it_ends():
    evening, morning = day((480, 1380, 1)), day((420, 900, 2))
    rest = activity_days(minutes(evening, morning), wear_gap=90).sort("date").row(1, named=True)
    assert (rest["rest_minutes"], rest["rest_end"]) == (60 + 420, 7.0)
    assert rest["longest_inactive"] == 540


def test_a_device_left_at_home_is_no_rest_and_no_wear():
    days = activity_days(minutes(day((600, 700, 1)), day(), day((480, 500, 1))), wear_gap=90).sort("date")
    off = days.row(1, named=True)
    assert (off["wear_minutes"], off["longest_inactive"], off["active_bouts"]) == (0, 1440, 0)
    assert days["rest_minutes"].to_list() == [None, None, None]


def test_streaming_gives_the_same_in_any_order_of_rows():
    rng = np.random.default_rng(1)
    table = pl.concat(
        minutes(*(rng.integers(0, 4, (3, 1440)) * (rng.random((3, 1440)) < 0.1)), customer=c)
        for c in range(5)
    )
    eager = activity_days(table, wear_gap=90).sort("customer", "date")
    shuffled = table.sample(fraction=1.0, shuffle=True, seed=3).lazy()
    again = activity_days(shuffled, wear_gap=90).collect(engine="streaming").sort("customer", "date")
    assert again.equals(eager)
