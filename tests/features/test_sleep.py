from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from personae.features.sleep import sleep_days, sleep_regularity


def log(begin, states, number=1, customer=1):
    times = [begin + timedelta(minutes=i) for i in range(len(states))]
    return pl.DataFrame({"customer": customer, "log": number, "time": times, "state": states})


def test_a_night_is_described_on_the_date_it_ends():
    states = [3, 1, 1, 2, 2, 1, 3, 3, 1, 3]
    night = sleep_days(log(datetime(2016, 4, 11, 23, 55, 30), states)).row(0, named=True)
    assert night["date"] == date(2016, 4, 12)
    assert (night["minutes_asleep"], night["minutes_in_bed"], night["awakenings"]) == (4, 10, 2)
    assert night["sleep_efficiency"] == 0.4
    assert night["restless_share"] == 0.2
    assert night["sleep_onset"] == pytest.approx(-4.5 / 60)
    assert night["sleep_wake"] == pytest.approx(4.5 / 60)


def test_a_nap_adds_to_the_sums_and_leaves_onset_and_wake_to_the_main_sleep():
    night = log(datetime(2016, 4, 12, 1), [1] * 300, number=1)
    nap = log(datetime(2016, 4, 12, 14), [1] * 60, number=2)
    day = sleep_days(pl.concat([nap, night])).row(0, named=True)
    assert (day["sleep_records"], day["minutes_asleep"], day["sleep_onset"]) == (2, 360, 1.0)


def nights(onsets, length=480, customer=1):
    begin = datetime(2016, 4, 11)
    return pl.concat(
        log(begin + timedelta(days=i, minutes=int(onset)), [1] * length, number=i, customer=customer)
        for i, onset in enumerate(onsets)
    )


def test_regularity_is_100_for_clockwork_and_falls_with_a_moved_night():
    clockwork = sleep_regularity(nights([1380] * 6)).row(0, named=True)
    assert (clockwork["sleep_regularity"], clockwork["night_pairs"]) == (100.0, 5)
    moved = sleep_regularity(nights([1380, 1440])).row(0, named=True)
    assert moved["sleep_regularity"] == pytest.approx(100 * (2 * (1 - 120 / 1440) - 1))


def test_regularity_agrees_with_the_definition_minute_by_minute():
    rng = np.random.default_rng(4)
    onsets = rng.integers(1260, 1560, 8)
    asleep = np.zeros((8, 1440), dtype=bool)  # from noon to noon
    for i, onset in enumerate(onsets):
        asleep[i, onset - 720 : onset - 720 + 480] = True
    expected = 200 * np.mean(asleep[1:] == asleep[:-1]) - 100
    assert sleep_regularity(nights(onsets))["sleep_regularity"].item() == pytest.approx(expected)


def test_a_night_without_a_log_is_not_a_night_awake():
    begin = nights([1380] * 5)
    gap = begin.filter(pl.col("log") != 2)
    found = sleep_regularity(gap).row(0, named=True)
    assert (found["sleep_regularity"], found["night_pairs"]) == (100.0, 2)
    assert sleep_regularity(begin.filter(pl.col("log") == 0)).is_empty()
