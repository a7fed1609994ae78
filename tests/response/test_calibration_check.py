import numpy as np
import pytest

from personae.response.calibration_check import calibration_figures


def verdict(rows, *, unit=1, times=1.0, seed=0):
    """Verdict on probabilities that are right, or `times` too low; events of a unit are alike."""
    rng = np.random.default_rng([seed, rows])
    units = np.arange(rows) // unit
    right = 1 / (1 + np.exp(1.5 - rng.normal(size=units.max() + 1)))
    event = rng.random(len(right)) < right
    return calibration_figures(
        event[units].astype(int), right[units] / times, units, seed=seed, resamples=200
    )


@pytest.mark.parametrize("unit", [1, 3])
def test_right_probabilities_are_seldom_called_beyond_chance(unit):
    found = [verdict(300 * unit, unit=unit, seed=seed)["verdict"] for seed in range(20)]
    assert found.count("beyond chance") <= 3  # 5 % of 20 are 1; more than 3 have a probability of .016


def test_probabilities_that_are_too_low_are_said_to_be():
    found = verdict(1500, times=1.4)
    assert found["verdict"] == "beyond chance"
    assert found["reason"].endswith("% too low")
    assert found["observed_expected"]["value"] > found["observed_expected"]["chance"][1]


def test_few_events_have_no_figures():
    assert verdict(60)["verdict"] == "too few"
    assert "slope" not in verdict(60)
