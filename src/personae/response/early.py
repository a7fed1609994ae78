"""Training rows of the response models: table rows, or users' first days."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import polars as pl
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from personae.core.errors import PersonaeError
from personae.features.describe import describe
from personae.response.settings import Classify, Early


def tables_of(settings: Classify) -> tuple[str, ...]:
    """Name the tables behind the training rows of a study."""
    return (settings.table,) if settings.early is None else ("days", "hours")


def training_rows(tables: Mapping[str, pl.DataFrame], settings: Classify, *, seed: int = 0) -> pd.DataFrame:
    """Give the training rows: a table's, or users by their first days.

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
    worn = tables["days"].filter("measured")
    return early_and_late(worn, tables["hours"], settings.early, seed=seed).to_pandas()


def early_and_late(
    days: pl.DataFrame, hours: pl.DataFrame | None, settings: Early, *, seed: int = 0
) -> pl.DataFrame:
    """Describe users by first days, segment them by disjoint later days.

    Parameters
    ----------
    days, hours
        As for `describe`; the first days are counted from each user's first one.
    settings
        Number of first days, and the space and number of the later segments. These are the answer to be
        predicted, so they may rest on all users; their number is lowered where one would be too small to be
        learned.

    Returns
    -------
    DataFrame
        One row a user who has enough later days; features of the first days only, and `later_segment`.

    Raises
    ------
    PersonaeError
        If fewer than `k` users are left or a column is unknown.
    """
    columns, k, least_later = settings.columns, settings.k, settings.least_later
    is_early = _is_early(settings)
    early, late = describe(days.filter(is_early), hours), describe(days.filter(~is_early), hours)
    absent = [name for name in columns if name not in late.columns]
    if absent:
        raise PersonaeError(f"early: no column {absent[0]!r} in the users; it has {', '.join(late.columns)}")
    enough = pl.col("days") * pl.col("worn_share") >= least_later
    late = late.filter(enough).drop_nulls(list(columns)).sort("customer")
    if late.height <= k:
        raise PersonaeError(
            f"early: {late.height} users have {least_later} later days; {k} segments need more"
        )
    labels = _segments(late.select(columns).to_numpy(), k, settings.least_users, seed)
    answers = late.select("customer", later_segment=pl.Series(labels, dtype=pl.Int64))
    return early.join(answers, on="customer", how="inner").sort("customer")


def early_rows(tables: Mapping[str, pl.DataFrame], settings: Early) -> pl.DataFrame:
    """Describe users by their first measured days, whatever later ones they have."""
    return describe(tables["days"].filter("measured", _is_early(settings)), tables["hours"])


def _is_early(settings: Early) -> pl.Expr:
    begin = pl.col("date").min().over("customer")
    return (pl.col("date") - begin).dt.total_days() < settings.first


def _segments(points: Any, most: int, least_users: int, seed: int) -> list[int]:
    with threadpool_limits(limits=1):
        scaled = StandardScaler().fit_transform(points)
        for k in range(most, 1, -1):
            labels: list[int] = KMeans(k, n_init=20, random_state=seed).fit_predict(scaled).tolist()
            if min(labels.count(each) for each in range(k)) >= least_users:
                return labels
    raise PersonaeError(f"early: no {most} or fewer segments of {least_users} users each; lower least_users")
