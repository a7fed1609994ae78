"""From user-days to users: level, variability, weekday and weekend, trend, regularity."""

import narwhals as nw
from narwhals.typing import FrameT

from personae.features.clock import day_number, is_weekend

AWAKE_MEANS = (
    *("steps", "distance", "calories", "sedentary_minutes"),
    *("very_active_minutes", "fairly_active_minutes", "lightly_active_minutes"),
    *("wear_minutes", "longest_inactive", "active_bouts", "bout_minutes", "night_active_minutes"),
    *("peak_cadence", "peak_hour", "night_steps", "intraday_variability"),
    *("mets", "met_minutes", "resting_rate", "heart_mean", "heart_lowest", "heart_highest"),
)
ASLEEP_MEANS = (
    *("minutes_asleep", "minutes_in_bed", "sleep_efficiency", "restless_share", "awakenings"),
    *("sleep_onset", "sleep_wake", "rest_minutes"),
)
BODY_MEANS = ("weight_kg", "bmi", "fat")
HOURS = 24


@nw.narwhalify
def user_features(days: FrameT) -> FrameT:
    """Describe each customer by their days.

    Parameters
    ----------
    days
        One row a `customer` and `date` with `worn` and `steps`; of the other measures of `AWAKE_MEANS`,
        `ASLEEP_MEANS` and `BODY_MEANS` those that are there. To describe the first week or the time after
        it, give those days only.

    Returns
    -------
    FrameT
        One row a customer: `days`, `worn_share`, `mean_*` (activity over days worn, sleep over nights
        recorded), `sd_*` of steps, calories and sleep, `steps_cv`, `weekend_steps` (Saturday and Sunday less
        the other days), `steps_trend` (least squares, steps a week), `nights`, `weight_kg`, `bmi`, `fat`.

    Examples
    --------
    >>> from datetime import date
    >>> import polars as pl
    >>> dates = [date(2016, 4, 15), date(2016, 4, 16), date(2016, 4, 17)]
    >>> days = pl.DataFrame({"customer": 7, "date": dates, "worn": True, "steps": [1000, 3000, 5000]})
    >>> user = user_features(days).select("mean_steps", "weekend_steps", "steps_trend")
    >>> user.select(pl.all().round(6)).row(0)
    (3000.0, 3000.0, 14000.0)
    """
    columns = days.collect_schema().names()
    worn, steps = nw.col("worn"), nw.col("worn_steps")
    awake: list[str] = [name for name in AWAKE_MEANS if name in columns]
    asleep: list[str] = [name for name in ASLEEP_MEANS if name in columns]
    spreads: list[str] = [
        name for name in ("calories", "minutes_asleep", "sleep_onset", "rest_end") if name in columns
    ]
    weekend, day = is_weekend(nw.col("date")), day_number(nw.col("date"))
    rows = days.with_columns(*[nw.when(worn).then(nw.col(name)).alias(name) for name in awake]).with_columns(
        worn=worn.cast(nw.Int64), worn_steps=nw.col("steps").cast(nw.Float64)
    )
    rows = rows.with_columns(
        on_weekend=nw.when(weekend).then(steps),
        on_weekday=nw.when(~weekend).then(steps),
        day=nw.when(worn > 0).then(day - day.min().over("customer")),
    ).with_columns(day_steps=nw.col("day") * steps, day_square=nw.col("day") * nw.col("day"))
    nights = [nw.col("minutes_asleep").count().alias("nights")] if asleep[:1] == ["minutes_asleep"] else []
    users = rows.group_by("customer").agg(
        *[nw.col(name).mean().alias(f"mean_{name}") for name in [*awake, *asleep]],
        *[nw.col(name).std().alias(f"sd_{name}") for name in ["worn_steps", *spreads]],
        *[nw.col(name).mean() for name in BODY_MEANS if name in columns],
        *[nw.col(name).mean() for name in ("on_weekend", "on_weekday", "day", "day_steps", "day_square")],
        *nights,
        days=nw.len(),
        worn_share=nw.col("worn").mean(),
    )
    return _finish(users)


def _finish(users: FrameT) -> FrameT:
    day, mean = nw.col("day"), nw.col("mean_steps")
    spread = nw.col("day_square") - day * day
    slope = (nw.col("day_steps") - day * mean) / spread
    return (
        users.rename({"sd_worn_steps": "sd_steps"})
        .with_columns(
            steps_cv=nw.when(mean > 0).then(nw.col("sd_steps") / mean),
            weekend_steps=nw.col("on_weekend") - nw.col("on_weekday"),
            steps_trend=nw.when(spread > 0).then(7 * slope),
        )
        .drop("on_weekend", "on_weekday", "day", "day_steps", "day_square")
    )


@nw.narwhalify
def activity_regularity(hours: FrameT) -> FrameT:
    """Interdaily stability and intradaily variability of the hourly steps of each customer.

    Interdaily stability is the variance of the mean day over the variance of all hours: 1 when every day is
    the same, near 0 for noise. Intradaily variability is the mean square of the differences between
    neighbouring hours over that variance: near 0 for a smooth day, near 2 for noise (Witting et al., 1990;
    Van Someren et al., 1999). Both need days in which something varies, else they are null; stability is 1 by
    construction on a single day, so `regular_days` is given as well.

    Parameters
    ----------
    hours
        `customer`, `date`, `hour`, `steps` of days on which the device was worn.
    """
    steps = nw.col("steps").cast(nw.Float64)
    moment = day_number(nw.col("date")) * HOURS + nw.col("hour")
    rows = hours.with_columns(steps=steps, moment=moment)
    order = {"order_by": "moment"}
    change = nw.col("steps").diff().over("customer", **order)
    apart = nw.col("moment").diff().over("customer", **order)
    users = (
        rows.with_columns(change=nw.when(apart == 1).then(change * change))
        .group_by("customer")
        .agg(
            change=nw.col("change").mean(),
            variance=nw.col("steps").var(ddof=0),
            regular_days=nw.col("date").n_unique(),
        )
    )
    profile = (
        rows.group_by("customer", "hour")
        .agg(steps=nw.col("steps").mean())
        .sort("customer", "hour")
        .group_by("customer")
        .agg(profile=nw.col("steps").var(ddof=0))
    )
    varies = nw.col("variance") > 0
    return users.join(profile, on="customer", how="left").select(
        "customer",
        "regular_days",
        interdaily_stability=nw.when(varies).then(nw.col("profile") / nw.col("variance")),
        intradaily_variability=nw.when(varies).then(nw.col("change") / nw.col("variance")),
    )
