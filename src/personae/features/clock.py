"""Whole numbers for days and seconds, which every engine of Narwhals counts alike.

Engines differ in what they can subtract and in how they number weekdays (on Spark Sunday is 0, elsewhere 7).
Calendar fields are what all of them have.
"""

import narwhals as nw

DAY_SECONDS = 24 * 60 * 60


def day_number(day: nw.Expr) -> nw.Expr:
    """Count the days from the first of January of year 1, which is 1, as `date.toordinal` does.

    Examples
    --------
    >>> from datetime import date
    >>> import polars as pl
    >>> days = nw.from_native(pl.DataFrame({"day": [date(2024, 2, 29)]}))
    >>> days.select(day_number(nw.col("day"))).item() == date(2024, 2, 29).toordinal()
    True
    """
    years = day.dt.year().cast(nw.Int64) - 1
    leap_days = years // 4 - years // 100 + years // 400
    return years * 365 + leap_days + day.dt.ordinal_day().cast(nw.Int64)


def second_number(time: nw.Expr) -> nw.Expr:
    """Count whole seconds; midnight of a day is at `DAY_SECONDS` times its number."""
    return (
        day_number(time) * DAY_SECONDS
        + time.dt.hour().cast(nw.Int64) * 3600
        + time.dt.minute().cast(nw.Int64) * 60
        + time.dt.second().cast(nw.Int64)
    )


def is_weekend(day: nw.Expr) -> nw.Expr:
    """Whether a day is a Saturday or a Sunday."""
    return (day_number(day) - 1) % 7 >= 5
