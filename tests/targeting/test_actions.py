from itertools import product

import numpy as np
import pytest

from personae.core.errors import PersonaeError
from personae.targeting.actions import Action, actions_called_for, prescribe

ACTIONS = [Action("coach", 5.0, 3.0, 0.8), Action("course", 3.0, 2.0, 0.9), Action("mail", 1.0, 0.5, 0.4)]
MEANT = ["coach", "mail", "course", "coach", "mail", "course"]


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
    found = prescribe(MEANT, ACTIONS, budget=budget, gain="active days").report
    assert found.gain == pytest.approx(best_of_all(MEANT, ACTIONS, budget))
    assert found.cost <= budget
    assert found.gain <= found.bound + 1e-9
    assert found.gain >= found.one_for_all.gain - 1e-9


def test_the_allocation_adds_up():
    allocation = prescribe(MEANT, ACTIONS, budget=14.0, gain="active days")
    found = allocation.report
    given = [(name, ACTIONS[i]) for name, i in zip(MEANT, allocation.chosen, strict=True) if i >= 0]
    assert found.cost == sum(action.cost for _, action in given)
    assert found.gain == pytest.approx(sum(a.effect if a.name == n else a.elsewhere for n, a in given))
    assert sum(part.users for part in found.actions) == len(given)
    assert sum(part.gain for part in found.actions) == pytest.approx(found.gain)


def test_the_shadow_price_is_the_slope_of_the_divisible_gain():
    more, less = (prescribe(MEANT * 50, ACTIONS, budget=b, gain="active days").report for b in (401.0, 400.0))
    assert less.shadow_price == pytest.approx(more.bound - less.bound)
    assert less.shadow_price > 0
    rich = prescribe(MEANT, ACTIONS, budget=1_000.0, gain="active days").report
    assert rich.shadow_price == 0.0
    gains = [point["gain"] for point in less.curve]
    assert gains == sorted(gains)


def test_many_users_are_solved_as_groups_of_equal_ones():
    meant = np.random.default_rng(0).choice(["coach", "course", "mail"], 20_000).tolist()
    found = prescribe(meant, ACTIONS, budget=9_999.0, gain="active days")
    assert found.report.bound - found.report.gain < 3.0
    assert len(found.chosen) == 20_000


def test_assumptions_are_told():
    told = " ".join(prescribe(MEANT, ACTIONS, budget=3.0, gain="active days a week").report.assumptions)
    assert all(action.name in told for action in ACTIONS)
    assert "active days a week" in told
    assert "no effect was measured" in told


def test_actions_that_no_persona_calls_for_are_refused():
    with pytest.raises(PersonaeError, match="no persona calls for 'coach' or another"):
        actions_called_for([0], [{"id": 0, "action": "rest"}], ACTIONS)


@pytest.mark.parametrize(
    ("meant", "actions", "budget", "message"),
    [
        ([], ACTIONS, 1.0, "no user or no action"),
        (MEANT, [], 1.0, "no user or no action"),
        (MEANT, [ACTIONS[0], ACTIONS[0]], 1.0, "'coach' is there twice"),
        (MEANT, [Action("gift", 0.0, 1.0, 1.0)], 1.0, "'gift' costs 0; expected above 0"),
        (MEANT, ACTIONS, -2.0, "budget is -2; expected 0 or more"),
    ],
)
def test_what_cannot_be_is_refused(meant, actions, budget, message):
    with pytest.raises(PersonaeError, match=message):
        prescribe(meant, actions, budget=budget, gain="days")
