import numpy as np
import pytest
from benchmarks.gate import GAIN, gained, switches
from scipy.optimize import brentq

from personae.core.statistics import wilson
from personae.monitoring.gate import KEEP, PROMOTE, TOO_FEW, Z, by_unit, decide, log_loss


def gains(z, units=400):
    """Gains of mean 0 and spread 1, moved by z standard errors."""
    noise = np.tile([-1.0, 1.0], units // 2)
    return noise / noise.std(ddof=1) + z / np.sqrt(units)


def test_a_sure_gain_promotes_and_an_unsure_one_keeps():
    assert decide(gains(3.0))["verdict"] == PROMOTE
    unsure = decide(gains(2.8))
    assert (unsure["verdict"], unsure["z"]) == (KEEP, pytest.approx(2.8))
    assert decide(gains(3.0, 80))["verdict"] == TOO_FEW
    assert decide(np.zeros(0))["verdict"] == TOO_FEW


def test_a_better_ranking_that_earns_less_is_kept_out():
    assert decide(gains(4.0), gains(-2.0))["verdict"] == KEEP
    assert decide(gains(4.0), gains(-1.0))["verdict"] == PROMOTE
    assert decide(gains(0.0), gains(9.0))["verdict"] == KEEP  # profit alone promotes nothing


def test_after_a_promotion_three_months_pass():
    assert [decide(gains(4.0), rested=months)["verdict"] for months in (0, 2, 3)] == [KEEP, KEEP, PROMOTE]


def test_keep_says_what_it_could_have_seen():
    found = decide(gains(0.0, 10_000) * 0.179)
    assert found["detectable"] == pytest.approx((2.87 + 0.8416) * 0.00179, rel=1e-3)
    assert found["power"] == pytest.approx(1.0, abs=1e-6)
    assert decide(gains(0.0, 100) * 0.179)["power"] < 0.05
    equal = decide(np.zeros(200))  # the same model twice
    assert (equal["verdict"], equal["z"]) == (KEEP, 0)


def test_rows_of_a_customer_count_once():
    assert by_unit(np.array([1.0, 3.0, 5.0]), ["a", "a", "b"]).tolist() == [2.0, 5.0]
    assert log_loss(np.array([1.0, 0.0]), np.array([0.0, 0.5])) == pytest.approx([13.8155, 0.6931], abs=1e-4)


def test_a_better_model_is_found_within_a_year():
    weight = brentq(lambda each: gained(each) - GAIN, 0.05, 2)
    assert (
        sum(bool(switches(np.random.default_rng([year, 7]), weight, "better", 12)) for year in range(12))
        >= 11
    )


@pytest.mark.slow
def test_equal_models_seldom_switch():
    years = 300
    hits = sum(bool(switches(np.random.default_rng([year, 7]), 0.3, "equal", 12)) for year in range(years))
    assert wilson(hits, years)[0] <= 0.05, Z
