import numpy as np
import pandas as pd

from personae.targeting.decision import decision_curve
from personae.targeting.rates import contacted_by, rates_by


def test_rates_by_group_name_the_unknown_and_leave_single_groups_out():
    response = np.array([1, 0, 0, 1])
    found = rates_by(pd.Series([1, 1, None, 2], dtype="Int64"), response)
    assert {row["group"] for row in found} == {"1", "2", "unknown"}
    assert rates_by(pd.Series(["a"] * 4), response) == []


def test_the_list_is_shown_by_quarters_of_age():
    age = pd.Series(np.arange(20, 100), name="age")
    rows = contacted_by(age, np.asarray(age >= 60), np.ones(80, dtype=int))
    assert sum(row["rows"] for row in rows) == 80
    assert sorted(row["contacted"] for row in rows) == [0, 0, 1, 1]
    assert {row["precision"] for row in rows} == {None, 1.0}


def test_true_probabilities_have_the_highest_net_benefit_and_noise_none():
    rng = np.random.default_rng(2)
    truth = rng.beta(0.7, 4, 1500)
    response = (rng.random(1500) < truth).astype(int)
    points = decision_curve(response, truth[None], np.arange(1500), rfm=rng.random(1500), cutoff=0.25)
    [at] = [row for row in points if row["threshold"] == 0.25]
    assert at["model"] > max(at["everyone"], at["nobody"], at["top_rfm"]) and at["advantage_lower"] > 0
    assert at["model_lower"] < at["model"] < at["model_upper"]
    flat = decision_curve(response, np.full((1, 1500), response.mean()), np.arange(1500))
    # At the last threshold, the mean itself, contacting everyone and nobody are worth the same.
    assert all(row["advantage_upper"] <= 1e-12 for row in flat[:-1])
