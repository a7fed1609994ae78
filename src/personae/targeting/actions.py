"""Optimal actions for users within a budget, and its shadow price."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.days.settings import Action, Prescribe
from personae.targeting.budget import allocate

NOTHING = -1
SHARES_OF_BUDGET = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)


def prescribe(recommended: Sequence[str], settings: Prescribe) -> tuple[dict[str, Any], list[int]]:
    """Allocate at most one action a user for the greatest expected gain.

    Parameters
    ----------
    recommended
        For each user the name of the action that their persona calls for.
    settings
        What can be done, at what cost and with what effect; the budget for a week in the unit of the costs.

    Returns
    -------
    report
        Of the allocation: `gain` and `cost`, `bound` and `shadow_price` of the linear relaxation, users, cost
        and gain by action; `one_for_all`, the best single action for as many users as the budget allows;
        the `curve` of gain over budget; the `unit` of gains, and the assumptions in words.
    chosen
        For each user the index of the action, -1 for none. Users with equal gains are solved as one group:
        who of a group is served makes no difference, and the first in order are.

    Raises
    ------
    PersonaeError
        If there is no user.

    Examples
    --------
    >>> coach = Action(name="coach", cost=4.0, effect=3.0, elsewhere=1.0)
    >>> mail = Action(name="mail", cost=1.0, effect=1.0, elsewhere=0.5)
    >>> settings = Prescribe(budget=6.0, gain="active days a week", actions=[coach, mail])
    >>> report, chosen = prescribe(["coach", "coach", "mail"], settings)
    >>> report["gain"], report["cost"], chosen
    (4.5, 6.0, [0, 1, 1])
    """
    if not recommended:
        raise PersonaeError("prescription: no user; expected at least one")
    actions, budget = settings.actions, settings.budget
    gains = np.array([[_effect(action, name) for action in actions] for name in recommended])
    costs = np.array([action.cost for action in actions])
    rows, groups, sizes = np.unique(gains, axis=0, return_inverse=True, return_counts=True)
    best = allocate(rows, costs, budget, sizes=sizes)
    chosen = assign(groups.ravel(), best.counts)
    report = {
        "budget": budget,
        "gain": best.gain,
        "cost": best.spent,
        "bound": best.bound,
        "shadow_price": best.shadow_price,
        "actions": [
            _row(action, int((chosen == index).sum()), gains[chosen == index, index])
            for index, action in enumerate(actions)
        ],
        "one_for_all": _one_for_all(gains, actions, budget),
        "curve": [_point(rows, costs, sizes, share * budget) for share in SHARES_OF_BUDGET],
        "unit": settings.gain,
        "assumptions": _assumptions(settings),
    }
    return report, chosen.tolist()


def recommended_actions(
    segments: Sequence[int], personas: Sequence[Mapping[str, Any]], actions: Sequence[Action]
) -> list[str]:
    """Action that each user's persona card recommends.

    Raises
    ------
    PersonaeError
        If cards call for actions, but for none of these: then their names and the playbook's do not fit.

    Examples
    --------
    >>> cards = [{"id": 0, "action": "coach"}, {"id": 1, "action": "nothing"}]
    >>> coach = Action(name="coach", cost=4.0, effect=3.0, elsewhere=1.0)
    >>> recommended_actions([1, 0], cards, [coach])
    ['nothing', 'coach']
    """
    by_segment = {card["id"]: str(card["action"]) for card in personas}
    called_for = {name for name in by_segment.values() if name}
    if called_for and not called_for & {action.name for action in actions}:
        raise PersonaeError(
            f"prescription: no persona calls for {actions[0].name!r} or another of the actions; "
            f"they call for {', '.join(sorted(called_for))}"
        )
    return [by_segment.get(segment, "") for segment in segments]


def assign(groups: IntArray, counts: IntArray) -> IntArray:
    """Assign actions to the first users of each group, -1 else.

    Examples
    --------
    >>> assign(np.array([1, 0, 1]), np.array([[0, 0], [0, 1]])).tolist()
    [1, -1, -1]
    """
    chosen = np.full(groups.size, NOTHING)
    for group, numbers in enumerate(counts):
        users = np.flatnonzero(groups == group)
        given = np.repeat(np.arange(numbers.size), numbers)
        chosen[users[: given.size]] = given
    return chosen


def _effect(action: Action, recommended: str) -> float:
    """Gain from an action, for users it is recommended to, or others."""
    effect_on_others = action.elsewhere
    return action.effect if action.name == recommended else effect_on_others


def _row(action: Action, users: int, gains: FloatArray) -> dict[str, Any]:
    return {"action": action.name, "users": users, "cost": users * action.cost, "gain": float(gains.sum())}


def _point(gains: FloatArray, costs: FloatArray, sizes: IntArray, budget: float) -> dict[str, float]:
    best = allocate(gains, costs, budget, sizes=sizes)
    return {"budget": budget, "cost": best.spent, "gain": best.gain}


def _one_for_all(gains: FloatArray, actions: Sequence[Action], budget: float) -> dict[str, Any]:
    """Best allocation that gives all users the same action."""
    options = []
    for index, action in enumerate(actions):
        # A hair above the budget is rounding: 0.3 buys three actions at 0.1.
        users = min(int((gains[:, index] > 0).sum()), int(budget / action.cost + 1e-9))
        options.append(_row(action, users, np.sort(gains[:, index])[::-1][:users]))
    return max(options, key=lambda option: float(option["gain"]))


def _assumptions(settings: Prescribe) -> list[str]:
    return [
        f"gain is {settings.gain}; no effect was measured here, all are settings",
        f"budget {settings.budget:g} a week; at most one action a user; effects add up and do not wear off",
        *(
            f"{a.name}: cost {a.cost:g}, effect {a.effect:g} for its own persona, {a.elsewhere:g} for others"
            for a in settings.actions
        ),
    ]
