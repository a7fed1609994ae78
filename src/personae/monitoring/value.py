"""What customers will spend: a model of their purchases, and whether it beats simple forecasts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.monitoring.purchases import (
    History,
    expected_amount,
    expected_purchases,
    fit_bgnbd,
    fit_gamma_gamma,
)

MODEL, SAME, WEIGHTS = "BG/NBD with Gamma-Gamma", "same as before", "two weights"
WINDOWS, RESAMPLES, REFITS = 3, 1000, 50
FEWEST = 100


@dataclass(frozen=True, slots=True)
class Panel:
    """Spend of each customer on each day: `customer` numbers from 0, `day` from 0, `spend`, by day."""

    names: list[str]
    customer: FloatArray
    day: FloatArray
    spend: FloatArray

    def before(self, day: float, weeks: float | None = None) -> FloatArray:
        """Spend of every customer in the weeks before a day, by default in all."""
        first = -np.inf if weeks is None else day - 7 * weeks
        rows = (self.day < day) & (self.day >= first)
        spend = np.bincount(self.customer[rows].astype(int), self.spend[rows], len(self.names))
        return np.asarray(spend, dtype=np.float64)

    def history(self, day: float) -> tuple[History, IntArray]:
        """Purchases before a day of the customers seen by then, and their numbers."""
        rows = self.day < day
        who, when, spend = self.customer[rows].astype(int), self.day[rows], self.spend[rows]
        size = len(self.names)
        first, last = np.full(size, np.inf), np.full(size, -np.inf)
        np.minimum.at(first, who, when)
        np.maximum.at(last, who, when)
        seen = np.flatnonzero(np.isfinite(first))
        count = np.bincount(who, minlength=size)[seen] - 1.0
        opening = np.bincount(who, spend * (when == first[who]), size)
        later = (np.bincount(who, spend, size) - opening)[seen]
        amount: FloatArray = np.divide(later, count, out=np.zeros(len(seen)), where=count > 0)
        repeats = np.asarray(count, dtype=np.float64)
        return History(repeats, (last - first)[seen] / 7, (day - first[seen]) / 7, amount), seen


def panel(purchases: pl.DataFrame) -> Panel:
    """Add up the spend of each customer and day.

    Parameters
    ----------
    purchases : `customer`, `day` (date), `spend`; any number of lines a day
    """
    daily = purchases.group_by("customer", "day").agg(pl.col("spend").sum()).sort("customer", "day")
    names = daily["customer"].unique(maintain_order=True)
    place = daily["customer"].replace_strict(names, np.arange(len(names)), return_dtype=pl.Int64)
    day = (daily["day"] - daily["day"].min()).dt.total_days()
    return Panel(
        names.cast(pl.String).to_list(),
        *(each.to_numpy().astype(float) for each in (place, day, daily["spend"])),
    )


def value(purchases: pl.DataFrame, weeks: int, seed: int = 0) -> tuple[dict[str, Any], pl.DataFrame]:
    """Forecast each customer's spend in the next weeks, by the model only if it beats simple forecasts.

    Three earlier windows of as many weeks are forecast from what lay before each. `same as before` repeats
    the last such weeks; `two weights` weighs these and the ones before, by least squares on earlier ones.

    Returns
    -------
    report
        `verdict` (`model`, `baseline`), `reason`, `best` method; `errors` by method: root mean squared
        and mean absolute error, and forecast over actual total; `differences`: squared error of the model
        less that of each forecast, 95 % interval from customers drawn again; `expected`: total with its
        interval; `parameters`.
    customers
        `customer`, `expected_spend`.

    Raises
    ------
    PersonaeError
        If the purchases cover fewer than six such periods, or fewer than 100 customers.
    """
    given = panel(purchases)
    end = float(given.day.max()) + 1
    if end < 7 * weeks * (WINDOWS + 3):
        raise PersonaeError(
            f"the purchases cover {end / 7:.0f} weeks; a forecast of {weeks} that can be checked takes "
            f"{weeks * (WINDOWS + 3)}"
        )
    if len(given.names) < FEWEST:
        raise PersonaeError(f"{len(given.names)} customers bought; {FEWEST} are the least")
    windows = [_window(given, end - 7 * weeks * place, weeks) for place in range(WINDOWS, 0, -1)]
    errors = {name: _errors(windows, name) for name in (MODEL, SAME, WEIGHTS)}
    differences = {name: _difference(windows, name, seed) for name in (SAME, WEIGHTS)}
    won = all(each["ci"][1] < 0 for each in differences.values())
    best = MODEL if won else min((SAME, WEIGHTS), key=lambda name: errors[name]["rmse"])
    lost = [name for name, each in differences.items() if not each["ci"][1] < 0]
    reason = (
        "it beats both simple forecasts" if won else f"it does not beat {' and '.join(lost)} beyond chance"
    )
    forecasts, seen, parameters = _forecasts(given, end, weeks)
    report = {
        "verdict": "model" if won else "baseline",
        "reason": reason,
        "best": best,
        "weeks": weeks,
        "customers": len(given.names),
        "errors": errors,
        "differences": differences,
        "parameters": parameters,
        "expected": _expected(given, end, weeks, seed) | {"best": float(forecasts[best].sum())},
    }
    customers = pl.DataFrame({"customer": [given.names[i] for i in seen], "expected_spend": forecasts[best]})
    return report, customers.sort("expected_spend", descending=True)


def _forecasts(
    given: Panel, day: float, weeks: int
) -> tuple[dict[str, FloatArray], IntArray, dict[str, Any]]:
    """Forecasts by method of the customers seen before a day."""
    history, seen = given.history(day)
    bought, amounts = fit_bgnbd(history), fit_gamma_gamma(history)
    spend = expected_purchases(bought, history, weeks) * expected_amount(amounts, history)
    last, earlier = (given.before(day - 7 * weeks * back, weeks)[seen] for back in (0, 1))
    weights = _weights(given, day, weeks)
    made = {MODEL: spend, SAME: last, WEIGHTS: np.maximum(weights[0] * last + weights[1] * earlier, 0)}
    names = ("r", "alpha", "a", "b"), ("p", "q", "v")
    said = {name: float(figure) for name, figure in zip(sum(names, ()), [*bought, *amounts], strict=True)}
    return made, seen, said | {"weights": weights.tolist()}


def _weights(given: Panel, day: float, weeks: int) -> FloatArray:
    """Least squares of the last weeks on the two periods before them."""
    ends = [day - 7 * weeks * back for back in range(3)]
    seen = given.before(ends[1]) > 0
    target, last, earlier = (given.before(each, weeks)[seen] for each in ends)
    found = np.linalg.lstsq(np.column_stack([last, earlier]), target, rcond=None)[0]
    return np.asarray(found, dtype=np.float64)


def _window(given: Panel, day: float, weeks: int) -> tuple[dict[str, FloatArray], FloatArray, IntArray]:
    forecasts, seen, _ = _forecasts(given, day, weeks)
    return forecasts, given.before(day + 7 * weeks, weeks)[seen], seen


def _errors(windows: list[Any], name: str) -> Mapping[str, float]:
    forecast, actual = (
        np.concatenate(each) for each in zip(*((w[0][name], w[1]) for w in windows), strict=True)
    )
    error = forecast - actual
    rmse, mae = float(np.sqrt((error**2).mean())), float(np.abs(error).mean())
    return {"rmse": rmse, "mae": mae, "total": float(forecast.sum() / actual.sum())}


def _difference(windows: list[Any], name: str, seed: int) -> dict[str, Any]:
    """Mean squared error of the model less another's, customers drawn with all their windows."""
    size = 1 + max(int(seen.max()) for *_, seen in windows)
    total, count = np.zeros(size), np.zeros(size)
    for forecasts, actual, seen in windows:
        total[seen] += (forecasts[MODEL] - actual) ** 2 - (forecasts[name] - actual) ** 2
        count[seen] += 1
    rng, rows = np.random.default_rng(seed), np.flatnonzero(count)
    drawn = []
    for _ in range(RESAMPLES):
        chosen = rng.choice(rows, len(rows))
        drawn.append(total[chosen].sum() / count[chosen].sum())
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"mean": float(total.sum() / count.sum()), "ci": (float(low), float(high))}


def _expected(given: Panel, day: float, weeks: int, seed: int) -> dict[str, Any]:
    """Total that the model expects, with a 95 % interval: customers drawn again, the model fitted again."""
    history, _ = given.history(day)
    bought, amounts = fit_bgnbd(history), fit_gamma_gamma(history)
    rng, totals = np.random.default_rng(seed), []
    for _ in range(REFITS):
        drawn = history.at(rng.integers(len(history.age), size=len(history.age)))
        again = fit_bgnbd(drawn, bought), fit_gamma_gamma(drawn, amounts)
        totals.append(
            float((expected_purchases(again[0], drawn, weeks) * expected_amount(again[1], drawn)).sum())
        )
    total = float((expected_purchases(bought, history, weeks) * expected_amount(amounts, history)).sum())
    low, high = np.quantile(totals, [0.025, 0.975])
    return {"model": total, "ci": (float(low), float(high))}


def lines_of(made: Mapping[str, Any]) -> list[str]:
    """Write a forecast for the terminal."""
    said = [f"{made['verdict']}: {made['reason']}; customers are listed by {made['best']}"]
    for name, each in made["errors"].items():
        error = f"error {each['rmse']:,.1f} (root mean square), {each['mae']:,.1f} (mean absolute)"
        said.append(f"  {name}: {error}; {each['total']:.0%} of what was spent")
    low, high = made["expected"]["ci"]
    model = f"{made['expected']['model']:,.0f} by the model ({low:,.0f} to {high:,.0f})"
    said.append(f"  next {made['weeks']} weeks: {made['expected']['best']:,.0f} by {made['best']}, {model}")
    return said
