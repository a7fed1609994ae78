from itertools import product

import numpy as np
import pytest

from personae.core.errors import PersonaeError
from personae.days.settings import Action, Prescribe
from personae.targeting.actions import prescribe, recommended_actions

ACTIONS = [
    Action(name="coach", cost=5.0, effect=3.0, elsewhere=0.8),
    Action(name="course", cost=3.0, effect=2.0, elsewhere=0.9),
    Action(name="mail", cost=1.0, effect=0.5, elsewhere=0.4),
]
MEANT = ["coach", "mail", "course", "coach", "mail", "course"]


def settings(budget, actions=ACTIONS):
    return Prescribe(budget=budget, gain="active days a week", actions=actions)


def best_of_all(meant, actions, budget):
    """Try every allocation."""
    best = 0.0
    for choice in product(range(-1, len(actions)), repeat=len(meant)):
        given = [(name, actions[i]) for name, i in zip(meant, choice, strict=True) if i >= 0]
        if sum(action.cost for _, action in given) <= budget:
            gain = sum(a.effect if a.name == name else a.elsewhere for name, a in given)
            best = max(best, gain)
    return best


@pytest.mark.parametrize("budget", [0.0, 2.5, 7.0, 12.0, 18.0, 100.0])
def test_no_allocation_gains_more(budget):
    report, _ = prescribe(MEANT, settings(budget))
    assert report["gain"] == pytest.approx(best_of_all(MEANT, ACTIONS, budget))
    assert report["cost"] <= budget
    assert report["gain"] <= report["bound"] + 1e-9
    assert report["gain"] >= report["one_for_all"]["gain"] - 1e-9


def test_users_without_a_gain_are_given_nothing_and_counted_nowhere():
    nothing_for_others = [action.model_copy(update={"elsewhere": 0.0}) for action in ACTIONS]
    report, chosen = prescribe(["coach", "rest", "rest"], settings(1000.0, nothing_for_others))
    assert chosen == [0, -1, -1]
    assert sum(part["users"] for part in report["actions"]) == report["one_for_all"]["users"] == 1


def test_the_allocation_adds_up():
    report, chosen = prescribe(MEANT, settings(14.0))
    given = [(name, ACTIONS[i]) for name, i in zip(MEANT, chosen, strict=True) if i >= 0]
    assert report["cost"] == sum(action.cost for _, action in given)
    assert report["gain"] == pytest.approx(sum(a.effect if a.name == n else a.elsewhere for n, a in given))
    assert sum(part["users"] for part in report["actions"]) == len(given)
    assert sum(part["gain"] for part in report["actions"]) == pytest.approx(report["gain"])


def test_the_shadow_price_is_the_slope_of_the_gain_if_users_could_be_divided():
    more, less = (prescribe(MEANT * 50, settings(budget))[0] for budget in (401.0, 400.0))
    assert less["shadow_price"] == pytest.approx(more["bound"] - less["bound"])
    assert less["shadow_price"] > 0
    assert prescribe(MEANT, settings(1_000.0))[0]["shadow_price"] == 0.0
    gains = [point["gain"] for point in less["curve"]]
    assert gains == sorted(gains)


def test_many_users_are_solved_as_groups_of_equal_ones():
    meant = np.random.default_rng(0).choice(["coach", "course", "mail"], 20_000).tolist()
    report, chosen = prescribe(meant, settings(9_999.0))
    assert report["bound"] - report["gain"] < 3.0
    assert len(chosen) == 20_000


def test_assumptions_are_stated():
    text = " ".join(prescribe(MEANT, settings(3.0))[0]["assumptions"])
    assert all(action.name in text for action in ACTIONS)
    assert "active days a week" in text
    assert "no effect was measured" in text


def test_actions_that_no_persona_calls_for_are_refused():
    with pytest.raises(PersonaeError, match="no persona calls for 'coach' or another"):
        recommended_actions([0], [{"id": 0, "action": "rest"}], ACTIONS)


def test_cards_that_call_for_no_action_recommend_none():
    assert recommended_actions([0, 1], [{"id": 0, "action": ""}, {"id": 1, "action": ""}], ACTIONS) == [
        "",
        "",
    ]


def test_without_users_there_is_nothing_to_allocate():
    with pytest.raises(PersonaeError, match="no user; expected at least one"):
        prescribe([], settings(1.0))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"actions": []}, "at least 1 item"),
        ({"actions": [ACTIONS[0], ACTIONS[0]]}, "'coach' is there twice"),
        ({"actions": [{"name": "gift", "cost": 0.0, "effect": 1.0, "elsewhere": 1.0}]}, "greater than 0"),
        ({"budget": -2.0}, "greater than or equal to 0"),
    ],
)
def test_impossible_settings_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        Prescribe.model_validate({"budget": 1.0, "gain": "days", "actions": ACTIONS} | changes)
