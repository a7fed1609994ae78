"""The completed table: every missing cell treated by the verdict of its own case."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from personae.errors import PersonaeError
from personae.imputation.methods import TableImputer, as_figures
from personae.imputation.scorecard import ColumnScore, Design, Rules, score_column


@dataclass(frozen=True, slots=True)
class Structural:
    """A column whose gaps mean something, such as no card: flagged, never filled."""

    missing: int
    missing_share: float


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Contents of `impute.json`.

    Attributes
    ----------
    method
        The imputer that the verdicts are about.
    columns, structural
        Figures by column.
    treated
        For each column, how many cells were `observed`, `impute`, `baseline` and `refuse`.
    """

    method: str
    columns: Mapping[str, ColumnScore]
    structural: Mapping[str, Structural]
    treated: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Completion:
    """A table with its gaps treated.

    Attributes
    ----------
    table
        The rows given, gaps filled; `<column>_missing` is added for structural columns and for those of
        which cells were refused.
    scorecard
        Why each gap was treated as it was.
    imputer
        Fitted on the whole table, with the verdicts as its plan: it treats new rows the same way.
    flags
        For each column and row `observed`, `impute`, `baseline`, `refuse` or `structural`.
    """

    table: pd.DataFrame
    scorecard: Scorecard
    imputer: TableImputer
    flags: pd.DataFrame


def complete(
    table: pd.DataFrame,
    *,
    columns: Sequence[str],
    predictors: Sequence[str],
    method: str,
    options: Mapping[str, Any] | None = None,
    others: Iterable[tuple[str, Mapping[str, Any]]] = (),
    customer: str | None = None,
    group: str | None = None,
    leaky: Mapping[str, Sequence[str]] | None = None,
    structural: Sequence[str] = (),
    rules: Rules,
    design: Design,
    workers: int = 1,
) -> Completion:
    """Score an imputer on hidden cells, decide by case, and complete the table.

    Parameters
    ----------
    table
        One row a customer, or several in order of time.
    columns
        What may be filled; a column without a gap is left alone.
    predictors
        Numeric columns to predict from.
    method, options
        As in `methods.make_regressor`.
    others
        Further (method, options) to show on the scorecard.
    customer
        Column that says whose row it is; None: every row is a customer.
    group
        Column of the independent group (household, identical customers); None: the customer.
    leaky
        For each column, predictors that know it by construction.
    structural
        Columns whose gaps mean something.
    workers
        Threads; the result does not depend on it.

    Raises
    ------
    PersonaeError
        If a column is absent, not numeric or empty, if it is both filled and structural, or if a customer
        belongs to two groups.
    """
    _check(table, columns, structural, customer, group, design)
    table = table.reset_index(drop=True)
    gaps = np.isnan(as_figures(table, columns))
    lacking = [column for column, gap in zip(columns, gaps.T, strict=True) if gap.any()]

    def build(name: str, choices: Mapping[str, Any] | None) -> TableImputer:
        return TableImputer(
            name,
            options=dict(choices or {}),
            columns=lacking,
            predictors=list(predictors),
            customer=customer,
            leaky={column: list(names) for column, names in (leaky or {}).items()},
            random_state=design.seed,
        )

    imputer = build(method, options)
    beside = {name: build(name, choices) for name, choices in others if name != method}
    groups = _codes(table, group or customer)
    with threadpool_limits(1):
        scores = Parallel(n_jobs=workers, prefer="threads")(
            delayed(score_column)(table, column, imputer, groups, others=beside, rules=rules, design=design)
            for column in lacking
        )
        card = dict(zip(lacking, scores, strict=True))
        plan = {column: _plan(score) for column, score in card.items()}
        fitted = clone(imputer).set_params(plan=plan).fit(table)
        filled = fitted.transform(table)
    flags = fitted.treatment(table)
    treated = {column: {str(how): int(n) for how, n in flags[column].value_counts().items()} for column in lacking}
    for column in structural:
        flags[column] = np.where(table[column].isna(), "structural", "observed")
    for column in flags:
        if flags[column].isin(["refuse", "structural"]).any():
            filled[f"{column}_missing"] = table[column].isna()
    meant = {
        column: Structural(int(gap.sum()), float(gap.mean()))
        for column, gap in ((column, table[column].isna()) for column in structural)
    }
    return Completion(filled, Scorecard(method, card, meant, treated), fitted, flags)


def _plan(score: ColumnScore) -> dict[str, str]:
    known = score.known.verdict if score.known else score.unseen.verdict
    return {"unseen": score.unseen.verdict, "known": known}


def _codes(table: pd.DataFrame, name: str | None) -> np.ndarray[Any, np.dtype[np.intp]]:
    return np.arange(len(table)) if name is None else pd.factorize(table[name])[0]


def _check(
    table: pd.DataFrame,
    columns: Sequence[str],
    structural: Sequence[str],
    customer: str | None,
    group: str | None,
    design: Design,
) -> None:
    for name in [*structural, *filter(None, (customer, group))]:
        if name not in table.columns:
            raise PersonaeError(f"impute: no column {name!r} in the table; it has {', '.join(map(str, table))}")
    for name in filter(None, (customer, group)):
        if table[name].isna().any():
            raise PersonaeError(f"impute: column {name} has an empty cell; expected who each row belongs to")
    for name in columns:
        if name in structural:
            raise PersonaeError(f"impute: column {name} is both filled and structural; it can be one of them")
        if name in table.columns and table[name].isna().all():
            raise PersonaeError(f"impute: column {name} holds no value in {len(table)} rows; leave it out")
    if customer and group and (table.groupby(customer)[group].nunique() > 1).any():
        raise PersonaeError(f"impute: a {customer} belongs to several groups of {group}; expected one")
    if design.folds < 2:
        raise PersonaeError(f"impute: folds is {design.folds}; expected 2 or more")
