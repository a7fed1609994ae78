"""Results of stage target: profit, curves, budgets and contact list."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.response.predictions import by_case
from personae.targeting import profit
from personae.targeting.budget import budget_curve
from personae.targeting.control import hold_out
from personae.targeting.decision import decision_curve
from personae.targeting.plan import plan_at, profit_interval_of
from personae.targeting.profit import Economics
from personae.targeting.rates import contacted_by, rates_by
from personae.targeting.settings import Prices, Target
from personae.targeting.uplift import uplift

CURVE_RESAMPLES = 200
ESTIMATES = (
    "mean profit on files of this size from the same population, decided by models of this procedure; "
    "{drawn} are drawn, and each draw learns the level of the probabilities again"
)
# Columns of age and family by which the contact list is shown, in small letters.
PERSONAL = (
    *("age", "sex", "gender", "marital_status", "maritalstatus"),
    *("family_size", "household_size", "kids", "children", "kidhome", "teenhome"),
)
NO_INTERVAL = "fewer than {} independent units with a response: too few for an interval of the profit"


@dataclass(frozen=True, slots=True)
class Targets:
    """Results of stage target: target.json, customer list and curve."""

    report: dict[str, Any]
    customers: pd.DataFrame
    curve: pd.DataFrame


def select_targets(
    responses: pd.DataFrame,
    customers: pd.DataFrame,
    segments: pd.Series,
    settings: Target,
    *,
    seed: int = 0,
    time: str | None = None,
) -> Targets:
    """Choose the customers to contact, with profit on known responses.

    Parameters
    ----------
    responses : as `predictions.responses` lays them out; the event is the second of two classes
    customers : customer table, with the columns that the settings name; a row for each case of `responses`
    segments : segment of each customer
    settings : the study's section `target`
    seed : of the bootstrap
    time : column of the time of each offer, where the folds were blocks of time. Offers of one time share its
        season and its campaign, so intervals then draw whole times; else those kept together in a fold.

    Returns
    -------
    Targets
        `customers`: customer, segment, probability (mean over repeats, each out of fold), expected_profit,
        decision (`contact`, `control` or `leave`), reason, cost and revenue; the most profitable first. Of
        several offers to a customer it holds the last.
    """
    segments = segments.astype("Int64")
    money = economics_of(settings, customers, segments)
    responses, probability = _of_event(responses)
    scored = np.asarray(~np.isnan(probability).all(axis=0))
    unscored = int((~scored).sum())
    if time is None and unscored:
        raise PersonaeError(f"target: {unscored} customers have no probability out of fold")
    responses, customers, segments = responses[scored], customers[scored], segments[scored]
    probability, money = probability[:, scored], money.at(scored)
    when = None if time is None else _column(customers, "classify.time", time)
    groups = responses["unit"].to_numpy() if when is None else pd.factorize(when, sort=True)[0]
    known = responses["target"].to_numpy(), probability, money
    points = profit.curve(*known, groups, resamples=CURVE_RESAMPLES, seed=seed)
    listed, promise, plans = _listed(responses, segments, probability, money, settings, seed=seed)
    report = {
        "assumed": settings.assumed,
        **{name: _one_or_mean(getattr(money, name)) for name in ("cost", "revenue", "cutoff")},
        "customers": len(responses),
        "unscored": unscored,
        "contacts": float(profit.contact(probability, money).sum(axis=1).mean()),
        "listed": promise,
        "profit": _profit(known, groups, settings, customers, seed),
        "model_ci_estimates": ESTIMATES.format(drawn=_drawn(groups, responses["unit"], time)),
        "decision_curve": _decision(known, groups, settings, customers, seed),
        "response_rates": _rates(settings, customers, segments, when, known[0]),
        "contacted_by": _contacted_by(customers, known),
        "profit_by_time": None if when is None else _by_time(when, *known),
        **plans,
        "if_response_falls": profit.profit_if_response_drops(*known, settings.fall),
        "uplift": _uplift(settings, customers, responses, money.cost, seed),
    }
    return Targets(report, listed, pd.DataFrame(points))


def _of_event(responses: pd.DataFrame) -> tuple[pd.DataFrame, FloatArray]:
    """Responses by case, and probabilities of the event, shape (repeats, cases)."""
    responses, probabilities = by_case(responses)
    if responses["target"].max() > 1:
        raise PersonaeError("target: the study's target has more than two classes; none of them is an event")
    return responses, probabilities[..., 0]


def _decision(
    known: tuple[IntArray, FloatArray, Economics],
    groups: IntArray,
    settings: Target,
    customers: pd.DataFrame,
    seed: int,
) -> list[dict[str, Any]]:
    response, probability, money = known
    return decision_curve(
        response,
        probability,
        groups,
        rfm=_rfm(settings, customers),
        cutoff=_one_or_mean(money.cutoff),
        resamples=CURVE_RESAMPLES,
        seed=seed,
    )


def _rates(
    settings: Target, customers: pd.DataFrame, segments: pd.Series, when: pd.Series | None, response: IntArray
) -> dict[str, Any]:
    """Pooled response rates by segment, time of the offer and the columns that prices differ by."""
    named = {"segment": segments, **({} if when is None else {str(when.name): when})}
    channels = [name for name in (*settings.cost_by, *settings.revenue_by) if name in customers]
    named |= {name: customers[name] for name in channels}
    return {name: rates for name, column in named.items() if (rates := rates_by(column, response))}


def _contacted_by(
    customers: pd.DataFrame, known: tuple[IntArray, FloatArray, Economics]
) -> list[dict[str, Any]]:
    """Share contacted and precision by age and family, where such columns are there."""
    response, probability, money = known
    chosen = profit.contact(probability.mean(axis=0), money)
    columns = [name for name in customers if str(name).lower() in PERSONAL]
    return [row for name in columns for row in contacted_by(customers[name], chosen, response)]


def economics_of(
    settings: Prices, customers: pd.DataFrame, segments: pd.Series, *, alone: bool = False
) -> Economics:
    """Cost and revenue of every customer, by column, figure, segment or channel.

    With `alone`, of checked customers of whom each is judged by itself: it may be that none can ever pay.

    Raises
    ------
    PersonaeError
        If a named column is not in the customer table, or a figure is impossible.
    """
    cost = _amounts("cost", settings.cost, settings.cost_by, customers, segments, some=alone)
    revenue = _amounts("revenue", settings.revenue, settings.revenue_by, customers, segments, some=alone)
    return Economics(cost, revenue) if alone else profit.economics(len(customers), cost, revenue)


def _amounts(
    name: str,
    given: float | str,
    by: Mapping[str, Mapping[str, float]],
    customers: pd.DataFrame,
    segments: pd.Series,
    *,
    some: bool,
) -> FloatArray:
    default = _column(customers, f"target.{name}", given) if isinstance(given, str) else given
    amounts = np.broadcast_to(np.asarray(default, dtype=np.float64), (len(customers),))
    for column, own in by.items():
        groups = segments if column == "segment" else _column(customers, f"target.{name}_by", column)
        amounts = profit.amount_by_group(amounts, groups.tolist(), own, some=some)
    return amounts


def _listed(
    responses: pd.DataFrame,
    segments: pd.Series,
    probability: FloatArray,
    money: Economics,
    settings: Target,
    *,
    seed: int,
) -> tuple[pd.DataFrame, dict[str, Any], dict[str, Any]]:
    """List customers by their last offer, with expected profit, control group and budgets."""
    order = pd.DataFrame({"customer": responses["customer"].to_numpy()})
    order["promise"] = money.expected(probability.mean(axis=0))
    order = order.drop_duplicates("customer", keep="last")
    # Of equal prospects the plan takes the first: the order of the list decides, not that of the file.
    place = order.sort_values(["promise", "customer"], ascending=[False, True]).index.to_numpy()
    responses, probability, money = responses.iloc[place], probability.mean(axis=0)[place], money.at(place)
    plan = plan_at(money, probability, settings.budget)
    control, held = None, np.zeros(len(place), dtype=bool)
    if settings.control is not None:
        held, control = hold_out(plan.contacted, probability, settings.control, seed)
    contacted = plan.contacted & ~held
    prospects = plan.expected_profit, money.cost, money.earned(responses["target"].to_numpy())
    table = pd.DataFrame(
        {
            "customer": responses["customer"].to_numpy(),
            "segment": segments.array[place],
            "probability": probability,
            "expected_profit": plan.expected_profit,
            "decision": np.select([contacted, held], ["contact", "control"], "leave"),
            "reason": responses["reason"].to_numpy(),
            "cost": money.cost,
            "revenue": money.revenue,
        }
    )
    fallen = (1 - settings.fall) * (plan.expected_profit + money.cost) - money.cost
    promise = {
        "customers": len(table),
        "contacts": int(contacted.sum()),
        "spent": float(money.cost[contacted].sum()),
        "expected_profit": float(plan.expected_profit[contacted].sum()),
        "profit_interval": profit_interval_of(probability[contacted], money.at(contacted)),
        "if_response_falls": float(fallen[contacted].sum()),
    }
    inside = None if settings.budget is None else budget_curve(*prospects, [settings.budget])[0]
    plans = {"budget": budget_curve(*prospects, settings.budgets), "plan": inside}
    return table, promise, plans | ({} if control is None else {"control": control})


def _profit(
    known: tuple[IntArray, FloatArray, Economics],
    groups: IntArray,
    settings: Target,
    customers: pd.DataFrame,
    seed: int,
) -> dict[str, Any]:
    """Profit of every list on known responses, the model's with interval."""
    response, probability, money = known
    each = profit.contact(probability, money) @ money.earned(response)
    interval = profit.profit_interval(*known, groups, resamples=settings.resamples, seed=seed)[1:]
    missing = NO_INTERVAL.format(profit.FEWEST_RESPONDERS) if np.isnan(interval[0]) else None
    return {
        **profit.profits(*known, rfm=_rfm(settings, customers)),
        "model_ci": interval,
        "model_ci_missing": missing,
        "model_sd_over_repeats": float(each.std(ddof=1)) if len(each) > 1 else float("nan"),
    }


def _column(customers: pd.DataFrame, key: str, name: str) -> pd.Series:
    if name not in customers:
        raise PersonaeError(f"{key}: column '{name}' is not in the customer table")
    return customers[name]


def _drawn(groups: IntArray, units: pd.Series, time: str | None) -> str:
    """Name what the bootstrap draws."""
    if time is not None:
        few = len(np.unique(groups))
        return f"the {few} different times of column {time}, by Student's t where there are fewer than 20,"
    return "groups of identical customers" if units.duplicated().any() else "customers"


def _by_time(
    when: pd.Series, response: IntArray, probability: FloatArray, money: Economics
) -> list[dict[str, Any]]:
    """Offers, contacts and profit of each time, the mean over repeats."""
    contacted = profit.contact(probability, money)
    rows = {
        "offers": 1,
        "contacts": contacted.mean(axis=0),
        "profit": (contacted * money.earned(response)).mean(axis=0),
    }
    totals = pd.DataFrame(rows, index=when.to_numpy()).groupby(level=0).sum()
    times = [str(time.date() if isinstance(time, pd.Timestamp) else time) for time in totals.index]
    return [{"time": time, **row} for time, row in zip(times, totals.to_dict("records"), strict=True)]


def _one_or_mean(values: FloatArray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if np.ptp(finite) else float(finite[0])


def _rfm(settings: Target, customers: pd.DataFrame) -> FloatArray | None:
    if settings.rfm is None:
        return None
    named = (settings.rfm.recency, settings.rfm.frequency, settings.rfm.monetary)
    columns = (_column(customers, "target.rfm", column) for column in named)
    recency, *others = (column.to_numpy(dtype=np.float64) for column in columns)
    return profit.rfm_score(np.nan_to_num(recency, nan=np.inf), *others)


def _uplift(
    settings: Target, customers: pd.DataFrame, responses: pd.DataFrame, cost: FloatArray, seed: int
) -> dict[str, Any]:
    """Uplift with both arms, else the reason and required test size."""
    named, treatment = settings.uplift, None
    if named.treatment is not None:
        treatment = _arms(_column(customers, "target.uplift.treatment", named.treatment))
    inputs = [_column(customers, "target.uplift.inputs", name) for name in named.inputs]
    return uplift(
        np.column_stack(inputs).astype(np.float64) if inputs else np.empty((len(customers), 0)),
        treatment,
        responses["target"].to_numpy(),
        randomised=named.randomised,
        cost=cost,
        units=responses["unit"].to_numpy(),
        smallest_effect=named.smallest_effect,
        resamples=settings.resamples,
        seed=seed,
    )


def _arms(column: pd.Series) -> IntArray:
    wrong = column[~column.isin([0, 1])]
    if len(wrong):
        raise PersonaeError(
            f"target.uplift.treatment: column '{column.name}' holds {wrong.iloc[0]}; expected 0 or 1"
        )
    return np.asarray(column, dtype=np.intp)
