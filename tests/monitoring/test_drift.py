import sys

import numpy as np
import polars as pl
import pytest
from benchmarks.drift import ALARM, alarms, customers, earlier_times, year
from scipy.stats import chi2

from personae.core.statistics import wilson
from personae.inference.twosample import TwoSample, two_sample_test
from personae.monitoring import drift
from personae.monitoring.drift import (
    DRIFT,
    LEVEL,
    PERMUTATIONS,
    STABLE,
    TOO_FEW,
    WATCH,
    calibration,
    columns,
    joint_change,
    segment_shares,
    verdict,
)


def test_a_year_shares_one_budget():
    assert pytest.approx(0.05 / 36) == LEVEL


def test_a_dependence_alone_is_found_though_no_column_moves():
    rng = np.random.default_rng(1)
    reference, month = customers(rng, 2000)[0], customers(rng, 300, correlation=-0.6)[0]
    assert joint_change(reference, month, seed=1)["word"] == DRIFT
    names = [f"c{place}" for place in range(len(month))]
    tables = [pl.DataFrame(dict(zip(names, each, strict=True))) for each in (reference, month)]
    assert min(row["p_holm"] for row in columns(*tables, names)) > 0.05


def test_the_simulation_draws_as_many_permutations_as_an_alarm_needs():
    # Both where they end early and where they do not, see `two_sample_test`.
    assert LEVEL < ALARM / (1 + PERMUTATIONS)


def test_a_hundred_thousand_rows_that_hardly_moved_are_no_drift():
    rng = np.random.default_rng(2)
    assert alarms(rng, customers(rng, 5000), earlier_times(rng, 5000), 100_000, shift=0.01) == []


def test_a_large_month_shows_its_effect_on_rows_kept_apart(monkeypatch):
    rng = np.random.default_rng(3)
    reference, moved = customers(rng, 3000)[0], customers(rng, 3000, shift=0.5)[0]
    assert joint_change(reference, moved, seed=1)["word"] == DRIFT
    # The same sample says the same, but the rows kept apart show nothing.
    apart = TwoSample(0.5, 0.4, 0.6, 0.5, 1200)
    monkeypatch.setattr(
        drift,
        "two_sample_test",
        lambda *given, permutations, **more: (
            two_sample_test(*given, permutations=permutations, **more) if permutations > 1 else apart
        ),
    )
    found = joint_change(reference, moved, seed=1)
    assert (found["word"], found["effect"] > 0.55, found["p"] < LEVEL) == (STABLE, True, True)


def test_shares_of_the_same_customers_are_compared_as_pairs():
    before = np.repeat([0, 1], 500)
    now = before.copy()
    now[:30] = 1
    paired, apart = (segment_shares(before, now, paired=each) for each in (True, False))
    # One cell off the diagonal: the statistic of McNemar (1947), 30.
    assert paired["p"] == pytest.approx(chi2.sf(30, 1))
    assert apart["p"] > 0.1
    assert paired["effect"] == apart["effect"] == pytest.approx(0.03)
    assert paired["word"] == STABLE  # sure, and too little to matter


def test_what_times_differ_by_is_no_drift():
    came, expected = np.array([60.0, 140, 100, 130, 70, 100]), np.full(6, 100.0)
    swings = np.array([came, expected, np.full(6, 90.0)])
    probability = np.full(1000, 0.1)
    response = (np.arange(1000) < 150).astype(float)
    assert calibration(response, probability, swings)["word"] == STABLE
    steady = np.array([expected + np.array([3, -2, 1, 0, -3, 2]), expected, np.full(6, 90.0)])
    assert calibration(response, probability, steady)["p"] < 0.01
    # Without earlier times nobody knows their spread, however sure the difference.
    assert calibration(response * 0, probability, None)["word"] == WATCH
    assert calibration(response[:50], probability[:50], None)["word"] == TOO_FEW


def test_the_stability_index_is_shown_beside_chance():
    above = []
    for seed in range(40):
        rng = np.random.default_rng([seed, 3])
        tables = [
            pl.DataFrame({"x": rng.normal(size=n), "kind": rng.choice(["a", "b"], n)}) for n in (2000, 100)
        ]
        by_name = {row["column"]: row for row in columns(*tables, ["x", "kind"])}
        above += [by_name["x"]["psi"] > by_name["x"]["psi_by_chance"]]
    assert sum(above) <= 6  # of 40, 5 % each
    # The usual threshold of .1 is what chance alone gives a month of 100 customers.
    assert by_name["x"]["psi_by_chance"] > 0.15
    assert by_name["kind"]["psi_by_chance"] < 0.1


def test_gaps_and_constant_columns_are_no_obstacle():
    table = pl.DataFrame(
        {"x": [None] * 40 + [1.0] * 40, "same": 1.0, "empty": pl.Series([None] * 80, dtype=pl.Float64)}
    )
    rows = columns(table, table, table.columns)
    assert all(row["p_holm"] == 1 for row in rows)
    values = [np.array([np.nan] * 40 + [1.0] * 40)]
    assert joint_change(values, [np.full(80, np.nan)], seed=0)["word"] == DRIFT


def test_the_worst_test_gives_the_word():
    assert verdict([{"word": DRIFT}, {"word": STABLE}], 49) == TOO_FEW
    assert verdict([{"word": WATCH}, {"word": DRIFT}], 50) == DRIFT
    assert verdict([], 500) == TOO_FEW


@pytest.mark.slow
def test_a_year_without_drift_seldom_alarms():
    years = 40
    alarmed = sum(any(year(seed, 100)) for seed in range(years))
    assert wilson(alarmed, years)[0] <= 0.05, f"{alarmed} of {years} on {sys.platform}"
