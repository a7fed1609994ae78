"""All of stage target as one value: profit, curves, budgets, the list of whom to contact."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.response.predictions import event_probabilities
from personae.targeting import profit
from personae.targeting.budget import budget_curve, select
from personae.targeting.profit import Economics
from personae.targeting.settings import Target
from personae.targeting.uplift import uplift

CURVE_RESAMPLES = 200
ESTIMATES = (
    "profit on a file of this size, decided out of fold; {drawn} are drawn anew; training on another file "
    "would vary it further"
)


@dataclass(frozen=True, slots=True)
class Targets:
    """What stage target writes: target.json, the list of customers, the curve as a table."""

    report: dict[str, Any]
    customers: pd.DataFrame
    curve: pd.DataFrame


def choose(
    responses: pd.DataFrame,
    customers: pd.DataFrame,
    segments: pd.Series,
    settings: Target,
    *,
    seed: int,
    time: str | None = None,
) -> Targets:
    """Decide whom to contact, and what it earned on customers whose response is known.

    Offers of one time share its season and its campaign, so that where there is time the intervals draw times
    anew; else they draw customers who were kept together in a fold.

    Parameters
    ----------
    responses : as `responses.responses` lays them out; the event is the second of two classes
    customers : customer table, with the columns that the settings name; rows as in `responses`
    segments : segment of each customer
    settings : the study's section `target`
    seed : of the bootstrap
    time : column of the time of each offer, where the folds were blocks of time

    Returns
    -------
    Targets
        `customers`: customer, segment, probability (mean over repeats, each out of fold), expected_profit,
        decision, reason; the most profitable first. Of several offers to a customer it holds the last.

    Raises
    ------
    PersonaeError
        If a column is missing or a figure is impossible.
    """
    segments = segments.astype("Int64")
    money = money_of(settings, customers, segments)
    response, units = responses["target"].to_numpy(), responses["unit"].to_numpy()
    if response.max() > 1:
        raise PersonaeError("target: the study's target has more than two classes; none of them is an event")
    seen = np.asarray(~np.isnan(event_probabilities(responses)).all(axis=0))
    probability, money = event_probabilities(responses)[:, seen], _of(money, seen)
    if time is None and not seen.all():
        raise PersonaeError(f"target: {int((~seen).sum())} customers have no probability out of fold")
    known = response[seen]
    when = None if time is None else _column(customers.loc[seen], "classify.time", time)
    groups = units[seen] if when is None else pd.factorize(when, sort=True)[0]
    rfm = _rfm(settings, customers.loc[seen])
    sure = profit.profit_interval(known, probability, money, groups, resamples=settings.resamples, seed=seed)
    points = profit.curve(known, probability, money, groups, resamples=CURVE_RESAMPLES, seed=seed)
    mean = probability.mean(axis=0)
    last = ~responses["customer"][seen].duplicated(keep="last").to_numpy()
    listed = _of(money, last)
    in_force = [] if settings.budget is None else [settings.budget]
    prospects = (listed.expected(mean[last]), listed.cost, listed.earned(known[last]))
    plan = budget_curve(*prospects, in_force)
    chosen = _list(responses[seen][last], segments[seen][last], mean[last], listed, settings.budget)
    report = {
        "assumed": settings.assumed,
        "cost": _one_or_mean(money.cost),
        "revenue": _one_or_mean(money.revenue),
        "cutoff": _one_or_mean(money.cutoff),
        "customers": int(seen.sum()),
        "unscored": int((~seen).sum()),
        "contacts": float(profit.contact(probability, money).sum(axis=1).mean()),
        "listed": {"customers": len(chosen), "contacts": int((chosen["decision"] == "contact").sum())},
        "profit": {
            **profit.profits(known, probability, money, rfm=rfm),
            "model_ci": [sure.lower, sure.upper],
            "model_sd_over_repeats": _sd_over_repeats(known, probability, money),
        },
        "model_ci_estimates": ESTIMATES.format(drawn=_drawn(groups, units[seen], time)),
        "profit_by_time": None if when is None else _by_time(when, known, probability, money),
        "budget": budget_curve(*prospects, settings.budgets),
        "plan": plan[0] if plan else None,
        "if_response_falls": profit.if_response_falls(known, probability, money, by=settings.fall),
        "uplift": _uplift(settings, customers.loc[seen], known, units[seen], seed),
    }
    return Targets(report, chosen, pd.DataFrame(points))


def money_of(settings: Target, customers: pd.DataFrame, segments: pd.Series) -> Economics:
    """Give cost and revenue of every customer: a column or one figure, and amounts by segment or channel.

    Raises
    ------
    PersonaeError
        If a named column is not in the customer table, or a figure is impossible.
    """
    cost = _amounts("cost", settings.cost, settings.cost_by, customers, segments)
    revenue = _amounts("revenue", settings.revenue, settings.revenue_by, customers, segments)
    return profit.economics(len(customers), cost, revenue)


def _amounts(
    name: str,
    given: float | str,
    by: Mapping[str, Mapping[str, float]],
    customers: pd.DataFrame,
    segments: pd.Series,
) -> FloatArray:
    everywhere = _column(customers, f"target.{name}", given) if isinstance(given, str) else given
    found = np.broadcast_to(np.asarray(everywhere, dtype=np.float64), (len(customers),))
    for column, own in by.items():
        groups = segments if column == "segment" else _column(customers, f"target.{name}_by", column)
        found = profit.amounts(found, groups.tolist(), own)
    return found


def _column(customers: pd.DataFrame, key: str, name: str) -> pd.Series:
    if name not in customers:
        raise PersonaeError(f"{key}: column '{name}' is not in the customer table")
    return customers[name]


def _of(money: Economics, rows: BoolArray) -> Economics:
    return Economics(money.cost[rows], money.revenue[rows])


def _drawn(groups: IntArray, units: IntArray, time: str | None) -> str:
    """Name what the bootstrap draws."""
    if time is not None:
        few = len(np.unique(groups))
        return (
            f"the {few} different times of column {time}, a small number that makes the interval too narrow,"
        )
    return "groups of identical customers" if len(np.unique(units)) < len(units) else "customers"


def _by_time(
    when: pd.Series, response: IntArray, probability: FloatArray, money: Economics
) -> list[dict[str, Any]]:
    """Offers, contacts and profit of each time, the mean over repeats."""
    contacted = profit.contact(probability, money)
    earned = (contacted * money.earned(response)).mean(axis=0)
    rows = pd.DataFrame({"contacts": contacted.mean(axis=0), "profit": earned}).assign(offers=1)
    totals = rows.groupby(when.to_numpy()).sum().reset_index(names="time")
    return [
        {
            "time": str(one.time.date() if isinstance(one.time, pd.Timestamp) else one.time),
            "offers": int(one.offers),
            "contacts": float(one.contacts),
            "profit": float(one.profit),
        }
        for one in totals.itertuples()
    ]


def _one_or_mean(values: FloatArray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if np.ptp(finite) else float(finite[0])


def _sd_over_repeats(response: IntArray, probability: FloatArray, money: Economics) -> float:
    each = profit.contact(probability, money) @ money.earned(response)
    return float(each.std(ddof=1)) if len(each) > 1 else float("nan")


def _rfm(settings: Target, customers: pd.DataFrame) -> FloatArray | None:
    if settings.rfm is None:
        return None
    named = (settings.rfm.recency, settings.rfm.frequency, settings.rfm.monetary)
    columns = (_column(customers, "target.rfm", column) for column in named)
    recency, *others = (column.to_numpy(dtype=np.float64) for column in columns)
    return profit.rfm_score(np.nan_to_num(recency, nan=np.inf), *others)


def _uplift(
    settings: Target, customers: pd.DataFrame, response: IntArray, units: IntArray, seed: int
) -> dict[str, Any]:
    """Estimate uplift where the file has both arms; else say why not, and the size of the test that tells."""
    named, treatment = settings.uplift, None
    if named.treatment is not None:
        treatment = _arms(_column(customers, "target.uplift.treatment", named.treatment))
    inputs = [_column(customers, "target.uplift.inputs", name) for name in named.inputs]
    found = uplift(
        np.column_stack(inputs).astype(np.float64) if inputs else np.empty((len(customers), 0)),
        treatment,
        response,
        units,
        HistGradientBoostingClassifier(max_iter=100, learning_rate=0.05, max_depth=3, random_state=seed),
        smallest_effect=named.smallest_effect,
        resamples=settings.resamples,
        seed=seed,
    )
    return asdict(found)


def _arms(column: pd.Series) -> IntArray:
    wrong = column[~column.isin([0, 1])]
    if len(wrong):
        raise PersonaeError(
            f"target.uplift.treatment: column '{column.name}' holds {wrong.iloc[0]}; expected 0 or 1"
        )
    return np.asarray(column, dtype=np.intp)


def _list(
    responses: pd.DataFrame,
    segments: pd.Series,
    probability: FloatArray,
    money: Economics,
    budget: float | None,
) -> pd.DataFrame:
    """Contact whoever pays, or under a budget those who together promise most for it."""
    expected = money.expected(probability)
    chosen = expected >= 0 if budget is None else select(expected, money.cost, budget).chosen
    table = pd.DataFrame(
        {
            "customer": responses["customer"].to_numpy(),
            "segment": segments.array,
            "probability": probability,
            "expected_profit": expected,
            "decision": np.where(chosen, "contact", "leave"),
            "reason": responses["reason"].to_numpy(),
        }
    )
    return table.sort_values(["expected_profit", "customer"], ascending=[False, True], ignore_index=True)
