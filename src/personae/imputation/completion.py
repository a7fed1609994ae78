"""The completed table: every missing cell treated by the verdict of its own case."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from personae.core.errors import PersonaeError
from personae.imputation.imputer import TableImputer, as_figures
from personae.imputation.scorecard import ColumnScore, Rules, codes, score_column
from personae.imputation.scoring import Design


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
        The rows given in their order, gaps filled, index from 0; `<column>_missing` is added for
        structural columns and for those of which cells were refused.
    scorecard
        Why each gap was treated as it was.
    imputer
        Fitted on the whole table, with the verdicts as its plan: it treats new rows the same way.
    flags
        For each column and row `observed`, `impute`, `baseline`, `refuse` or `structural`.
    changed
        Columns of `table` that are new or not as they were given.
    """

    table: pd.DataFrame
    scorecard: Scorecard
    imputer: TableImputer
    flags: pd.DataFrame
    changed: Sequence[str]


def complete(
    table: pd.DataFrame,
    *,
    columns: Sequence[str],
    predictors: Sequence[str],
    method: str,
    options: Mapping[str, Any] | None = None,
    others: Iterable[tuple[str, Mapping[str, Any]]] = (),
    customer: str | None = None,
    unit: str | None = None,
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
    columns, predictors
        What may be filled, and from what; numeric. A column without a gap is left alone.
    method, options, others
        As in `methods.make_regressor`; `others` are further (method, options) to show on the scorecard.
    customer, unit
        Columns that say whose row it is (None: every row is a customer), and who is independent of whom:
        household, identical customers (None: customers).
    leaky, structural
        For each column, predictors that know it by construction; columns whose gaps mean something.
    workers
        Threads over columns; the result does not depend on it.

    Raises
    ------
    PersonaeError
        If a column is absent, not numeric, empty, or both filled and structural; if a unit is unclear.
    """
    _check_columns(table, columns, structural)
    _check_owners(table, customer, unit)
    table = table.reset_index(drop=True)
    lacking = [column for column in columns if np.isnan(as_figures(table, [column])).any()]
    imputer = TableImputer(
        method,
        options=dict(options or {}),
        columns=lacking,
        predictors=list(predictors),
        customer=customer,
        leaky={column: list(names) for column, names in (leaky or {}).items()},
        random_state=design.seed,
    )
    beside = {name: clone(imputer).set_params(method=name, options=dict(given)) for name, given in others}
    units = codes(table, unit or customer)
    with threadpool_limits(1):
        scores = Parallel(n_jobs=workers, prefer="threads")(
            delayed(score_column)(table, column, imputer, units, others=beside, rules=rules, design=design)
            for column in lacking
        )
        return _treat(table, imputer, dict(zip(lacking, scores, strict=True)), structural)


def _treat(
    table: pd.DataFrame, imputer: TableImputer, scores: Mapping[str, ColumnScore], structural: Sequence[str]
) -> Completion:
    plan = {column: score.plan for column, score in scores.items()}
    fitted = clone(imputer).set_params(plan=plan).fit(table)
    flags = fitted.treatment(table)
    treated = {column: flags[column].value_counts().sort_index().to_dict() for column in scores}
    meant = table[list(structural)].isna()
    flags = flags.join(meant.replace({True: "structural", False: "observed"}))
    left = flags.columns[flags.isin(["refuse", "structural"]).any()]
    added = {f"{column}_missing": table[column].isna() for column in left}
    shares = {column: Structural(int(meant[column].sum()), float(meant[column].mean())) for column in meant}
    return Completion(
        table=fitted.transform(table).assign(**added),
        scorecard=Scorecard(imputer.method, scores, shares, treated),
        imputer=fitted,
        flags=flags,
        changed=[*scores, *added],
    )


def _check_columns(table: pd.DataFrame, columns: Sequence[str], structural: Sequence[str]) -> None:
    for name in structural:
        if name not in table.columns:
            raise PersonaeError(f"impute: no structural column {name!r} in the table")
        if name in columns:
            raise PersonaeError(f"impute: column {name} is both filled and structural; it can be one of them")
    for name in columns:
        if name in table.columns and table[name].isna().all():
            raise PersonaeError(f"impute: column {name} holds no value in {len(table)} rows; leave it out")


def _check_owners(table: pd.DataFrame, customer: str | None, unit: str | None) -> None:
    owners = [name for name in (customer, unit) if name is not None]
    for name in owners:
        if name not in table.columns:
            raise PersonaeError(f"impute: no column {name!r} in the table; expected who each row belongs to")
        if table[name].isna().any():
            raise PersonaeError(f"impute: column {name} has an empty cell; expected who each row belongs to")
    pairs = table[owners].drop_duplicates()
    if len(owners) == 2 and pairs[owners[0]].duplicated().any():
        several = pairs.loc[pairs[owners[0]].duplicated(), owners[0]].iloc[0]
        raise PersonaeError(f"impute: {owners[0]} {several} belongs to several {owners[1]}; expected one")
