import numpy as np
import pandas as pd
import pytest
from benchmarks.next_list import campaign
from sklearn.linear_model import LogisticRegression

from personae.targeting.next_list import next_list

pytestmark = pytest.mark.filterwarnings("ignore")
OPTIONS = {"model": LogisticRegression(), "resamples": 200, "seed": 1}


def test_an_effect_of_its_own_ranks_the_next_list():
    sent, inputs = campaign("of its own", np.random.default_rng(1))
    report, listed = next_list(sent, inputs, **OPTIONS)
    assert report["rank_by"] == "uplift"
    assert report["qini"]["uplift"] > report["qini"]["response"]
    assert report["difference"]["ci"][0] > 0
    assert listed["expected_profit"].is_monotonic_decreasing
    assert set(listed["decision"]) == {"contact", "leave"}
    both = listed.merge(pd.DataFrame({"customer": sent["customer"], "x": inputs[:, 1]}), on="customer")
    assert np.corrcoef(both["uplift"], both["x"])[0, 1] > 0.8


def test_without_an_effect_the_response_model_goes_on():
    sent, inputs = campaign("alike", np.random.default_rng(2))
    report, listed = next_list(sent, inputs, **OPTIONS)
    assert (report["rank_by"], listed) == ("response", None)
    assert "does not beat" in report["reason"]


def test_small_arms_and_arms_that_were_not_dealt_are_no_experiment():
    sent, inputs = campaign("of its own", np.random.default_rng(3))
    report, listed = next_list(sent.head(150), inputs[:150], **OPTIONS)
    assert listed is None
    assert "a model of the effect takes 100" in report["reason"]
    sent["decision"] = np.where(inputs[:, 2] > 0, "contact", "control")
    assert "not balanced" in next_list(sent, inputs, **OPTIONS)[0]["reason"]
