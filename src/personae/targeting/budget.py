"""Budget allocation: optimal list, bound, and price of more budget."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError

# Of branch and bound: a limit in seconds would make the list depend on the machine.
NODES = 100_000
EXACT_UP_TO = 5_000
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Allocation:
    """What is bought within a budget.

    Attributes
    ----------
    counts : shape (rows, options), how many units of each row get each option
    gain, spent : of the allocation
    bound : of the linear relaxation; no allocation within the budget can gain more
    shadow_price : gain of one more unit of budget in the linear relaxation; 0 where money is left over
    method : "exact" or "greedy"
    """

    counts: IntArray
    gain: float
    spent: float
    bound: float
    shadow_price: float
    method: str

    @property
    def gap(self) -> float:
        """Optimality gap as a share of the bound."""
        if self.method == "exact" or self.bound <= 0:
            return 0.0
        lacking = 1 - self.gain / self.bound
        return lacking if lacking > ROUNDING else 0.0


def allocate(
    gains: FloatArray,
    costs: FloatArray,
    budget: float,
    *,
    sizes: IntArray | None = None,
    exact_up_to: int = EXACT_UP_TO,
) -> Allocation:
    """Allocate at most one option a unit for the greatest gain.

    Small problems are solved exactly (branch and cut, `scipy.optimize.milp`). Larger ones are solved greedily
    by gain per cost, which for one option stays within one unit's gain of the linear relaxation's bound
    (Dantzig 1957; Sinha and Zoltners 1979 for several options).

    Parameters
    ----------
    gains : shape (rows, options), or (rows,) where there is one option; costs already taken off where the
        gain is money
    costs : at least 0, of the same shape or one cost an option
    budget : at least 0
    sizes : units in each row, which are all alike; by default 1

    Raises
    ------
    PersonaeError
        If the budget or a cost is negative, or a figure is not finite.

    Examples
    --------
    >>> best = allocate(np.array([6.0, 5.0, 5.0]), np.array([6.0, 5.0, 5.0]), 10.0)
    >>> best.counts.ravel().tolist(), best.gain, best.shadow_price
    ([0, 1, 1], 10.0, 1.0)
    """
    if not (np.isfinite(budget) and budget >= 0):
        raise PersonaeError(f"the budget is {budget:g}; expected an amount of at least 0")
    if not (np.isfinite(gains).all() and np.isfinite(costs).all() and (costs >= 0).all()):
        raise PersonaeError("expected profits must be finite numbers and costs finite and not negative")
    gains = gains.reshape(len(gains), -1)
    costs = np.broadcast_to(costs.reshape(-1, gains.shape[1]), gains.shape)
    sizes = np.ones(len(gains), dtype=np.intp) if sizes is None else sizes
    greedy = lp_relaxation(gains, costs, budget, sizes)
    best = gains.shape[1] == 1 and (
        greedy.bound - greedy.gain <= 1e-9 * max(1.0, abs(greedy.bound)) or len(np.unique(costs)) == 1
    )
    if best or gains.size > exact_up_to:
        return greedy
    return _exact(gains, costs, budget, sizes, greedy)


def budget_curve(
    expected: FloatArray, cost: FloatArray, earned: FloatArray, budgets: Sequence[float]
) -> list[dict[str, float]]:
    """Contacts, expected and known profit, and shadow price by budget.

    The bound of the linear relaxation, `expected_bound`, is concave in the budget.
    """
    rows = []
    for budget in budgets:
        best = allocate(expected, cost, budget)
        contacted = best.counts[:, 0] > 0
        rows.append(
            {
                "budget": float(budget),
                "contacts": int(contacted.sum()),
                "spent": best.spent,
                "expected_profit": best.gain,
                "expected_bound": best.bound,
                "profit": float(earned[contacted].sum()),
                "shadow_price": best.shadow_price,
                "gap": best.gap,
            }
        )
    return rows


def lp_relaxation(gains: FloatArray, costs: FloatArray, budget: float, sizes: IntArray) -> Allocation:
    """Linear relaxation by gain per cost: bound and shadow price.

    A step takes the units of a row from nothing to an option, or on to the next option that is dearer and
    gains more; the rates of the steps of a row fall.
    """
    row, before, option, gain, price, rate = _steps(gains, costs)
    order = np.argsort(-rate, kind="stable")
    whole = gain * sizes[row]
    spent = np.cumsum((price * sizes[row])[order])
    fits = int(np.searchsorted(spent, budget * (1 + 1e-12), side="right"))
    counts = np.zeros(gains.shape, dtype=np.intp)
    done = order[:fits]
    # A row's later steps come after its earlier ones, so that the last assignment is the one that holds.
    last = np.full(len(gains), -1)
    last[row[done]] = option[done]
    served = np.flatnonzero(last >= 0)
    counts[served, last[served]] = sizes[served]
    bound, shadow_price = float(whole[done].sum()), 0.0
    if fits < len(order):
        left = budget - (float(spent[fits - 1]) if fits else 0.0)
        shadow_price = float(rate[order[fits]])
        bound += left * shadow_price
        for step in order[fits:] if len(order) <= EXACT_UP_TO else ():
            there = sizes[row[step]] if before[step] < 0 else counts[row[step], before[step]]
            units = min(int(there), int(left / price[step]))
            if units > 0:
                counts[row[step], option[step]] += units
                if before[step] >= 0:
                    counts[row[step], before[step]] -= units
                left -= units * price[step]
    return Allocation(counts, *_totals(counts, gains, costs), bound, shadow_price, "greedy")


def _steps(gains: FloatArray, costs: FloatArray) -> tuple[np.ndarray, ...]:
    """Row, options, extra gain and cost, and rate of every step.

    From each point of a row the next is the option with the highest rate: the upper hull of gain over cost.
    """
    if gains.shape[1] == 1:  # one step at most, found without going through the options
        rows = np.flatnonzero(gains[:, 0] > 0)
        gain, price = gains[rows, 0], costs[rows, 0]
        rate = np.divide(gain, price, out=np.full(len(rows), np.inf), where=price > 0)
        return rows, np.full(len(rows), -1), np.zeros(len(rows), dtype=np.intp), gain, price, rate
    rows = np.arange(len(gains))
    at = np.full(len(gains), -1)
    here_gain, here_cost, here_rate = np.zeros(len(gains)), np.zeros(len(gains)), np.full(len(gains), np.inf)
    steps = []
    while len(rows):
        gain, price = gains[rows] - here_gain[rows, None], costs[rows] - here_cost[rows, None]
        rate = np.divide(gain, price, out=np.full(gain.shape, np.inf), where=price > 0)
        rate[(gain <= 0) | (price < 0)] = -np.inf
        best = rate.argmax(axis=1)
        place = np.arange(len(rows)), best
        # Rounding must not put a row's step before the one that leads to it.
        reached = np.minimum(rate[place], here_rate[rows])
        on = reached > 0
        rows, best, place = rows[on], best[on], (place[0][on], best[on])
        steps.append((rows, at[rows], best, gain[place], price[place], reached[on]))
        at[rows], here_rate[rows] = best, reached[on]
        here_gain[rows], here_cost[rows] = gains[rows, best], costs[rows, best]
    return tuple(np.concatenate(parts) for parts in zip(*steps, strict=True))


def _exact(
    gains: FloatArray, costs: FloatArray, budget: float, sizes: IntArray, greedy: Allocation
) -> Allocation:
    """Solve the integer programme, falling back on the greedy solution."""
    from scipy import sparse  # noqa: PLC0415 - half a second; large problems do without
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415

    rows, options = gains.shape
    constraints = [LinearConstraint(costs.reshape(1, -1), ub=budget)]
    if options > 1:
        once = sparse.kron(sparse.eye_array(rows), np.ones((1, options)), format="csr")
        constraints.append(LinearConstraint(once, ub=sizes))
    answer = milp(
        -gains.ravel(),
        integrality=np.ones(gains.size),
        bounds=Bounds(0, np.repeat(sizes, options)),
        constraints=constraints,
        options={"mip_rel_gap": 0.0, "node_limit": NODES},
    )
    if not answer.success:
        return greedy
    counts = np.rint(answer.x).astype(np.intp).reshape(gains.shape)
    gain, spent = _totals(counts, gains, costs)
    return replace(greedy, counts=counts, gain=gain, spent=spent, method="exact")


def _totals(counts: IntArray, gains: FloatArray, costs: FloatArray) -> tuple[float, float]:
    return float((counts * gains).sum()), float((counts * costs).sum())
