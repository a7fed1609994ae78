"""Errors of an imputer on hidden cells, beside the baseline's on the same cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm, t
from sklearn.base import clone

from personae.core.arrays import IntArray
from personae.core.statistics import bootstrap_sums
from personae.imputation.imputer import TableImputer, as_figures
from personae.imputation.masking import Case, Cells, like_missing, split, support

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Design:
    """How cells are hidden and figures are resampled."""

    folds: int
    repeats: int
    resamples: int
    seed: int


@dataclass(frozen=True, slots=True)
class Spread:
    """Where values lie."""

    mean: float
    sd: float
    p05: float
    median: float
    p95: float


@dataclass(frozen=True, slots=True)
class Score:
    """Figures of a method on hidden cells beside the baseline's on the same cells.

    Attributes
    ----------
    cells, groups
        Hidden cells, and independent groups that they belong to.
    rmse, mae, r2
        Over all hidden cells, with 95 % bootstrap intervals over groups. `r2` is relative to
        the mean of the hidden cells.
    baseline
        `mean` of the training cells, or `own_mean` of the customer.
    difference
        `rmse` - `baseline_rmse`; negative is better than the baseline.
    support
        See `masking.support`; None where no cell of this case is missing.
    observed, filled
        Values that are there, and values that the method gives to the really missing cells of this case.
    shift
        How far the filled-in values lie above what the baseline would give to the same cells, on average,
        in units of `baseline_rmse`.
    """

    method: str
    predictors: Sequence[str]
    cells: int
    groups: int
    missing: int
    rmse: float
    rmse_ci: Interval
    mae: float
    mae_ci: Interval
    r2: float
    r2_ci: Interval
    baseline: str
    baseline_rmse: float
    baseline_mae: float
    baseline_r2: float
    difference: float
    difference_ci: Interval
    support: float | None
    observed: Spread | None
    filled: Spread | None
    shift: float | None


def score_case(table: pd.DataFrame, cells: Cells, case: Case, imputer: TableImputer, design: Design) -> Score:
    """Score one imputer on one column and case.

    Parameters
    ----------
    table
        The table that `cells` are of.
    imputer
        Not fitted; it is fitted on the training rows of every fold.
    """
    column, truth = cells.column, cells.figures
    # Unseen customers need no model of known ones; without it the same figures take half the time.
    owner = imputer.customer if case == "known" else None
    imputer = clone(imputer).set_params(columns=[column], plan=None, customer=owner)
    scored, to_fill = cells.scored(case), cells.to_fill(case)
    fitted = clone(imputer).fit(table)
    predictors = fitted.predictors_[column]
    figures = as_figures(table, predictors)
    observed = np.flatnonzero(~cells.missing)
    filled, plain = _filled(fitted, table.iloc[to_fill])
    measured = measures(
        _errors(table, cells, case, imputer, design), truth[scored], cells.groups[scored], design
    )
    spread = len(to_fill) and measured["baseline_rmse"]
    return Score(
        method=imputer.method,
        predictors=predictors,
        cells=len(scored),
        groups=len(np.unique(cells.groups[scored])),
        missing=len(to_fill),
        **measured,
        baseline="mean" if case == "unseen" else "own_mean",
        support=support(figures[observed], figures[to_fill], cells.groups[observed], design.seed),
        observed=_spread(truth[scored]),
        filled=_spread(filled),
        shift=float(np.mean(filled - plain)) / measured["baseline_rmse"] if spread else None,
    )


def _errors(
    table: pd.DataFrame, cells: Cells, case: Case, imputer: TableImputer, design: Design
) -> npt.NDArray[Any]:
    """Errors of method and baseline: (2, repeats, scored cells)."""
    scored, to_fill = cells.scored(case), cells.to_fill(case)
    column, truth = cells.column, cells.figures
    predictors = [name for name in (imputer.predictors or ()) if name != column]
    donors = np.isnan(as_figures(table.iloc[to_fill], predictors))
    errors = np.full((2, design.repeats, len(table)), np.nan)
    if len(np.unique(cells.groups[scored])) < 2:
        return errors[:, :, scored]
    for repeat in range(design.repeats):
        rng = np.random.default_rng([design.seed, repeat, int(case == "known")])
        for training, hidden in split(cells, case, design.folds, rng):
            rows = table.iloc[hidden].copy()
            rows[predictors] = like_missing(as_figures(rows, predictors), donors, rng)
            rows[column] = np.nan
            fitted = clone(imputer).fit(table.iloc[training])
            errors[:, repeat, hidden] = np.stack(_filled(fitted, rows)) - truth[hidden]
    return errors[:, :, scored]


def _filled(fitted: TableImputer, rows: pd.DataFrame) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Values that the method and that the baseline give to rows that lack the column."""
    [(column, model)] = fitted.models_.items()
    if not len(rows):
        return np.empty(0), np.empty(0)
    customers = None if fitted.customer is None else rows[fitted.customer].to_numpy()
    return fitted.transform(rows)[column].to_numpy(), model.baseline(customers, len(rows))


def measures(
    errors: npt.NDArray[Any], truth: npt.NDArray[Any], groups: IntArray, design: Design
) -> dict[str, Any]:
    """Measure errors, with 95 % bootstrap intervals: groups are resampled with all their cells.

    Parameters
    ----------
    errors
        Of method and baseline, (2, repeats, cells); a cell's squared and absolute errors are averaged over
        repeats.
    truth, groups
        Value and independent group of each cell.
    """
    squared, absolute = (errors**2).mean(axis=1), np.abs(errors).mean(axis=1)
    cells = np.column_stack([np.ones(len(truth)), truth, truth**2, *squared, *absolute])
    rng = np.random.default_rng([design.seed, 2])
    figures = _figures(bootstrap_sums(cells, groups, design.resamples, rng))
    values = {name: float(figure[0]) for name, figure in figures.items()}
    count = len(np.unique(groups))
    intervals = {
        f"{name}_ci": _interval(figures[name][1:], count) for name in ("rmse", "mae", "r2", "difference")
    }
    return {**values, **intervals}


def _figures(sums: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    count, total, squares, model, base, model_absolute, base_absolute = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        variation = squares - total**2 / count
        variation[variation <= 0] = np.nan
        return {
            "rmse": np.sqrt(model / count),
            "mae": model_absolute / count,
            "r2": 1 - model / variation,
            "baseline_rmse": np.sqrt(base / count),
            "baseline_mae": base_absolute / count,
            "baseline_r2": 1 - base / variation,
            "difference": np.sqrt(model / count) - np.sqrt(base / count),
        }


def _interval(resampled: npt.NDArray[Any], groups: int) -> Interval:
    """Take percentiles, expanded as Student's t asks for where groups are few (Hesterberg, 2015)."""
    finite = resampled[np.isfinite(resampled)]
    if groups < 2 or not len(finite):
        return np.nan, np.nan
    tail = 100 * norm.cdf(np.sqrt(groups / (groups - 1)) * t.ppf(0.025, groups - 1))
    low, high = np.percentile(finite, (tail, 100 - tail))
    return float(low), float(high)


def _spread(values: npt.NDArray[Any]) -> Spread | None:
    if not len(values):
        return None
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    return Spread(float(values.mean()), float(values.std()), float(low), float(middle), float(high))
