"""From minutes of sleep to user-nights, and the regularity of sleep."""

import narwhals as nw
from narwhals.typing import FrameT

from personae.features.clock import DAY_SECONDS, day_number, second_number
from personae.features.minutes import DAY, KEYS

ASLEEP, RESTLESS, AWAKE = 1, 2, 3


@nw.narwhalify
def sleep_days(minutes: FrameT) -> FrameT:
    """Reduce sleep logs to days; a log's date is its last minute's.

    Parameters
    ----------
    minutes
        `customer`, `log`, `time`, `state` (1 asleep, 2 restless, 3 awake); no row twice.

    Returns
    -------
    FrameT
        `sleep_records` (logs), `minutes_asleep`, `minutes_in_bed`, `sleep_efficiency` (their ratio),
        `restless_share`, `awakenings` (stretches awake), and of the longest log `sleep_onset` and
        `sleep_wake` in hours from midnight of the date (negative before midnight).

    Examples
    --------
    >>> from datetime import datetime, timedelta
    >>> import polars as pl
    >>> times = [datetime(2016, 4, 11, 23, 58) + timedelta(minutes=i) for i in range(4)]
    >>> log = pl.DataFrame({"customer": 7, "log": 1, "time": times, "state": [1, 3, 1, 1]})
    >>> sleep_days(log).select("date", "minutes_asleep", "minutes_in_bed", "awakenings").row(0)
    (datetime.date(2016, 4, 12), 3, 4, 1)
    """
    logs = _logs(minutes)
    midnight = day_number(nw.col("date")) * DAY_SECONDS
    main = nw.col("in_bed") == nw.col("in_bed").max().over(*KEYS)
    return (
        logs.with_columns(
            onset=nw.when(main).then((second_number(nw.col("begin")) - midnight) / 3600),
            wake=nw.when(main).then((second_number(nw.col("end")) - midnight) / 3600),
        )
        .group_by(*KEYS)
        .agg(
            sleep_records=nw.len(),
            minutes_asleep=nw.col("asleep").sum(),
            minutes_in_bed=nw.col("in_bed").sum(),
            restless=nw.col("restless").sum(),
            awakenings=nw.col("awakening").sum(),
            sleep_onset=nw.col("onset").min(),
            sleep_wake=nw.col("wake").max(),
        )
        .with_columns(
            sleep_efficiency=nw.col("minutes_asleep") / nw.col("minutes_in_bed"),
            restless_share=nw.col("restless") / nw.col("minutes_in_bed"),
        )
        .drop("restless")
    )


def _logs(minutes: FrameT) -> FrameT:
    """Reduce minutes to logs: minutes by state, awakenings, begin, end and date."""
    time, state = nw.col("time"), nw.col("state")
    before = state.shift(1).over("customer", "log", order_by="time")
    return (
        minutes.with_columns(
            asleep=(state == ASLEEP).cast(nw.Int64),
            restless=(state == RESTLESS).cast(nw.Int64),
            awakening=((state == AWAKE) & (before != AWAKE)).fill_null(value=False).cast(nw.Int64),
        )
        .group_by("customer", "log")
        .agg(
            nw.col("asleep", "restless", "awakening").sum(),
            in_bed=nw.len(),
            begin=time.min(),
            end=time.max(),
        )
        .with_columns(date=nw.col("end").dt.date())
    )


@nw.narwhalify
def sleep_regularity(minutes: FrameT) -> FrameT:
    """Sleep regularity index of each customer: `customer`, `sleep_regularity`, `night_pairs`.

    100 times (2 p - 1), where p is the share of minutes in the same state, asleep or not, as 24 hours before
    (Phillips et al., 2017): 100 for clockwork, 0 for chance. Days run from noon to noon. Only pairs of
    neighbouring days that both have a sleep log count, for a night without a log is not a night awake.

    Parameters
    ----------
    minutes
        As for `sleep_days`.
    """
    asleep = (
        minutes.filter(nw.col("state") == ASLEEP)
        .select("customer", time=nw.col("time").dt.truncate("1m"))
        .unique()
        .with_columns(next=nw.col("time").dt.offset_by("24h"))
    )
    today = nw.col("time").dt.offset_by("12h").dt.date()
    nights = asleep.with_columns(date=today).group_by(*KEYS).agg(asleep=nw.len().cast(nw.Int64))
    again = (
        asleep.select("customer", time=nw.col("next"))
        .join(asleep.select("customer", "time"), on=["customer", "time"], how="inner")
        .with_columns(date=today)
        .group_by(*KEYS)
        .agg(both=nw.len().cast(nw.Int64))
    )
    yesterday = nights.select(
        "customer", date=nw.col("date").cast(nw.Datetime("us")).dt.offset_by("1d").dt.date(), before="asleep"
    )
    pairs = nights.join(yesterday, on=list(KEYS), how="inner").join(again, on=list(KEYS), how="left")
    differs = nw.col("asleep") + nw.col("before") - 2 * nw.col("both").fill_null(0)
    return (
        pairs.with_columns(differs=differs)
        .group_by("customer")
        .agg(night_pairs=nw.len(), differs=nw.col("differs").sum())
        .select(
            "customer",
            "night_pairs",
            sleep_regularity=100 * (1 - 2 * nw.col("differs") / (DAY * nw.col("night_pairs"))),
        )
    )
