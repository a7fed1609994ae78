"""Which rows the response models learn from."""

from collections.abc import Mapping

import pandas as pd
import polars as pl

from personae.days.early import early_and_late
from personae.response.settings import Classify


def tables_of(settings: Classify) -> tuple[str, ...]:
    """Name the tables that the cases of a study are made from."""
    return (settings.table,) if settings.early is None else ("days", "hours")


def cases(tables: Mapping[str, pl.DataFrame], settings: Classify, *, seed: int) -> pd.DataFrame:
    """Give one row a case: those of a table as they are, or users by their first days.

    Parameters
    ----------
    tables
        Those that `tables_of` names.
    settings
        The study's section `classify`.
    seed
        Decides the segments of later days.
    """
    if settings.early is None:
        return tables[settings.table].to_pandas()
    worn, early = tables["days"].filter("measured"), settings.early.model_dump()
    return early_and_late(worn, tables["hours"], **early, seed=seed).table.to_pandas()
