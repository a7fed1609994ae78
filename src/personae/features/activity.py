"""Activity of user-days from minutes of intensity: levels, bouts, wear, rest."""

import narwhals as nw
from narwhals.typing import FrameT

from personae.features.clock import day_number
from personae.features.minutes import DAY, KEYS, LONGEST_REST, NIGHT_ENDS, REST_ENDS, minute_of_day

LEVELS = ("inactive_minutes", "light_minutes", "moderate_minutes", "vigorous_minutes")


@nw.narwhalify
def activity_days(minutes: FrameT, wear_gap: int) -> FrameT:
    """Reduce minutes of `intensity` (0 inactive to 3 vigorous) to days.

    Parameters
    ----------
    minutes
        `customer`, `time`, `intensity`; one row a minute, in any order.
    wear_gap
        An inactive stretch of at least this many minutes is not waking wear: asleep or not worn
        (90 minutes: Choi et al., 2011).

    Returns
    -------
    FrameT
        The four levels in minutes; `night_active_minutes` (midnight to six); `active_bouts` and
        `bout_minutes` (their mean length); `longest_inactive` and `wear_minutes` within the day;
        `rest_minutes` and `rest_end` (hour): the longest inactive stretch that ends on the day between 3:00
        and 15:00 and may begin the evening before; stretches from 16 hours on are left out (no one sleeps so
        long: the device was off).
    """
    clock = minutes.with_columns(date=nw.col("time").dt.date(), minute=minute_of_day())
    days = _levels(clock).join(_gaps(clock, wear_gap), on=list(KEYS), how="left")
    active = nw.sum_horizontal(*LEVELS[1:])
    recorded = nw.sum_horizontal(*LEVELS)
    opening = nw.col("first_active") - nw.col("first_minute")
    closing = nw.col("last_minute") - nw.col("last_active")
    off = nw.col("long_gaps") + _if_long(opening, wear_gap) + _if_long(closing, wear_gap)
    idle = nw.col("first_active").is_null()
    rest = nw.when(nw.col("rest") >= DAY).then(nw.col("rest"))
    return days.select(
        *KEYS,
        *LEVELS,
        "night_active_minutes",
        active_bouts=nw.col("active_bouts").fill_null(0),
        bout_minutes=active / nw.col("active_bouts"),
        longest_inactive=nw.when(idle)
        .then(recorded)
        .otherwise(nw.max_horizontal("longest_gap", opening, closing)),
        wear_minutes=nw.when(idle).then(0).otherwise(recorded - off),
        rest_minutes=rest // DAY,
        rest_end=(rest % DAY) / 60,
    )


def _levels(clock: FrameT) -> FrameT:
    intensity, minute = nw.col("intensity"), nw.col("minute")
    flags = {name: (intensity == level).cast(nw.Int64) for level, name in enumerate(LEVELS)}
    night = ((intensity > 0) & (minute < NIGHT_ENDS)).cast(nw.Int64)
    return (
        clock.with_columns(**flags, night_active_minutes=night)
        .group_by(*KEYS)
        .agg(
            nw.col(*LEVELS, "night_active_minutes").sum(),
            first_minute=minute.min(),
            last_minute=minute.max(),
        )
    )


def _gaps(clock: FrameT, wear_gap: int) -> FrameT:
    """Measure the stretches between active minutes.

    Only active minutes (about one in six) are put in order; the minutes between two of them are inactive.
    """
    minute, gap, before = nw.col("minute"), nw.col("gap"), nw.col("before")
    at = day_number(nw.col("date")) * DAY + minute
    active = clock.filter(nw.col("intensity") > 0).select(*KEYS, "minute", at=at)
    gaps = active.with_columns(before=nw.col("at").shift(1).over("customer", order_by="at")).with_columns(
        gap=nw.col("at") - before - 1,
        same=nw.col("at") - before <= minute,
    )
    within = nw.when(nw.col("same")).then(gap)
    is_rest = (minute >= REST_ENDS[0]) & (minute < REST_ENDS[1]) & (gap < LONGEST_REST)
    return (
        gaps.with_columns(
            within=within,
            long=_if_long(within, wear_gap),
            begins=(gap > 0).fill_null(value=True).cast(nw.Int64),
            # Length first and the minute of its end behind it: the greatest number names the longest rest.
            rest=nw.when(is_rest).then(gap * DAY + minute),
        )
        .group_by(*KEYS)
        .agg(
            first_active=minute.min(),
            last_active=minute.max(),
            longest_gap=nw.col("within").max(),
            long_gaps=nw.col("long").sum(),
            active_bouts=nw.col("begins").sum(),
            rest=nw.col("rest").max(),
        )
    )


def _if_long(stretch: nw.Expr, wear_gap: int) -> nw.Expr:
    return nw.when(stretch >= wear_gap).then(stretch).otherwise(0)
