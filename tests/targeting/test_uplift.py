import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize

from personae.core.errors import PersonaeError
from personae.targeting.uplift import experiment_size, qini_coefficient, uplift

SETTINGS = {
    "randomised": True,
    "model": LogisticRegression(),
    "smallest_effect": 0.05,
    "resamples": 200,
    "seed": 1,
}


def experiment(seed, rows=2500, differs=True, biased=False):
    """Contact helps only customers with a high first input, or everybody alike."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(rows, 3))
    chance = 1 / (1 + np.exp(-1.5 * inputs[:, 1])) if biased else 0.5
    treatment = (rng.random(rows) < chance).astype(int)
    gain = np.where(inputs[:, 0] > 0, 0.4, 0.0) if differs else 0.2
    base = 0.1 + 0.2 * (inputs[:, 1] > 0)
    response = (rng.random(rows) < base + gain * treatment).astype(int)
    return inputs, treatment, response


def test_planted_uplift_is_found_by_both_methods():
    inputs, treatment, response = experiment(1)
    cost = np.where(inputs[:, 2] > 0, 4.0, 1.0)
    found = uplift(inputs, treatment, response, cost=cost, **SETTINGS)
    assert found["verdict"] == "uplift differs between customers"
    for each in found["qini"].values():
        assert 0 < each["ci"][0] < each["coefficient"] < each["ci"][1]
        # Half of the customers cost a quarter: those first gain most a unit of cost.
        assert each["per_cost"] > each["coefficient"] and each["per_cost_ci"][0] > 0
    low, high = found["effect"]["ci"]
    assert low < 0.2 < high and high - low < 0.08
    assert found["effect_per_cost"]["mean"] == pytest.approx(found["effect"]["mean"] / cost.mean())


def test_an_equal_effect_for_all_is_no_uplift():
    found = uplift(*experiment(2, differs=False), **SETTINGS)
    assert found["verdict"] == "no difference in uplift is found"


def test_nothing_is_estimated_unless_contact_was_dealt_at_random():
    silent = uplift(*experiment(1), **SETTINGS | {"randomised": False})
    assert silent["verdict"] == "not identifiable from this file" and "effect" not in silent
    assert "target.uplift.randomised" in silent["reason"]


def test_arms_that_dealing_at_random_would_not_give_cannot_tell():
    chosen = uplift(*experiment(1, biased=True), **SETTINGS)
    assert chosen["verdict"] == "not identifiable from this file"
    assert chosen["reason"].startswith("the arms are not balanced: input 2 is")
    inputs, _, response = experiment(1)
    spread = (np.abs(inputs[:, 0]) > 0.7).astype(int)
    assert (
        "their inputs tell them apart"
        in uplift(
            inputs, spread, response, **SETTINGS | {"model": RandomForestClassifier(20, random_state=0)}
        )["reason"]
    )


def test_a_file_in_which_everybody_was_contacted_cannot_tell():
    inputs, _, response = experiment(3)
    found = uplift(inputs, None, response, **SETTINGS)
    assert (found["verdict"], found["qini"]) == ("not identifiable from this file", {})
    assert found["experiment"]["per_arm"] > 100


def test_an_arm_too_small_cannot_tell():
    inputs, _, response = experiment(4)
    rare = (np.arange(2500) < 20).astype(int)
    assert "one arm has 20 customers" in uplift(inputs, rare, response, **SETTINGS)["reason"]


def test_where_all_are_contacted_or_hardly_anybody_responds_in_an_arm_nobody_can_tell():
    inputs, treatment, response = experiment(5)
    everybody = uplift(inputs, np.ones_like(treatment), response, **SETTINGS)
    assert everybody["reason"] == "one arm has 0 customers; 50 are the least"
    assert everybody["experiment"]["base_rate"] == pytest.approx(response.mean() - 0.05)
    for responders in (0, 3):
        rare = response.copy()
        rare[np.flatnonzero((treatment == 0) & (response == 1))[responders:]] = 0
        found = uplift(inputs, treatment, rare, **SETTINGS)
        assert found["verdict"] == "not identifiable from this file"
        assert (
            found["reason"] == f"in one arm {responders} customers gave one of the answers; 5 are the least"
        )


def test_the_qini_of_the_truth_beats_that_of_its_reverse():
    effect = np.repeat([1.0, 0.0], 50)
    assert qini_coefficient(effect, effect) == pytest.approx(-qini_coefficient(-effect, effect), abs=0.01)


def test_the_experiment_has_the_size_that_statsmodels_gives():
    needed = experiment_size(0.10, 0.05)
    effect = proportion_effectsize(0.15, 0.10)
    reference = NormalIndPower().solve_power(effect, alpha=0.05, power=0.8)
    assert needed == pytest.approx(reference, rel=0.02)


def test_an_impossible_effect_is_refused():
    with pytest.raises(PersonaeError, match=r"no test finds a gain of 0\.5 on a response of 0\.8"):
        experiment_size(0.8, 0.5)
