"""The completed table: every missing cell treated by the verdict on its own kind of customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from threadpoolctl import threadpool_limits

from personae.core.arrays import IntArray
from personae.core.errors import PersonaeError
from personae.core.sampling import sample_by_hash
from personae.features.describe import describe
from personae.imputation.imputer import TableImputer, as_figures
from personae.imputation.scorecard import build_imputer, codes, plan, score_column
from personae.imputation.settings import Impute


@dataclass(frozen=True, slots=True)
class Imputation:
    """A table with its gaps treated.

    Attributes
    ----------
    table
        The rows given in their order, gaps filled, index from 0; `<column>_missing` is added for
        structural columns and for those of which cells were refused.
    scorecard
        Contents of `impute.json`: the `method` that the verdicts are about, figures by column in `columns`
        and `structural`, how many cells of each column were `treated` how, and where methods learned from a
        part of the table, `sampled`: rows to `fit` `of` all.
    imputer
        Fitted on the whole table, with the verdicts as its plan: it treats new rows the same way.
    flags
        For each column and row `observed`, `impute`, `baseline`, `refuse` or `structural`.
    changed
        Columns of `table` that are new or not as they were given.
    """

    table: pd.DataFrame
    scorecard: dict[str, Any]
    imputer: TableImputer
    flags: pd.DataFrame
    changed: list[str]


def impute_customers(
    tables: Mapping[str, pl.DataFrame], settings: Impute, *, seed: int
) -> tuple[Imputation, dict[str, pl.DataFrame]]:
    """Treat the gaps of a study's customers, or of their days, from which they are described then.

    Parameters
    ----------
    tables
        `customers`, or the table that the settings name and `hours`; with `customer` and `unit`.
    seed
        Decides every figure.

    Returns
    -------
    imputation : Imputation
    completed : dict
        `customers`, and the other table in which the gaps were.
    """
    if settings.table == "customers":
        imputation, completed = _impute(tables["customers"], settings, seed)
        return imputation, {"customers": completed}
    days = tables[settings.table]
    imputation, completed = _impute(days.filter("measured"), settings, seed)
    return imputation, {"customers": _customers(days, completed, tables["hours"]), settings.table: completed}


def complete_customers(tables: Mapping[str, pl.DataFrame], imputer: TableImputer) -> pl.DataFrame:
    """Treat the gaps of other customers or days by a fitted imputer; see `impute_customers`."""
    days = tables.get("days")
    if days is None:
        customers = tables["customers"]  # described already, where the gaps were those of their days
        return _filled(customers, imputer) if set(imputer.models_) <= set(customers.columns) else customers
    completed = _filled(days.filter("measured"), imputer)
    return _customers(days, completed, tables["hours"])


def _filled(table: pl.DataFrame, imputer: TableImputer) -> pl.DataFrame:
    if not any(_has_gap(table[name]) for name in imputer.models_):
        return table
    needed = [name for name in imputer.needed if name in table.columns]
    filled = imputer.transform(table.select(needed).to_pandas())
    return table.with_columns(
        pl.Series(name, filled[name].to_numpy(), nan_to_null=True) for name in imputer.models_
    )


def _has_gap(cells: pl.Series) -> bool:
    return bool(cells.null_count() or (cells.dtype.is_float() and cells.is_nan().any()))


def _customers(days: pl.DataFrame, completed: pl.DataFrame, hours: pl.DataFrame) -> pl.DataFrame:
    """Describe customers by all their days, those measured with gaps treated."""
    both = pl.concat([days.filter(~pl.col("measured")), completed], how="diagonal_relaxed")
    return describe(both, hours)


def _impute(table: pl.DataFrame, settings: Impute, seed: int) -> tuple[Imputation, pl.DataFrame]:
    imputation = impute_table(table.to_pandas(), settings, seed=seed)
    changed = pl.from_pandas(imputation.table[imputation.changed])
    return imputation, table.with_columns(changed.get_columns())


def impute_table(
    table: pd.DataFrame,
    settings: Impute,
    *,
    seed: int = 0,
    customer: str | None = "customer",
    unit: str | None = "unit",
) -> Imputation:
    """Score an imputer on hidden cells, decide for each kind of customer, and complete the table.

    Parameters
    ----------
    table
        One row a customer, or several in order of time. A column without a gap is left alone.
    customer, unit
        Columns that say whose row it is (None: every row is a customer), and who is independent of whom:
        household, identical customers (None: customers).

    Raises
    ------
    PersonaeError
        If a column is absent, not numeric, empty, or both filled and structural; if a unit is unclear.
    """
    _check_columns(table, settings.columns, settings.structural)
    _check_owners(table, customer, unit)
    table = table.reset_index(drop=True)
    lacking = [name for name in settings.columns if np.isnan(as_figures(table, [name])).any()]
    owner = unit or customer
    drawn = sample_by_hash(table.index if owner is None else table[owner], settings.fit_rows)
    with threadpool_limits(1):
        scores = {
            name: _scored(table, name, drawn, settings, customer=customer, owner=owner, seed=seed)
            for name in lacking
        }
        imputer = build_imputer(settings, lacking, customer=customer, seed=seed)
        imputer.set_params(plan={name: plan(score) for name, score in scores.items()})
        learn = None
        if len(drawn) < len(table):
            learn = np.zeros(len(table), dtype=bool)
            learn[drawn] = True
        return _treat(table, imputer.fit(table, learn=learn), scores, settings.structural, len(drawn))


def _scored(
    table: pd.DataFrame,
    column: str,
    drawn: IntArray,
    settings: Impute,
    *,
    customer: str | None,
    owner: str | None,
    seed: int,
) -> dict[str, Any]:
    """Score a column on the sampled rows, on all where none of them has a value."""
    gaps, rows = table[column].isna(), table
    if len(drawn) < len(table) and not gaps.iloc[drawn].all():
        rows = table.iloc[drawn].reset_index(drop=True)
    score = score_column(rows, column, settings, customer=customer, groups=codes(rows, owner), seed=seed)
    return score | {"missing": int(gaps.sum()), "missing_share": float(gaps.mean())}


def _treat(
    table: pd.DataFrame,
    imputer: TableImputer,
    scores: Mapping[str, Any],
    structural: Sequence[str],
    fitted: int,
) -> Imputation:
    flags = imputer.verdicts(table)
    treated = {column: flags[column].value_counts().sort_index().to_dict() for column in scores}
    gaps = table[list(structural)].isna()
    flags = flags.join(gaps.replace({True: "structural", False: "observed"}))
    left = flags.columns[flags.isin(["refuse", "structural"]).any()]
    added = {f"{column}_missing": table[column].isna() for column in left}
    shares = {
        name: {"missing": int(gap.sum()), "missing_share": float(gap.mean())} for name, gap in gaps.items()
    }
    scorecard = {"method": imputer.method, "columns": scores, "structural": shares, "treated": treated}
    if fitted < len(table):
        scorecard["sampled"] = {"fit": fitted, "of": len(table)}
    return Imputation(imputer.transform(table).assign(**added), scorecard, imputer, flags, [*scores, *added])


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
