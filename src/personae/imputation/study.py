"""All of stage impute as one value: customers with their gaps treated, where need be by way of their days."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from personae.features.describe import describe
from personae.imputation.completion import Completion, complete
from personae.imputation.scorecard import Rules
from personae.imputation.scoring import Design
from personae.imputation.settings import Impute


@dataclass(frozen=True, slots=True)
class Completed:
    """What stage impute writes.

    Attributes
    ----------
    customers
        The customer table, complete.
    further
        The table in which the gaps were, where it is not the customers.
    completion
        Scorecard and imputer.
    """

    customers: pl.DataFrame
    further: Mapping[str, pl.DataFrame]
    completion: Completion


def complete_study(tables: Mapping[str, pl.DataFrame], settings: Impute, *, seed: int) -> Completed:
    """Treat the gaps of the table that the settings name; where it holds days, describe customers anew.

    Parameters
    ----------
    tables
        `customers`, or the table that the settings name and `hours`.
    settings
        The study's section `impute`.
    seed
        Decides every figure.
    """
    if settings.table == "customers":
        completion, customers = _complete(tables["customers"], settings, seed)
        return Completed(customers, {}, completion)
    days = tables[settings.table]
    completion, completed = _complete(days.filter("measured"), settings, seed)
    both = pl.concat([days.filter(~pl.col("measured")), completed], how="diagonal_relaxed")
    return Completed(describe(both, tables["hours"]), {settings.table: completed}, completion)


def _complete(table: pl.DataFrame, settings: Impute, seed: int) -> tuple[Completion, pl.DataFrame]:
    chosen = settings.imputer
    completion = complete(
        table.to_pandas(),
        columns=settings.columns,
        predictors=settings.predictors,
        method=chosen.method,
        options=chosen.model_dump(exclude={"method"}),
        others=[(other.method, other.model_dump(exclude={"method"})) for other in settings.others],
        customer="customer",
        unit="unit",
        leaky=settings.leaky,
        structural=settings.structural,
        rules=Rules(**settings.rules.model_dump()),
        design=Design(settings.folds, settings.repeats, settings.resamples, seed),
    )
    changed = pl.from_pandas(completion.table[completion.changed])
    return completion, table.with_columns(changed.get_columns())
