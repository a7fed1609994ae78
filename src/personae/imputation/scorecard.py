"""How good is an imputation on cells it has not seen, and is it to be used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone

from personae.imputation.masking import Case, Cells, Indices, like_missing, split, support
from personae.imputation.methods import TableImputer, as_figures

Interval = tuple[float, float]
Verdict = Literal["impute", "baseline", "refuse"]
NOT_SCORED = float("nan")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a verdict asks for.

    Attributes
    ----------
    min_customers
        Independent groups that must have a value, by case; fewer: `refuse`.
    impute_support, baseline_support
        Share of the really missing cells inside the training range below which nothing is predicted, and
        below which not even the baseline is trusted.
    """

    min_customers: Mapping[str, int]
    impute_support: float
    baseline_support: float


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
        Over all hidden cells, with 95 % percentile intervals from resampled groups. `r2` is relative to
        the mean of the hidden cells.
    baseline
        `mean` of the training cells, or `own_mean` of the customer.
    difference
        `rmse` - `baseline_rmse`; negative is better than the baseline.
    support
        See `masking.support`; None where no cell of this case is missing.
    observed, filled
        Values that are there, and values that the method gives to the really missing cells of this case.
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


@dataclass(frozen=True, slots=True)
class Compared:
    """What is told of a method that only stands beside the chosen one."""

    rmse: float
    mae: float
    r2: float
    difference_ci: Interval


@dataclass(frozen=True, slots=True)
class CaseScore(Score):
    """A score with its verdict; beside it the same with leaking columns, and other methods."""

    verdict: Verdict
    reason: str
    leaky: Score | None
    others: Mapping[str, Compared]


@dataclass(frozen=True, slots=True)
class ColumnScore:
    """Both cases of one column."""

    missing: int
    missing_share: float
    leaky_columns: Sequence[str]
    unseen: CaseScore
    known: CaseScore | None


@dataclass(frozen=True, slots=True)
class Design:
    """How cells are hidden and figures are resampled."""

    folds: int
    repeats: int
    resamples: int
    seed: int


def score_column(
    table: pd.DataFrame,
    column: str,
    imputer: TableImputer,
    groups: Indices,
    *,
    others: Mapping[str, TableImputer],
    rules: Rules,
    design: Design,
) -> ColumnScore:
    """Score one column of a table, for unseen and for known customers.

    Parameters
    ----------
    table
        One row a customer, or several in order of time.
    imputer
        Not fitted; its `leaky` columns are left out for the verdict and put back for comparison.
    groups
        Code of the independent group of each row.
    others
        Imputers to show beside it; the verdict does not look at them.
    """
    missing = np.isnan(as_figures(table, [column])[:, 0])
    customers = np.arange(len(table)) if imputer.customer is None else pd.factorize(table[imputer.customer])[0]
    cells = Cells(missing, customers, groups)
    leaky = (imputer.leaky or {}).get(column, ())

    def case_score(case: Case) -> CaseScore:
        score = score_case(table, column, case, imputer, cells, design)
        verdict, reason = decide(score, case, rules)
        with_leak = None
        if leaky:
            leaking = clone(imputer).set_params(leaky=None)
            with_leak = score_case(table, column, case, leaking, cells, design)
        beside = {
            name: _compared(score_case(table, column, case, other, cells, design))
            for name, other in others.items()
        }
        figures = {field.name: getattr(score, field.name) for field in fields(score)}
        return CaseScore(**figures, verdict=verdict, reason=reason, leaky=with_leak, others=beside)

    return ColumnScore(
        missing=int(missing.sum()),
        missing_share=float(missing.mean()),
        leaky_columns=list(leaky),
        unseen=case_score("unseen"),
        known=case_score("known") if len(cells.scored("known")) else None,
    )


def score_case(
    table: pd.DataFrame, column: str, case: Case, imputer: TableImputer, cells: Cells, design: Design
) -> Score:
    """Score one imputer on one column and case."""
    imputer = clone(imputer).set_params(columns=[column], plan=None)
    truth = as_figures(table, [column])[:, 0]
    scored, to_fill = cells.scored(case), cells.to_fill(case)
    fitted = clone(imputer).fit(table)
    predictors = fitted.predictors_[column]
    figures = as_figures(table, predictors)
    observed = np.flatnonzero(~cells.missing)
    filled = fitted.transform(table.iloc[to_fill])[column].to_numpy() if len(to_fill) else np.empty(0)
    errors = _errors(table, truth, imputer, cells, case, design)
    return Score(
        method=imputer.method,
        predictors=predictors,
        cells=len(scored),
        groups=len(np.unique(cells.groups[scored])),
        missing=len(to_fill),
        **_measures(errors, truth[scored], cells.groups[scored], design),
        baseline="mean" if case == "unseen" else "own_mean",
        support=support(figures[observed], figures[to_fill], cells.groups[observed], design.seed),
        observed=_spread(truth[scored]),
        filled=_spread(filled),
    )


def decide(score: Score, case: Case, rules: Rules) -> tuple[Verdict, str]:
    """Apply the rule of the verdict.

    `refuse` if too few customers have a value or most missing cells lie outside the training range: then
    the observed say too little about the missing, and a mean is no better than a guess. `impute` if the
    whole interval of the error difference is below 0 and support is enough. Else `baseline`.
    """
    needed = rules.min_customers[case]
    share = 1.0 if score.support is None else score.support
    if score.groups < needed:
        return "refuse", f"{score.groups} customers can be checked; {needed} are needed"
    if share < rules.baseline_support:
        return "refuse", f"{share:.0%} of the missing cells inside the training range; {rules.baseline_support:.0%} needed"
    if not score.difference_ci[1] < 0:
        return "baseline", "not better than the baseline beyond chance"
    if share < rules.impute_support:
        return "baseline", f"{share:.0%} of the missing cells inside the training range; {rules.impute_support:.0%} needed"
    return "impute", "better than the baseline, and the missing cells are inside the training range"


def _errors(
    table: pd.DataFrame, truth: npt.NDArray[Any], imputer: TableImputer, cells: Cells, case: Case, design: Design
) -> npt.NDArray[Any]:
    """Errors of method and baseline: (2, repeats, scored cells)."""
    scored, to_fill = cells.scored(case), cells.to_fill(case)
    column = imputer.columns[0]
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
            customers = None if imputer.customer is None else rows[imputer.customer].to_numpy()
            errors[0, repeat, hidden] = fitted.transform(rows)[column].to_numpy() - truth[hidden]
            errors[1, repeat, hidden] = fitted.models_[column].baseline(customers, len(rows)) - truth[hidden]
    return errors[:, :, scored]


def _measures(
    errors: npt.NDArray[Any], truth: npt.NDArray[Any], groups: Indices, design: Design
) -> dict[str, Any]:
    """Give rmse, mae and r2 with percentile intervals; groups are resampled, all cells of a group together."""
    squared, absolute = (errors**2).mean(axis=1), np.abs(errors).mean(axis=1)
    names, index = np.unique(groups, return_inverse=True)
    sums = np.stack(
        [
            np.bincount(index, weights, minlength=len(names))
            for weights in (np.ones(len(truth)), truth, truth**2, *squared, *absolute)
        ]
    )
    rng = np.random.default_rng([design.seed, 2])
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / max(len(names), 1)), size=design.resamples)
    whole = _figures(sums.sum(axis=1)[None])
    resampled = _figures(drawn @ sums.T)
    values = {name: float(figure[0]) for name, figure in whole.items()}
    intervals = {
        f"{name}_ci": tuple(float(end) for end in np.percentile(resampled[name], (2.5, 97.5)))
        for name in ("rmse", "mae", "r2", "difference")
    }
    return values | intervals


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


def _compared(score: Score) -> Compared:
    return Compared(score.rmse, score.mae, score.r2, score.difference_ci)


def _spread(values: npt.NDArray[Any]) -> Spread | None:
    if not len(values):
        return None
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    return Spread(float(values.mean()), float(values.std()), float(low), float(middle), float(high))
