import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from personae.core.errors import PersonaeError
from personae.personas import drivers
from personae.personas.cards import action, events, persona_cards, plain_rule, segment_evidence
from personae.personas.drivers import driver_table
from personae.personas.settings import Offer, Profile

SETTINGS = Profile(
    features=["income", "age", "noise"],
    labels={"income": "yearly income"},
    words={
        "income": ("modest income", "high income"),
        "age": ("younger", "older"),
        "noise": ("quiet", "loud"),
    },
    drivers=2,
    bootstraps=300,
    smallest=40,
    playbook=[
        Offer(action="premium", when={"income": 0.5, "age": -0.5}),
        Offer(action="value", when={"income": -0.3}),
    ],
    fallback="nothing",
)


def customers(sizes=(120, 200, 30), seed=0):
    rng = np.random.default_rng(seed)
    segment = np.repeat(np.arange(len(sizes)), sizes)
    table = pd.DataFrame(
        {
            "customer": np.arange(len(segment)) + 100,
            "income": np.array([80.0, 30.0, 30.0])[segment] + rng.normal(0, 5, len(segment)),
            "age": np.array([30.0, 50.0, 20.0])[segment] + rng.normal(0, 5, len(segment)),
            "noise": rng.normal(size=len(segment)),
        }
    )
    return table, segment, (rng.random(len(segment)) < np.array([0.5, 0.1, 0.2])[segment]).astype(int)


def cards(table, segment, response=None, verdict="supported", jaccard=(0.9, 0.9, 0.6), unit=None):
    report = {
        "ids": list(range(len(jaccard))),
        "verdict": verdict,
        "stability": {"jaccard": jaccard},
        "identity": None,
    }
    unit = np.arange(len(table)) if unit is None else unit
    evidence = segment_evidence(report)
    return persona_cards(table, segment, unit, settings=SETTINGS, response=response, seed=1, **evidence)


def test_cards_name_the_planted_segments():
    table, segment, response = customers()
    found = cards(table, segment, response)
    assert [card.name for card in found] == [
        "high income, younger",
        "older, modest income",
        "younger, modest income",
    ]
    assert [card.action for card in found] == ["premium", "value", "value"]
    assert [card.size for card in found] == [120, 200, 30]
    assert sum(card.share for card in found) == pytest.approx(1)


def test_drivers_are_standardised_differences_with_honest_intervals():
    table, segment, _ = customers()
    driver = cards(table, segment)[0].drivers[0]
    inside = table["income"][segment == 0]
    expected = (inside.mean() - table["income"].mean()) / table["income"].std(ddof=0)
    assert driver["feature"] == "income" and driver["label"] == "yearly income"
    assert driver["effect"] == pytest.approx(expected)
    assert driver["ci"][0] < expected < driver["ci"][1]


def test_the_interval_of_a_driver_covers_as_stated():
    covered = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        segment = np.repeat([0, 1], 100)
        table = pd.DataFrame(
            {name: rng.normal(size=200) + 0.5 * (segment == 0) for name in SETTINGS.features}
        )
        drivers = driver_table(table, segment, np.arange(200), SETTINGS, rng)[0]
        true = 0.25 / np.sqrt(1 + 0.25**2)
        covered += sum(driver["ci"][0] <= true <= driver["ci"][1] for driver in drivers)
    assert 0.91 <= covered / 300 <= 0.98


def test_twins_widen_the_interval():
    table, segment, _ = customers()
    again = pd.concat([table, table, table, table], ignore_index=True)
    labels, unit = np.tile(segment, 4), np.tile(np.arange(len(table)), 4)
    apart = cards(again, labels)[0].drivers[0]["ci"]
    together = cards(again, labels, unit=unit)[0].drivers[0]["ci"]
    assert together[1] - together[0] > 1.5 * (apart[1] - apart[0])


def test_the_rule_is_checked_on_customers_it_was_not_learned_from():
    table, segment, _ = customers()
    rule = cards(table, segment)[0].rule
    assert rule["text"].startswith("yearly income > ")
    assert rule["fidelity"] > 0.9 and rule["coverage"] > 0.9
    noise = np.random.default_rng(3).random(350) < 0.5
    held_out = np.random.default_rng(4).random(350) < 0.5
    unlearnable = plain_rule(table[["noise"]], noise, held_out, labels={}, seed=1, depth=4)
    assert unlearnable["fidelity"] < 0.65


def test_response_rates_are_drawn_together_and_stand_beside_those_counted():
    table, segment, response = customers()
    large, _, small = cards(table, segment, response)
    low, high = proportion_confint(response[segment == 0].sum(), 120, method="wilson")
    assert large.response_rate_raw == pytest.approx(response[segment == 0].mean())
    assert large.response_rate == pytest.approx(large.response_rate_raw, abs=0.02)
    assert large.response_rate_ci == pytest.approx((low, high), abs=0.03)
    counted, overall = small.response_rate_raw, response.mean()
    assert abs(small.response_rate - overall) < abs(counted - overall)
    assert all(card.response_rate is None for card in cards(table, segment))
    unanswered = cards(table, segment, np.where(segment == 2, np.nan, response))
    assert [card.response_rate is None for card in unanswered] == [False, False, True]


def test_the_exemplar_is_a_real_customer_of_the_segment():
    table, segment, _ = customers()
    for card in cards(table, segment):
        row = table[table["customer"] == card.exemplar["customer"]].iloc[0]
        assert segment[row.name] == card.id
        assert card.exemplar["income"] == row["income"]


def test_caveats_say_what_is_weak():
    table, segment, _ = customers()
    found = cards(table, segment, verdict="not supported")
    assert found[0].caveats == ("the data does not support these segments",)
    assert "small: 30 customers" in found[2].caveats
    assert "unstable: Jaccard 0.60 over bootstraps" in found[2].caveats


def test_segments_that_the_data_does_not_support_have_no_name_and_no_action():
    table, segment, _ = customers()
    report = {"ids": [0, 1, 2], "verdict": "not supported", "stability": {"jaccard": [1, 1, 1]}}
    evidence = segment_evidence(report | {"identity": {"names": {"1": "the loyal"}}})
    found = persona_cards(table, segment, np.arange(len(table)), settings=SETTINGS, **evidence)
    assert [card.name for card in found] == ["group 1", "group 2", "group 3"]
    assert {card.action for card in found} == {""}


def test_cards_tell_gaps_from_cuts_and_name_columns_that_could_be_noise():
    table, segment, _ = customers()
    report = {
        "ids": [0, 1, 2],
        "verdict": "weak",
        "headline": "2 natural groups; the 3 segments cut them further",
        "stability": {"jaccard": [1, 1, 1]},
        "identity": None,
        "borders": [{"a": 0, "b": 1, "gap": True}, {"a": 1, "b": 2, "gap": False}],
        "columns_that_matter": [
            {"column": "income", "could_be_noise": True},
            {"column": "age", "could_be_noise": False},
        ],
    }
    evidence = segment_evidence(report)
    first, second, _ = persona_cards(table, segment, np.arange(350), settings=SETTINGS, **evidence)
    assert first.borders == ("towards segment 1 (older, modest income): a gap, fewer customers lie between",)
    assert [border.split(": ")[1].split(",")[0] for border in second.borders] == ["a gap", "a cut"]
    assert first.caveats[0] == "weak: 2 natural groups; the 3 segments cut them further"
    assert first.caveats[1].startswith("could be noise")
    assert first.caveats[1].endswith(": yearly income")


def test_customers_in_no_segment_get_no_card():
    table, segment, _ = customers()
    segment = np.where(segment == 2, -1, segment)
    assert [card.id for card in cards(table, segment)] == [0, 1]


def test_names_are_unique_even_where_segments_are_alike():
    table, _, _ = customers()
    halves = np.arange(len(table)) % 2
    names = [card.name for card in cards(table, halves)]
    assert len(set(names)) == 2


def test_the_first_play_that_holds_is_taken():
    assert action({"income": 0.6, "age": -0.6}, SETTINGS) == "premium"
    assert action({"income": 0.6, "age": 0.0}, SETTINGS) == "nothing"


def test_names_of_an_anchor_stay():
    table, segment, _ = customers()
    report = {"ids": [0, 1, 2], "verdict": "weak", "stability": {"jaccard": [1, 1, 1]}}
    evidence = segment_evidence(report | {"identity": {"names": {"1": "the loyal"}}})
    found = persona_cards(table, segment, np.arange(len(table)), settings=SETTINGS, **evidence)
    assert [card.name for card in found] == ["high income, younger", "the loyal", "younger, modest income"]


def test_customers_far_from_every_segment_are_a_caveat():
    table, segment, _ = customers()
    far = np.arange(len(table)) < 20
    found = persona_cards(table, segment, np.arange(len(table)), settings=SETTINGS, far=far)
    assert found[0].caveats == ("out of range: 16.7 % of its customers are far from every segment",)
    assert found[1].caveats == ()


@pytest.mark.parametrize(
    "answers", [["kept", "cancelled", None], [1.0, 0.0, np.nan], [2.0, 1.0, np.nan], [True, False, None]]
)
def test_of_two_answers_the_second_in_order_is_the_event_as_for_the_models(answers):
    found = events(pd.DataFrame({"answer": answers}), "answer")
    np.testing.assert_array_equal(found, [1, 0, np.nan])


def test_a_lone_answer_of_nought_is_no_event():
    assert events(pd.DataFrame({"answer": [0, 0]}), "answer").tolist() == [0, 0]


def test_of_three_answers_none_is_an_event():
    with pytest.raises(PersonaeError, match="response 'answer' has 3 answers"):
        events(pd.DataFrame({"answer": ["a", "b", "c"]}), "answer")


def test_intervals_are_the_same_where_samples_are_multiplied_in_blocks(monkeypatch):
    table, segment, _ = customers()
    made = [SETTINGS.features, segment, np.arange(len(table)), SETTINGS]
    whole = driver_table(table[made[0]], *made[1:], np.random.default_rng(1))
    monkeypatch.setattr(drivers, "BLOCK_CELLS", 1)
    for each, rows in driver_table(table[made[0]], *made[1:], np.random.default_rng(1)).items():
        for row, other in zip(rows, whole[each], strict=True):
            assert row["ci"] == pytest.approx(other["ci"], rel=1e-9)
