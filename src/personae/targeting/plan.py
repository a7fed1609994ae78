"""A contact list for other prices or another budget than the settings'."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from personae.core.arrays import BoolArray, FloatArray
from personae.targeting.budget import allocate
from personae.targeting.profit import CURVE_POINTS, Economics, economics


@dataclass(frozen=True, slots=True)
class ContactPlan:
    """The contact list within a budget.

    Attributes
    ----------
    contacted, expected_profit : shape (customers,), whether each is contacted and what a contact promises
    contacts : number of customers contacted
    spent, profit : of the list, the profit expected
    shadow_price : expected profit of one more unit of budget; 0 where the budget is not used up
    """

    contacted: BoolArray
    expected_profit: FloatArray
    contacts: int
    spent: float
    profit: float
    shadow_price: float

    def of(self, table: pl.DataFrame) -> pl.DataFrame:
        """Give a table of the customers, or of the first of them, with `expected_profit` and `decision`."""
        contacted, expected = (
            pl.Series(each[: table.height]) for each in (self.contacted, self.expected_profit)
        )
        decision = pl.when(contacted).then(pl.lit("contact")).otherwise(pl.lit("leave"))
        return table.with_columns(expected_profit=expected, decision=decision)


def plan_contacts(
    probability: FloatArray,
    cost: float | FloatArray,
    revenue: float | FloatArray,
    budget: float | None = None,
) -> ContactPlan:
    """Choose the customers that promise most for a budget.

    Parameters
    ----------
    probability : of a response, shape (customers,); the columns of `targets.parquet` may be passed on
    cost, revenue : of a contact and of a response, for all or shape (customers,)
    budget : at least 0; None contacts all who do not cost more than they promise

    Raises
    ------
    PersonaeError
        If an amount is negative or not finite, or no contact could ever pay.

    Examples
    --------
    >>> plan = plan_contacts(np.array([0.9, 0.5, 0.1]), 3.0, 11.0, budget=4.0)
    >>> plan.contacted.tolist(), plan.spent, round(plan.profit, 6)
    ([True, False, False], 3.0, 6.9)
    """
    return plan_at(economics(len(probability), cost, revenue), probability, budget)


def plan_table(table: pl.DataFrame, budget: float | None = None) -> ContactPlan:
    """Plan as `plan_contacts`, for a table with its columns, such as `targets.parquet`.

    Examples
    --------
    >>> table = pl.DataFrame({"probability": [0.9, 0.1], "cost": [3.0, 3.0], "revenue": [11.0, 11.0]})
    >>> plan_table(table).of(table)["decision"].to_list()
    ['contact', 'leave']
    """
    probability, cost, revenue = (table[name].to_numpy() for name in ("probability", "cost", "revenue"))
    return plan_contacts(probability, cost, revenue, budget)


def budget_steps(most: float) -> tuple[float, float]:
    """Give a round step for a budget up to `most`, and the least budget in whole steps that reaches it.

    Examples
    --------
    >>> budget_steps(4680.0)
    (10.0, 4680.0)
    """
    step = float(10.0 ** np.floor(np.log10(max(most, 1) / 50)))
    return step, float(max(np.ceil(most / step), 1) * step)


def plan_at(money: Economics, probability: FloatArray, budget: float | None) -> ContactPlan:
    """Choose customers as `plan_contacts`, at prices that were checked."""
    expected = money.expected(probability)
    contacted, shadow_price = expected >= 0, 0.0
    if budget is not None:
        best = allocate(expected, money.cost, budget)
        contacted, shadow_price = best.counts[:, 0] > 0, best.shadow_price
    return ContactPlan(
        contacted,
        expected,
        int(contacted.sum()),
        float(money.cost[contacted].sum()),
        float(expected[contacted].sum()),
        shadow_price,
    )


def profit_interval_of(probability: FloatArray, money: Economics) -> tuple[float, float]:
    """95 % interval of what contacts earn together, each answering by its own probability.

    The probabilities count as right: what they may be wrong by is not in it. Normal approximation, kept
    within what no answer and an answer of everyone would bring.

    Examples
    --------
    >>> profit_interval_of(np.full(100, 0.5), economics(100, 1.0, 4.0))
    (60.8, 139.2)
    """
    spread = 1.96 * float(np.sqrt((money.revenue**2 * probability * (1 - probability)).sum()))
    middle, spent = float(money.expected(probability).sum()), float(money.cost.sum())
    return max(middle - spread, -spent), min(middle + spread, float(money.revenue.sum()) - spent)


def expected_curve(expected_profit: FloatArray) -> dict[str, FloatArray]:
    """Expected profit of 100 customers by the share contacted, best first.

    Returns
    -------
    dict
        `share` and `profit`, shape (points,), both from 0 on.

    Examples
    --------
    >>> {name: each.tolist() for name, each in expected_curve(np.array([-1.0, 2.0])).items()}
    {'share': [0.0, 0.5, 1.0], 'profit': [0.0, 100.0, 50.0]}
    """
    rows = len(expected_profit)
    counts = np.unique(np.linspace(0, rows, min(rows, CURVE_POINTS) + 1).round().astype(np.intp))
    total = np.concatenate([[0.0], np.cumsum(np.sort(expected_profit)[::-1])])
    return {"share": counts / rows, "profit": 100 * total[counts] / rows}
