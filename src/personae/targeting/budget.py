"""A budget for contacts: the best list, its proof, the price of one more unit of budget."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from personae.core.arrays import BoolArray, FloatArray
from personae.core.errors import PersonaeError

# Of branch and bound: a limit in seconds would make the list depend on the machine.
NODES = 100_000
EXACT_UP_TO = 5_000
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Selection:
    """Customers chosen under a budget.

    Attributes
    ----------
    chosen : shape (customers,)
    expected : profit expected of them
    spent : their cost
    bound : of the linear relaxation; no selection within the budget can expect more
    shadow_price : expected profit of one more unit of budget, from the linear relaxation
    method : "exact" or "greedy"
    """

    chosen: BoolArray
    expected: float
    spent: float
    bound: float
    shadow_price: float
    method: str

    @property
    def gap(self) -> float:
        """What the list may lack at most of the best one, as a share of the bound."""
        if self.method == "exact" or self.bound <= 0:
            return 0.0
        lacking = 1 - self.expected / self.bound
        return lacking if lacking > ROUNDING else 0.0


def select(
    expected: FloatArray, cost: FloatArray, budget: float, *, exact_up_to: int = EXACT_UP_TO
) -> Selection:
    """Choose customers of the highest total expected profit whose costs keep within a budget.

    Small problems are solved exactly (branch and cut, `scipy.optimize.milp`); larger ones greedily by profit
    per cost, which stays within one customer's profit of the linear relaxation's bound (Dantzig 1957).

    Parameters
    ----------
    expected : expected profit of each contact, costs already taken off
    cost : of each contact, at least 0
    budget : above 0

    Raises
    ------
    PersonaeError
        If the budget is not above 0, or a figure is not finite.

    Examples
    --------
    >>> found = select(np.array([6.0, 5.0, 5.0]), np.array([6.0, 5.0, 5.0]), 10.0)
    >>> found.chosen.tolist(), found.expected, found.shadow_price
    ([False, True, True], 10.0, 1.0)
    """
    if not (np.isfinite(budget) and budget > 0):
        raise PersonaeError(f"the budget is {budget:g}; expected an amount above 0")
    if not (np.isfinite(expected).all() and np.isfinite(cost).all() and (cost >= 0).all()):
        raise PersonaeError("expected profits must be finite numbers and costs finite and not negative")
    greedy = _greedy(expected, cost, budget)
    closed = greedy.bound - greedy.expected <= 1e-9 * max(1.0, abs(greedy.bound))
    if closed or len(expected) > exact_up_to or len(np.unique(cost)) == 1:
        return greedy
    return _exact(expected, cost, budget, greedy)


def budget_curve(
    expected: FloatArray, cost: FloatArray, earned: FloatArray, budgets: Sequence[float]
) -> list[dict[str, float]]:
    """Give, for each budget, contacts, expected profit, profit on known responses and shadow price.

    The bound of the linear relaxation, `expected_bound`, is concave in the budget.
    """
    found = []
    for budget in budgets:
        one = select(expected, cost, budget)
        found.append(
            {
                "budget": float(budget),
                "contacts": int(one.chosen.sum()),
                "spent": one.spent,
                "expected_profit": one.expected,
                "expected_bound": one.bound,
                "profit": float(earned[one.chosen].sum()),
                "shadow_price": one.shadow_price,
                "gap": one.gap,
            }
        )
    return found


def _greedy(expected: FloatArray, cost: FloatArray, budget: float) -> Selection:
    """Take customers by profit per cost while they fit; the first that does not fit gives bound and price."""
    worthwhile = np.flatnonzero(expected > 0)
    gain, price_of = expected[worthwhile], cost[worthwhile]
    rate = np.divide(gain, price_of, out=np.full(len(gain), np.inf), where=price_of > 0)
    order = worthwhile[np.lexsort((worthwhile, -rate))]
    spent = np.cumsum(cost[order])
    fits = int(np.searchsorted(spent, budget * (1 + 1e-12), side="right"))
    chosen = np.zeros(len(expected), dtype=bool)
    chosen[order[:fits]] = True
    bound, price = float(expected[order[:fits]].sum()), 0.0
    if fits < len(order):
        left = budget - (float(spent[fits - 1]) if fits else 0.0)
        price = float(expected[order[fits]] / cost[order[fits]])
        bound += left * price
        for late in order[fits:] if len(order) <= EXACT_UP_TO else ():
            if cost[late] <= left:
                chosen[late] = True
                left -= cost[late]
    return Selection(chosen, float(expected[chosen].sum()), float(cost[chosen].sum()), bound, price, "greedy")


def _exact(expected: FloatArray, cost: FloatArray, budget: float, greedy: Selection) -> Selection:
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 - large problems do without

    answer = milp(
        -expected,
        integrality=np.ones(len(expected)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(cost[None, :], ub=budget),
        options={"mip_rel_gap": 0.0, "node_limit": NODES},
    )
    if not answer.success:
        return greedy
    chosen = answer.x > 0.5
    total = float(expected[chosen].sum())
    return Selection(chosen, total, float(cost[chosen].sum()), greedy.bound, greedy.shadow_price, "exact")
