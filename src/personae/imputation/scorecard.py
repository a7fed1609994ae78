"""How good an imputation is on hidden cells, compared with a baseline, and whether it is used."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.stats import norm, t
from sklearn.base import clone

from personae.core.arrays import FloatArray, IntArray
from personae.core.numbers import rounded
from personae.core.statistics import bootstrap_sums
from personae.imputation.imputer import TableImputer, as_figures
from personae.imputation.masking import Cells, CustomerKind, like_missing, odds_of_missing, split, support
from personae.imputation.settings import ImputationCriteria, Impute, Method

Verdict = Literal["impute", "baseline", "refuse"]
COMPARED = ("rmse", "mae", "r2", "difference_ci")


def build_imputer(
    settings: Impute,
    columns: Sequence[str],
    *,
    customer: str | None,
    seed: int,
    method: Method | None = None,
) -> TableImputer:
    """Make the imputer that the settings describe, or one that differs in its method; not fitted."""
    chosen = method or settings.imputer
    return TableImputer(
        chosen.method,
        options=chosen.options,
        columns=list(columns),
        predictors=settings.predictors,
        customer=customer,
        leaky=settings.leaky,
        random_state=seed,
    )


def score_column(
    table: pd.DataFrame,
    column: str,
    settings: Impute,
    *,
    customer: str | None,
    groups: IntArray,
    seed: int,
) -> dict[str, Any]:
    """Score one column of a table, for unseen and for known customers.

    Parameters
    ----------
    table
        One row a customer, or several in order of time.
    groups
        Code of the independent group of each row.

    Returns
    -------
    dict
        As under `columns` of `impute.json`. `unseen` and `known` hold the figures of `score_cells`, the
        verdict and its reason, the same figures with the leaking columns, and those of other methods;
        `known` is None where no customer has two values.
    """
    imputer = build_imputer(settings, [column], customer=customer, seed=seed)
    cells = Cells(column, as_figures(table, [column])[:, 0], codes(table, customer), groups)
    leaky = settings.leaky.get(column, [])

    def scored(kind: CustomerKind, **changes: Any) -> dict[str, Any]:
        return score_cells(table, cells, kind, clone(imputer).set_params(**changes), settings, seed=seed)

    def judged(kind: CustomerKind) -> dict[str, Any]:
        score = scored(kind)
        verdict, reason = decide(score, kind, settings.rules)
        with_leak = scored(kind, leaky=None) if leaky else None
        others = {one.method: scored(kind, method=one.method, options=one.options) for one in settings.others}
        compared = {name: {key: other[key] for key in COMPARED} for name, other in others.items()}
        return {**score, "verdict": verdict, "reason": reason, "leaky": with_leak, "others": compared}

    return {
        "missing": int(cells.missing.sum()),
        "missing_share": float(cells.missing.mean()),
        "leaky_columns": leaky,
        "unseen": judged("unseen"),
        "known": judged("known") if len(cells.scored("known")) else None,
    }


def plan(score: Mapping[str, Any]) -> dict[str, str]:
    """Verdict by kind of customer, as `TableImputer` takes it; without known customers, as for unseen."""
    return {"unseen": score["unseen"]["verdict"], "known": (score["known"] or score["unseen"])["verdict"]}


def score_cells(
    table: pd.DataFrame,
    cells: Cells,
    kind: CustomerKind,
    imputer: TableImputer,
    settings: Impute,
    *,
    seed: int,
) -> dict[str, Any]:
    """Score one imputer on the hidden cells of one column and kind of customer.

    Parameters
    ----------
    table
        The table that `cells` are of.
    imputer
        Not fitted; it is fitted on the training rows of every fold.
    settings
        Folds, repeats and resamples.

    Returns
    -------
    dict
        `cells` and independent `groups` that were hidden, cells that are really `missing`; the errors of
        `measures`; the `baseline`: `mean` of the training cells, or `own_mean` of the customer; `support`,
        see `masking.support`; where values are `observed` and `filled` in the really missing cells; `shift`:
        how far the latter lie above the baseline's on average, in units of `baseline_rmse`.
    """
    column, truth = cells.column, cells.figures
    # Unseen customers need no model of known ones; without it the same figures take half the time.
    owner = imputer.customer if kind == "known" else None
    imputer = clone(imputer).set_params(columns=[column], plan=None, customer=owner)
    scored, to_fill = cells.scored(kind), cells.to_fill(kind)
    fitted = clone(imputer).fit(table)
    predictors = fitted.predictors_[column]
    inputs = as_figures(table, predictors)
    observed = np.flatnonzero(~cells.missing)
    filled, baseline = predict_hidden(fitted, column, table.iloc[to_fill])
    errors = _errors(table, cells, kind, imputer, settings, seed=seed)
    measured = measures(errors, truth[scored], cells.groups[scored], settings.resamples, seed=seed)
    weights = odds_of_missing(inputs[scored], inputs[to_fill])
    spread = len(to_fill) and measured["baseline_rmse"]
    return {
        "method": imputer.method,
        "predictors": predictors,
        "cells": len(scored),
        "groups": len(np.unique(cells.groups[scored])),
        "missing": len(to_fill),
        "baseline": "mean" if kind == "unseen" else "own_mean",
        **measured,
        "like_missing": weighted_measures(
            errors, weights, cells.groups[scored], settings.resamples, seed=seed
        ),
        "support": support(inputs[observed], inputs[to_fill], cells.groups[observed], seed),
        "observed": _distribution(truth[scored]),
        "filled": _distribution(filled),
        "shift": float(np.mean(filled - baseline)) / measured["baseline_rmse"] if spread else None,
    }


def _errors(
    table: pd.DataFrame,
    cells: Cells,
    kind: CustomerKind,
    imputer: TableImputer,
    settings: Impute,
    *,
    seed: int,
) -> FloatArray:
    """Errors of method and baseline: (2, repeats, scored cells)."""
    scored, to_fill = cells.scored(kind), cells.to_fill(kind)
    column, truth = cells.column, cells.figures
    predictors = [name for name in (imputer.predictors or ()) if name != column]
    donors = np.isnan(as_figures(table.iloc[to_fill], predictors))
    errors = np.full((2, settings.repeats, len(table)), np.nan)
    if len(np.unique(cells.groups[scored])) < 2:
        return errors[:, :, scored]
    for repeat in range(settings.repeats):
        rng = np.random.default_rng([seed, repeat, int(kind == "known")])
        for training, hidden in split(cells, kind, settings.folds, rng):
            rows = table.iloc[hidden].copy()
            rows[predictors] = like_missing(as_figures(rows, predictors), donors, rng)
            fitted = clone(imputer).fit(table.iloc[training])
            errors[:, repeat, hidden] = np.stack(predict_hidden(fitted, column, rows)) - truth[hidden]
    return errors[:, :, scored]


def predict_hidden(fitted: TableImputer, column: str, rows: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Values that a fitted imputer and its baseline give to rows as if they lacked the column."""
    if not len(rows):
        return np.empty(0), np.empty(0)
    customers = None if fitted.customer is None else rows[fitted.customer].to_numpy()
    filled = fitted.transform(rows.assign(**{column: np.nan}))[column].to_numpy()
    return filled, fitted.models_[column].baseline(customers, len(rows))


def measures(
    errors: FloatArray, truth: FloatArray, groups: IntArray, resamples: int, *, seed: int
) -> dict[str, Any]:
    """Measure errors, with 95 % bootstrap intervals: groups are resampled with all their cells.

    Parameters
    ----------
    errors
        Of method and baseline, (2, repeats, cells); a cell's squared and absolute errors are averaged over
        repeats.
    truth, groups
        Value and independent group of each cell.

    Returns
    -------
    dict
        `rmse`, `mae` and `r2` (relative to the mean of the cells) over all cells, those of the baseline, and
        `difference`: `rmse` - `baseline_rmse`, negative where the method is better; intervals in `*_ci`.
    """
    squared, absolute = (errors**2).mean(axis=1), np.abs(errors).mean(axis=1)
    by_cell = np.column_stack([np.ones(len(truth)), truth, truth**2, *squared, *absolute])
    sums = bootstrap_sums(by_cell, groups, resamples, np.random.default_rng([seed, 2]))
    count, total, squares, model, base, model_absolute, base_absolute = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        variation = squares - total**2 / count
        variation[variation <= 0] = np.nan
        resampled = {
            "rmse": np.sqrt(model / count),
            "mae": model_absolute / count,
            "r2": 1 - model / variation,
            "baseline_rmse": np.sqrt(base / count),
            "baseline_mae": base_absolute / count,
            "baseline_r2": 1 - base / variation,
            "difference": np.sqrt(model / count) - np.sqrt(base / count),
        }
    measured: dict[str, Any] = {}
    for name, values in resampled.items():
        measured[name] = float(values[0])
        if not name.startswith("baseline"):
            measured[f"{name}_ci"] = _interval(values[1:], len(np.unique(groups)))
    return measured


def weighted_measures(
    errors: FloatArray, weights: FloatArray | None, groups: IntArray, resamples: int, *, seed: int
) -> dict[str, Any] | None:
    """Measure errors on cells like the missing ones, with 95 % bootstrap intervals.

    Parameters
    ----------
    errors
        As for `measures`.
    weights
        Of each cell, see `masking.odds_of_missing`; None: nothing is said.

    Returns
    -------
    dict or None
        `rmse`, `baseline_rmse` and `difference` of weighted cells; `bias`, what the baseline is off by there,
        by the slope of its error on the log-odds of missing; `difference_ci` and `bias_ci`.
    """
    if weights is None or np.isnan(errors).any():
        return None
    squared, off, logit = (errors**2).mean(axis=1), errors[1].mean(axis=0), np.log(weights)
    logit -= logit.mean()
    ones = np.ones(len(weights))
    by_cell = np.column_stack(
        [weights, weights * squared[0], weights * squared[1], ones, logit, logit**2, off, off * logit]
    )
    sums = bootstrap_sums(by_cell, groups, resamples, np.random.default_rng([seed, 3]))
    weight, model, base, count, x, xx, y, xy = sums.T
    rmse, baseline = np.sqrt(model / weight), np.sqrt(base / weight)
    varied = np.maximum(xx - x**2 / count, 1e-12)
    bias = (xy - x * y / count) / varied * np.average(logit, weights=weights)
    difference, own = rmse - baseline, len(np.unique(groups))
    return {
        "rmse": float(rmse[0]),
        "baseline_rmse": float(baseline[0]),
        "difference": float(difference[0]),
        "difference_ci": _interval(difference[1:], own),
        "bias": float(bias[0]),
        "bias_ci": _interval(bias[1:], own),
    }


def _interval(resampled: FloatArray, groups: int) -> tuple[float, float]:
    """Take percentiles, expanded as Student's t asks for where groups are few (Hesterberg, 2015)."""
    finite = resampled[np.isfinite(resampled)]
    if groups < 2 or not len(finite):
        return np.nan, np.nan
    tail = 100 * norm.cdf(np.sqrt(groups / (groups - 1)) * t.ppf(0.025, groups - 1))
    low, high = np.percentile(finite, (tail, 100 - tail))
    return float(low), float(high)


def _distribution(values: FloatArray) -> dict[str, float] | None:
    if not len(values):
        return None
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95)).tolist()
    return {
        "mean": float(values.mean()),
        "sd": float(values.std()),
        "p05": low,
        "median": middle,
        "p95": high,
    }


def decide(score: Mapping[str, Any], kind: CustomerKind, criteria: ImputationCriteria) -> tuple[Verdict, str]:
    """Give the verdict and its reason.

    `impute` if the method is better than the baseline beyond chance, on the hidden cells or on those like the
    missing ones, the missing cells lie inside its training range and it fills in no other values than are
    observed. Where only the last two fail the answer is `refuse`: the baseline is worse where it can be
    checked. `refuse`, too, if customers with a value are too few, or most missing cells are unlike them, or
    the baseline is off beyond chance on cells like the missing ones. Else `baseline`.
    """
    needed = criteria.unseen_customers if kind == "unseen" else criteria.known_customers
    share = 1.0 if score["support"] is None else score["support"]
    shift, there = score["shift"] or 0.0, score["like_missing"]
    low, high = score["difference_ci"]
    better = high < 0 or (there is not None and there["difference_ci"][1] < 0)
    inside = f"{share:.0%} of the missing cells lie inside the training range"
    though = "better than the baseline where it can be checked, but " if better else ""
    wanted = criteria.impute_support if better else criteria.baseline_support
    if score["groups"] < needed:
        return "refuse", f"customers that can be checked: {score['groups']}; needed: {needed}"
    if share < wanted:
        return "refuse", f"{though}{inside}; {wanted:.0%} are needed"
    if abs(shift) > criteria.largest_shift:
        return "refuse", f"{though}filled-in values lie {shift:+.1f} baseline errors from what is observed"
    if better:
        return "impute", f"better than the baseline beyond chance; {inside}"
    if there is not None and not there["bias_ci"][0] <= 0 <= there["bias_ci"][1]:
        off = rounded(there["bias"], plain=True)
        return "refuse", f"not better than the baseline, which is off by {off} on cells like the missing ones"
    return "baseline", f"{'worse' if low > 0 else 'not better'} than the baseline beyond chance"


def codes(table: pd.DataFrame, column: str | None) -> IntArray:
    """Number the rows by their owner; None: every row has its own.

    Examples
    --------
    >>> codes(pd.DataFrame({"user": ["a", "b", "a"]}), "user").tolist()
    [0, 1, 0]
    """
    numbers: IntArray = np.arange(len(table)) if column is None else pd.factorize(table[column])[0]
    return numbers
