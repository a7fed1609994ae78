"""Features of users, over all days or over their first days."""

import polars as pl

from personae.features.minutes import DAY
from personae.features.users import activity_regularity, user_features

KEYS = ["customer", "date"]


def describe(days: pl.DataFrame, hours: pl.DataFrame | None) -> pl.DataFrame:
    """Describe users by their days and, where known, regularity of hours.

    Parameters
    ----------
    days
        As in `personae.features.users.user_features`, with `unit`.
    hours
        `customer`, `date`, `hour`, `steps`; only days worn that are in `days` count.
    """
    users: pl.DataFrame = user_features(days)
    if hours is not None:
        worn = hours.join(days.filter("worn"), on=KEYS, how="semi")
        users = users.join(activity_regularity(worn), on="customer", how="left")
    units = days.select("customer", "unit").unique()
    return users.join(units, on="customer", how="left").sort("customer")


def whole_days(days: pl.DataFrame) -> pl.DataFrame:
    """Keep worn days and, with minutes, those recorded from midnight to midnight."""
    if "minutes_recorded" not in days.columns:
        return days.filter("worn")
    return days.filter("worn", pl.col("minutes_recorded").fill_null(DAY) == DAY)
