"""What a campaign brought: intervals that cover, no success without an effect, no effect without a control."""

import numpy as np
import pandas as pd
import pytest

from personae.core.errors import PersonaeError
from personae.targeting import readout
from personae.targeting.readout import read_out


def campaign(rng, rows=1200, share=0.25, gain=0.08, revenue=None):
    """A campaign whose contact raises every response by `gain`; gives list, answers and the true profit."""
    chance = rng.beta(4, 16, rows) + gain
    held = np.zeros(rows, dtype=bool)
    held[rng.choice(rows, round(share * rows), replace=False)] = True
    earned = np.full(rows, 11.0) if revenue is None else rng.lognormal(2.2, revenue, rows)
    table = {
        "customer": np.arange(rows),
        "decision": np.where(held, "control", "contact"),
        "probability": chance,
        "segment": rng.integers(0, 3, rows),
        "cost": 1.0,
        "revenue": earned,
    }
    responded = rng.random(rows) < np.where(held, chance - gain, chance)
    answers = pd.DataFrame({"customer": np.arange(rows), "response": responded.astype(float)})
    profit = (~held).sum() * (gain * earned.mean() - 1.0)
    return pd.DataFrame(table), answers, profit


@pytest.mark.parametrize("revenue", [None, 0.8])
def test_intervals_cover_gain_and_profit(revenue):
    rng, hits = np.random.default_rng(11), []
    for _ in range(150):
        listed, answers, profit = campaign(rng, revenue=revenue)
        found = read_out(listed, answers)
        if found["verdict"] != "not identifiable":  # one campaign in fifty, by the checks of the arms
            pairs = (found["gain"]["ci"], 0.08), (found["profit"]["ci"], profit)
            hits.append([low <= truth <= high for (low, high), truth in pairs])
    assert len(hits) > 140
    assert (np.mean(hits, axis=0) > 0.9).all()


def test_a_campaign_without_effect_is_rarely_called_a_success():
    rng = np.random.default_rng(12)
    found = [read_out(*campaign(rng, gain=0.0)[:2]) for _ in range(150)]
    assert sum(each["verdict"] == readout.WORKED for each in found) <= 10
    assert not any(each["profit_verdict"] == readout.PAID for each in found)


def test_a_campaign_that_works_is_called_one_with_what_was_promised():
    listed, answers, profit = campaign(np.random.default_rng(13), rows=8000)
    found = read_out(listed, answers)
    assert (found["verdict"], found["profit_verdict"]) == (readout.WORKED, readout.UNDECIDED)
    assert found["gain"]["mean"] == pytest.approx(0.08, abs=0.035)
    assert found["profit"]["mean"] == pytest.approx(profit, abs=0.035 * 11 * found["contact"]["customers"])
    assert found["promised"]["ci"][0] < 1 < found["promised"]["ci"][1]
    assert found["contact"]["customers"] + found["control"]["customers"] == 8000
    # Segments do not differ: drawn together they lie closer than alone.
    rows = pd.DataFrame(found["segments"]["rows"])
    assert np.ptp(rows["gain"]) <= np.ptp(rows["raw"])
    assert rows[["contacted", "control"]].to_numpy().sum() == 8000


def test_a_segment_that_answers_differently_is_seen():
    rng = np.random.default_rng(14)
    listed, answers, _ = campaign(rng, rows=9000, gain=0.0)
    own = (listed["segment"] == 1) & (listed["decision"] == "contact")
    answers.loc[own, "response"] = (rng.random(own.sum()) < 0.5).astype(float)
    found = read_out(listed, answers)["segments"]
    gains = {row["segment"]: row["gain"] for row in found["rows"]}
    assert found["p_differ"] < 0.001
    assert gains["1"] == pytest.approx(0.3, abs=0.06)
    assert max(abs(gains["0"]), abs(gains["2"])) < 0.06


def test_without_a_random_control_group_nothing_is_concluded():
    rng = np.random.default_rng(15)
    listed, answers, _ = campaign(rng)
    everybody = listed.assign(decision="contact")
    chosen = listed.assign(decision=np.where(listed["probability"] > 0.25, "contact", "control"))
    answered = (listed["decision"] == "contact") | (answers["response"] == 1)
    partly = answers.assign(response=answers["response"].where(answered))
    for one, other, reason in (
        (everybody, answers, "no random control group"),
        (listed.replace({"decision": {"control": "leave"}}), answers, "no random control group"),
        (chosen, answers, "not dealt at random"),
        (listed, partly, "answers are known of 100% against"),
    ):
        found = read_out(one, other)
        assert found["verdict"] == found["profit_verdict"] == "not identifiable"
        assert reason in found["reason"]
        assert "gain" not in found


def test_few_customers_or_responses_are_too_few():
    listed, answers, _ = campaign(np.random.default_rng(16), rows=120)
    assert read_out(listed, answers)["verdict"] == "too few"
    listed, answers, _ = campaign(np.random.default_rng(17), rows=240, revenue=0.8)
    listed["probability"] /= 10
    found = read_out(listed, answers)
    assert found["profit_verdict"] == "too few"
    assert np.isnan(found["profit"]["ci"]).all()


def test_identifiers_meet_as_text_and_answers_of_others_are_ignored():
    listed, answers, _ = campaign(np.random.default_rng(18))
    other = pd.DataFrame({"customer": ["somebody"], "response": [1.0]})
    as_text = pd.concat([answers.astype({"customer": str}), other])
    assert read_out(listed, as_text) == read_out(listed, answers)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda one, two: (one.drop(columns="cost"), two), "list: column cost is missing"),
        (lambda one, two: (one, pd.concat([two, two])), "answers: customer 0 is there twice"),
        (lambda one, two: (one, two.replace({"response": {1.0: 2.0}})), "response holds 2.0; expected 0, 1"),
        (lambda one, two: (one.replace("contact", "Contact"), two), "list: column decision holds 'Contact'"),
        (lambda one, two: (one.assign(cost=np.inf), two), "list: column cost holds inf for customer"),
        (
            lambda one, two: (one.assign(revenue=-1.0), two),
            "column revenue holds -1 for .*; expected an amount",
        ),
        (
            lambda one, two: (one.assign(probability=np.nan), two),
            "probability holds nan for .*; expected 0 to 1",
        ),
    ],
)
def test_what_does_not_fit_is_named(change, message):
    listed, answers, _ = campaign(np.random.default_rng(19), rows=200)
    with pytest.raises(PersonaeError, match=message):
        read_out(*change(listed, answers))
