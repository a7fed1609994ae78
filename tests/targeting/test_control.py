"""The control group: random, of the asked size, and honest about what it can show."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from tests.targeting.test_choose import case, settings

from personae.core.files import to_json
from personae.targeting.choose import select_targets
from personae.targeting.control import detectable_gain, hold_out, power
from personae.targeting.settings import Control

RNG = np.random.default_rng(4)
PROBABILITY = RNG.beta(3, 17, 4000)
CONTACTED = PROBABILITY > 0.1


def test_the_group_is_drawn_at_random_from_the_contacted_alone():
    held, report = hold_out(CONTACTED, PROBABILITY, Control(share=0.2), seed=7)
    again, _ = hold_out(CONTACTED, PROBABILITY, Control(share=0.2), seed=7)
    other, _ = hold_out(CONTACTED, PROBABILITY, Control(share=0.2), seed=8)
    assert (held == again).all()
    assert (held != other).any()
    assert not held[~CONTACTED].any()
    assert held.sum() == report["customers"] == round(0.2 * CONTACTED.sum())
    # Its probabilities are those of the others: 4 standard errors are a chance of 1 in 16,000.
    rest = PROBABILITY[CONTACTED & ~held]
    error = np.sqrt(rest.var() * (1 / len(rest) + 1 / held.sum()))
    assert abs(PROBABILITY[held].mean() - rest.mean()) < 4 * error


@pytest.mark.parametrize("gain", [0.05, 0.08])
def test_the_group_is_as_small_as_shows_the_wanted_gain(gain):
    held, report = hold_out(CONTACTED, PROBABILITY, Control(gain=gain), seed=0)
    rows = int(CONTACTED.sum())
    expected = PROBABILITY[CONTACTED].mean()
    assert power(expected, gain, rows - held.sum(), held.sum()) >= 0.8
    assert power(expected, gain, rows - held.sum() + 1, held.sum() - 1) < 0.8
    assert report["detectable_gain"] <= gain
    assert report["power_for_it"] == pytest.approx(0.8, abs=0.01)


def test_the_planned_power_is_what_simulated_campaigns_have():
    rates = 0.2, 0.2 - detectable_gain(0.2, 900, 300)
    drawn = [RNG.binomial(rows, rate, 4000) / rows for rate, rows in zip(rates, (900, 300), strict=True)]
    error = np.sqrt(sum(share * (1 - share) / rows for share, rows in zip(drawn, (900, 300), strict=True)))
    assert ((drawn[0] - drawn[1]) / error > 1.96).mean() == pytest.approx(0.8, abs=0.03)


def test_a_list_too_short_for_any_gain_says_so():
    few = np.arange(len(PROBABILITY)) < 30
    held, report = hold_out(few, PROBABILITY, Control(gain=0.01), seed=0)
    assert held.sum() == 15
    assert np.isnan(report["detectable_gain"])
    held, report = hold_out(np.arange(len(PROBABILITY)) < 1, PROBABILITY, Control(share=0.5), seed=0)
    assert not held.any()
    assert report["customers"] == 0


@pytest.mark.parametrize("given", [{}, {"share": 0.1, "gain": 0.05}])
def test_share_or_gain_is_given(given):
    with pytest.raises(ValidationError, match="give one of them"):
        Control(**given)


def test_the_list_marks_the_group_and_counts_the_contacted_only():
    whole = select_targets(*case(), settings(), seed=1)
    found = select_targets(*case(), settings(control={"share": 0.25}), seed=1)
    report = to_json(found.report)
    decisions = found.customers["decision"].value_counts()
    assert "control" not in whole.report
    assert decisions["contact"] + decisions["control"] == whole.report["listed"]["contacts"]
    assert decisions["control"] == report["control"]["customers"]
    sent = found.customers[found.customers["decision"] == "contact"]
    listed = report["listed"]
    assert (listed["contacts"], listed["spent"]) == (len(sent), pytest.approx(sent["cost"].sum()))
    assert listed["expected_profit"] == pytest.approx(sent["expected_profit"].sum())
    pd.testing.assert_frame_equal(
        found.customers.drop(columns="decision"), whole.customers.drop(columns="decision")
    )
