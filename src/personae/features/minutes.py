"""From minutes to user-days: steps, intensity, energy.

Every function takes a lazy or eager frame of one table with `customer`, `time` (one row a minute) and one
measure, and gives one row a `customer` and `date`. Nothing joins minutes with minutes: a table is reduced to
days first, so that time is linear and a streaming engine holds little more than the days.
"""

import narwhals as nw
from narwhals.typing import FrameT

KEYS = ("customer", "date")
NIGHT_ENDS = 6 * 60
REST_ENDS = (3 * 60, 15 * 60)
LONGEST_REST = 16 * 60
MODERATE_METS = 3
DAY = 24 * 60
CALORIE_PARTS = 1_000_000_000


def minute_of_day() -> nw.Expr:
    """Give the minute since midnight of `time`, 0 to 1439."""
    time = nw.col("time")
    return time.dt.hour().cast(nw.Int32) * 60 + time.dt.minute().cast(nw.Int32)


@nw.narwhalify
def hourly_steps(minutes: FrameT) -> FrameT:
    """Reduce minutes of `steps` to hours.

    Returns
    -------
    FrameT
        `customer`, `date`, `hour` (0 to 23), `steps` (sum), `minutes` (rows), `stepping` (minutes with a
        step) and `cadence` (steps of the best minute).
    """
    time, steps = nw.col("time"), nw.col("steps")
    clock = minutes.with_columns(
        date=time.dt.date(), hour=time.dt.hour().cast(nw.Int32), stepping=(steps > 0).cast(nw.Int64)
    )
    return clock.group_by(*KEYS, "hour").agg(
        nw.col("steps", "stepping").sum(), minutes=nw.len(), cadence=steps.max()
    )


@nw.narwhalify
def step_days(hours: FrameT) -> FrameT:
    """Reduce the hours that `hourly_steps` gives to days.

    Returns
    -------
    FrameT
        `minutes_recorded`, `minute_steps` (sum), `stepping_minutes`, `peak_cadence` (steps of the best
        minute), `night_steps` (midnight to six).

    Examples
    --------
    >>> from datetime import datetime
    >>> import polars as pl
    >>> times = [datetime(2016, 4, 12, 5, 0), datetime(2016, 4, 12, 18, 30)]
    >>> minutes = pl.DataFrame({"customer": [7, 7], "time": times, "steps": [10, 90]})
    >>> step_days(hourly_steps(minutes)).select("minute_steps", "peak_cadence", "night_steps").row(0)
    (100, 90, 10)
    """
    steps = nw.col("steps")
    days = hours.with_columns(night=nw.when(nw.col("hour") * 60 < NIGHT_ENDS).then(steps).otherwise(0))
    return days.group_by(*KEYS).agg(
        minutes_recorded=nw.col("minutes").sum().cast(nw.Int64),
        minute_steps=steps.sum(),
        stepping_minutes=nw.col("stepping").sum(),
        peak_cadence=nw.col("cadence").max(),
        night_steps=nw.col("night").sum(),
    )


@nw.narwhalify
def hour_days(hours: FrameT) -> FrameT:
    """Reduce hours of `steps` to days: `peak_hour` and `intraday_variability`.

    The peak hour is the earliest of those with most steps, null on a day without a step. Intradaily
    variability is the mean square of the differences between neighbouring hours over the variance of the
    hours (Witting et al., 1990): near 0 for a smooth day, near 2 for noise, null on a constant day.
    """
    steps = nw.col("steps").cast(nw.Float64)
    hour = nw.col("hour").cast(nw.Int64)
    change = steps.diff().over(*KEYS, order_by="hour")
    days = (
        hours.with_columns(
            # Steps first and the hour behind them: the greatest number names the earliest best hour.
            coded=nw.col("steps").cast(nw.Int64) * 24 + (23 - hour),
            step_change=change * change,
            steps=steps,
        )
        .group_by(*KEYS)
        .agg(
            best=nw.col("coded").max(),
            busiest=nw.col("steps").max(),
            change=nw.col("step_change").mean(),
            variance=nw.col("steps").var(ddof=0),
        )
    )
    return days.select(
        *KEYS,
        peak_hour=nw.when(nw.col("busiest") > 0).then(23 - nw.col("best") % 24),
        intraday_variability=nw.when(nw.col("variance") > 0).then(nw.col("change") / nw.col("variance")),
    )


@nw.narwhalify
def met_days(minutes: FrameT) -> FrameT:
    """Reduce minutes of `mets` (metabolic equivalents, 1 at rest) to days.

    Returns
    -------
    FrameT
        `mets` (mean), `peak_mets` and `met_minutes`: METs summed over the minutes of at least 3 METs, the
        unit in which activity is recommended (500 to 1,000 a week; Garber et al., 2011).
    """
    tenths = _whole(nw.col("mets"), 10)
    moderate = nw.when(nw.col("mets") >= MODERATE_METS).then(tenths).otherwise(0)
    days = minutes.with_columns(date=nw.col("time").dt.date(), tenths=tenths, moderate=moderate)
    return (
        days.group_by(*KEYS)
        .agg(
            nw.col("tenths", "moderate").sum(), minutes=nw.col("tenths").count(), peak=nw.col("tenths").max()
        )
        .select(
            *KEYS,
            mets=nw.col("tenths") / nw.col("minutes") / 10,
            peak_mets=nw.col("peak") / 10,
            met_minutes=nw.col("moderate") / 10,
        )
    )


@nw.narwhalify
def calorie_days(minutes: FrameT) -> FrameT:
    """Reduce minutes of `calories` (kcal) to days.

    Returns
    -------
    FrameT
        `minute_calories` (sum), `night_calories` (midnight to six) and `resting_rate`: kcal of the quietest
        minute above 0, the device's estimate of the basal rate.
    """
    calories = nw.col("calories")
    parts = _whole(calories, CALORIE_PARTS)
    days = minutes.with_columns(date=nw.col("time").dt.date()).with_columns(
        parts=parts,
        night=nw.when(minute_of_day() < NIGHT_ENDS).then(parts).otherwise(0),
        spent=nw.when(calories > 0).then(calories),
    )
    return (
        days.group_by(*KEYS)
        .agg(nw.col("parts", "night").sum(), resting_rate=nw.col("spent").min())
        .select(
            *KEYS,
            "resting_rate",
            minute_calories=nw.col("parts") / CALORIE_PARTS,
            night_calories=nw.col("night") / CALORIE_PARTS,
        )
    )


def _whole(values: nw.Expr, parts: int) -> nw.Expr:
    """Count in integers, so that sums do not depend on order."""
    return (values * parts).round().cast(nw.Int64)


@nw.narwhalify
def heart_days(beats: FrameT) -> FrameT:
    """Reduce `heart_rate` (beats a minute) to daily mean, minimum and maximum."""
    rate = nw.col("heart_rate")
    days = beats.with_columns(date=nw.col("time").dt.date())
    return days.group_by(*KEYS).agg(heart_mean=rate.mean(), heart_lowest=rate.min(), heart_highest=rate.max())
