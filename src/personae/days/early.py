"""From users' first days to the segment that their later days give."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from personae.core.errors import PersonaeError
from personae.features.describe import describe


@dataclass(frozen=True, slots=True)
class Early:
    """Users by their first days, with the segment of the time after as `later_segment`.

    Attributes
    ----------
    table
        One row a user; features of the first days only.
    users, left_out
        Users in it, and users with too few later days.
    k
        Number of later segments; fewer than asked for where one would be too small to be learned.
    """

    table: pl.DataFrame
    users: int
    left_out: int
    k: int


def early_and_late(
    days: pl.DataFrame,
    hours: pl.DataFrame | None,
    *,
    first: int,
    least_later: int,
    columns: Sequence[str],
    k: int,
    least_users: int,
    seed: int,
) -> Early:
    """Describe users by their first days, and segment them by the days after these; no day is on both sides.

    Parameters
    ----------
    days, hours
        As for `describe`; the first days are counted from each user's first one.
    first
        How many days the description may see.
    least_later
        Worn days that a user needs after them to be segmented.
    columns, k
        Space (standardised) and number of the later segments, by k-means. They are the answer to be
        predicted, so they may rest on all users.
    least_users
        Users that each later segment must have; k is lowered until they do.

    Raises
    ------
    PersonaeError
        If fewer than `k` users are left or a column is unknown.
    """
    begin = pl.col("date").min().over("customer")
    is_early = (pl.col("date") - begin).dt.total_days() < first
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
    labels = _segments(late.select(columns).to_numpy(), k, least_users, seed)
    answers = late.select("customer", later_segment=pl.Series(labels, dtype=pl.Int64))
    table = early.join(answers, on="customer", how="inner").sort("customer")
    left_out = days["customer"].n_unique() - table.height
    return Early(table, table.height, left_out, answers["later_segment"].n_unique())


def _segments(points: Any, most: int, least_users: int, seed: int) -> list[int]:
    with threadpool_limits(limits=1):
        scaled = StandardScaler().fit_transform(points)
        for k in range(most, 1, -1):
            labels: list[int] = KMeans(k, n_init=20, random_state=seed).fit_predict(scaled).tolist()
            if min(labels.count(each) for each in range(k)) >= least_users:
                return labels
    raise PersonaeError(f"early: no {most} or fewer segments of {least_users} users each; lower least_users")
