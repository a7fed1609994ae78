"""Which action for which user: the best allocation within a budget, and what more budget would bring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from personae.core.arrays import FloatArray
from personae.core.errors import PersonaeError

NOTHING = -1


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done for a user.

    Attributes
    ----------
    name
        As in the playbook.
    cost
        For one user and week.
    effect
        Expected gain for a user whose persona it is meant for.
    elsewhere
        Expected gain for any other user.
    """

    name: str
    cost: float
    effect: float
    elsewhere: float


@dataclass(frozen=True, slots=True)
class Allotted:
    """What one action gets."""

    action: str
    users: int
    cost: float
    gain: float


@dataclass(frozen=True, slots=True)
class Prescription:
    """The best allocation, with what it rests on.

    Attributes
    ----------
    gain, cost
        Of the allocation; expected, if the assumptions hold.
    bound
        Gain if users could be divided: no allocation can gain more.
    shadow_price
        Gain for one more unit of budget, of the divisible problem; 0 where money is left over.
    actions
        Users, cost and gain by action.
    one_for_all
        The best single action for as many users as the budget allows.
    curve
        Budgets around the given one: `budget`, `cost`, `gain`.
    assumptions
        In words, to be printed beside the result.
    """

    budget: float
    gain: float
    cost: float
    bound: float
    shadow_price: float
    actions: tuple[Allotted, ...]
    one_for_all: Allotted
    curve: tuple[Mapping[str, float], ...]
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Allocation:
    """A prescription and, for each user, the index of the chosen action, -1 for none."""

    report: Prescription
    chosen: tuple[int, ...]


def prescribe(meant: Sequence[str], actions: Sequence[Action], *, budget: float, gain: str) -> Allocation:
    """Allocate at most one action to each user so that the expected gain is greatest within the budget.

    Parameters
    ----------
    meant
        For each user the name of the action that their persona calls for.
    actions
        What can be done, at what cost and with what effect.
    budget
        For a week, in the unit of the costs.
    gain
        What an effect counts, in words, for the assumptions.

    Returns
    -------
    Allocation
        Solved as a mixed integer programme over groups of users with equal gains, which is exact: who of a
        group is served makes no difference, and the first in order are.

    Raises
    ------
    PersonaeError
        If there is no user or action, an action is named twice, a cost is not above 0 or the budget is
        negative.

    Examples
    --------
    >>> actions = [Action("coach", 4.0, 3.0, 1.0), Action("mail", 1.0, 1.0, 0.5)]
    >>> best = prescribe(["coach", "coach", "mail"], actions, budget=6.0, gain="active days a week")
    >>> best.report.gain, best.report.cost, best.chosen
    (4.5, 6.0, (0, 1, 1))
    """
    _check(meant, actions, budget)
    gains = np.array([[a.effect if a.name == name else a.elsewhere for a in actions] for name in meant])
    costs = np.array([action.cost for action in actions])
    rows, groups, sizes = np.unique(gains, axis=0, return_inverse=True, return_counts=True)
    problem = _Problem(rows, sizes, costs)
    counts = problem.best(budget)
    bound, price = problem.divisible(budget)
    chosen = _hand_out(groups.ravel(), counts)
    served = [(np.array(chosen) == index) for index in range(len(actions))]
    report = Prescription(
        budget=budget,
        gain=float((counts * rows).sum()),
        cost=float((counts @ costs).sum()),
        bound=bound,
        shadow_price=price,
        actions=tuple(
            Allotted(
                action.name, int(users.sum()), float(users.sum() * action.cost), float(gains[users, i].sum())
            )
            for i, (action, users) in enumerate(zip(actions, served, strict=True))
        ),
        one_for_all=_one_for_all(gains, actions, budget),
        curve=tuple(problem.point(share * budget) for share in (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)),
        assumptions=_assumptions(actions, budget, gain),
    )
    return Allocation(report, chosen)


def actions_called_for(
    segments: Sequence[int], personas: Sequence[Mapping[str, Any]], actions: Sequence[Action]
) -> list[str]:
    """Name for each user the action that the card of their segment calls for.

    Raises
    ------
    PersonaeError
        If no card calls for any of the actions: then their names and the playbook's do not fit.

    Examples
    --------
    >>> cards = [{"id": 0, "action": "coach"}, {"id": 1, "action": "nothing"}]
    >>> actions_called_for([1, 0], cards, [Action("coach", 4.0, 3.0, 1.0)])
    ['nothing', 'coach']
    """
    by_segment = {card["id"]: str(card["action"]) for card in personas}
    if not set(by_segment.values()) & {action.name for action in actions}:
        raise PersonaeError(
            f"prescription: no persona calls for {actions[0].name!r} or another of the actions; "
            f"they call for {', '.join(sorted(set(by_segment.values())))}"
        )
    return [by_segment.get(segment, "") for segment in segments]


@dataclass(frozen=True, slots=True)
class _Problem:
    """Groups of equal users: gains by group and action, sizes of the groups, costs of the actions."""

    gains: FloatArray
    sizes: npt.NDArray[np.int64]
    costs: FloatArray

    def _constraints(self) -> tuple[FloatArray, FloatArray]:
        groups, actions = self.gains.shape
        once = np.kron(np.eye(groups), np.ones(actions))
        return np.vstack([once, np.tile(self.costs, groups)]), self.sizes.astype(float)

    def best(self, budget: float) -> npt.NDArray[np.int64]:
        """How many of each group get each action, in whole users."""
        from scipy.optimize import LinearConstraint, milp  # noqa: PLC0415 - costs half a second

        matrix, limits = self._constraints()
        solved = milp(
            -self.gains.ravel(),
            constraints=LinearConstraint(matrix, ub=np.append(limits, budget)),
            integrality=np.ones(self.gains.size),
            options={"mip_rel_gap": 0.0},
        )
        if not solved.success:
            raise PersonaeError(f"prescription: no allocation found ({solved.message})")
        counts: npt.NDArray[np.int64] = np.rint(solved.x).astype(np.int64).reshape(self.gains.shape)
        return counts

    def divisible(self, budget: float) -> tuple[float, float]:
        """Gain and price of the budget if users could be divided: the dual of the linear programme."""
        from scipy.optimize import linprog  # noqa: PLC0415 - costs half a second

        matrix, limits = self._constraints()
        solved: Any = linprog(
            -self.gains.ravel(), A_ub=matrix, b_ub=np.append(limits, budget), method="highs"
        )
        return float(-solved.fun), float(-solved.ineqlin.marginals[-1] + 0.0)

    def point(self, budget: float) -> dict[str, float]:
        """One point of the curve of gain over budget."""
        counts = self.best(budget)
        return {
            "budget": budget,
            "cost": float((counts @ self.costs).sum()),
            "gain": float((counts * self.gains).sum()),
        }


def _hand_out(groups: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> tuple[int, ...]:
    chosen = np.full(groups.size, NOTHING)
    for group, numbers in enumerate(counts):
        users = np.flatnonzero(groups == group)
        given = np.repeat(np.arange(numbers.size), numbers)
        chosen[users[: given.size]] = given
    return tuple(chosen.tolist())


def _one_for_all(gains: FloatArray, actions: Sequence[Action], budget: float) -> Allotted:
    """Serve the users who gain most from one and the same action."""
    options = []
    for index, action in enumerate(actions):
        # A hair above the budget is rounding: 0.3 buys three actions at 0.1.
        users = min(len(gains), int(budget / action.cost + 1e-9))
        best = np.sort(gains[:, index])[::-1][:users]
        options.append(Allotted(action.name, users, users * action.cost, float(best[best > 0].sum())))
    return max(options, key=lambda option: option.gain)


def _assumptions(actions: Sequence[Action], budget: float, gain: str) -> tuple[str, ...]:
    return (
        f"gain is {gain}; no effect was measured here, all are settings",
        f"budget {budget:g} a week; at most one action a user; effects add up and do not wear off",
        *(
            f"{a.name}: cost {a.cost:g}, effect {a.effect:g} for its own persona, {a.elsewhere:g} for others"
            for a in actions
        ),
    )


def _check(meant: Sequence[str], actions: Sequence[Action], budget: float) -> None:
    if not meant or not actions:
        raise PersonaeError("prescription: no user or no action; expected at least one of each")
    names = [action.name for action in actions]
    doubled = [name for name in names if names.count(name) > 1]
    if doubled:
        raise PersonaeError(f"prescription: action {doubled[0]!r} is there twice; expected each once")
    for action in actions:
        if action.cost <= 0:
            raise PersonaeError(
                f"prescription: action {action.name!r} costs {action.cost:g}; expected above 0"
            )
    if budget < 0:
        raise PersonaeError(f"prescription: budget is {budget:g}; expected 0 or more")
