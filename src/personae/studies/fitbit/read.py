"""Read the Fitabase tables; minute tables are streamed to user-days."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import polars as pl

from personae.core.errors import PersonaeError
from personae.features.activity import activity_days
from personae.features.minutes import calorie_days, heart_days, hourly_steps, met_days, step_days
from personae.features.sleep import ASLEEP, AWAKE, sleep_days, sleep_regularity
from personae.studies.fitbit.exports import (
    LONGEST_DAY,
    Source,
    check_period,
    check_widths,
    collect,
    explain,
    implausible,
    scan,
)

KEYS = ["customer", "date"]
# What is only looked at: values, minutes of every hour, minutes of sleep kept twice.
AUDIT, HOURS, KEPT = CHECKS = ("audit", "minutes of hours", "kept twice")
HOUR, SUNDAY, LAST_SET_BACK = 60, 7, 3
HOURLY = "hourlySteps"
CLOCK = "clock set back at the end of summer time: the hour that is there twice is kept"
TWICE = "exact duplicate: dropped"
TWO_PERIODS = "user-day in two periods: the later file kept"
Reducer = Callable[[pl.LazyFrame], pl.LazyFrame]
Repairs = list[tuple[str, str, int]]
# What a table is reduced to, the files that it comes from, and how: lazily, all parts of a file at once.
Job = tuple[Sequence[str], Sequence[Source], Callable[[bool], Sequence[pl.LazyFrame]]]


def read_whole(sources: Sequence[Source]) -> tuple[pl.DataFrame, Repairs, dict[str, int]]:
    """Read one table of all periods into memory.

    Rows with a negative measure are rejected, exact duplicates dropped; of a user-day that is in two periods
    the later file is kept, for the earlier one ends within the day.

    Returns
    -------
    The table, and what was repaired and rejected, as `Prepared` has them.

    Raises
    ------
    PersonaeError
        If a value does not fit.
    """
    table = sources[0].table
    periods = []
    negative = doubled = back = 0
    for source in sources:
        rows = collect(partial(_as_text, source), [source])[0]
        if rows.select(implausible(table).any()).item():
            explain(source)
        check_widths(source.path)
        rows = rows.with_columns(date=pl.col("time").dt.date())
        check_period([source], rows)
        measures = [column for column, dtype in rows.schema.items() if dtype.is_numeric()]
        good = rows.filter(pl.all_horizontal(pl.col(column).fill_null(0) >= 0 for column in measures))
        distinct = good.unique(maintain_order=True)
        negative += rows.height - good.height
        doubled += good.height - distinct.height
        whole = _hours_added(distinct) if table.name == HOURLY else distinct
        back += distinct.height - whole.height
        _check_once(source, whole)
        periods.append(whole)
    together, replaced = latest(periods)
    repairs = [(TWICE, table.name, doubled), (TWO_PERIODS, table.name, replaced), (CLOCK, table.name, back)]
    return together, repairs, {f"{table.name}: a negative value": negative}


def _as_text(source: Source, _: bool) -> list[pl.LazyFrame]:
    return [scan(source, as_text=True)]


def _hours_added(hours: pl.DataFrame) -> pl.DataFrame:
    """Add the two hours of one name when clocks are set back."""
    twice = hours.filter(
        pl.struct("customer", "time").is_duplicated(),
        pl.len().over(KEYS) == LONGEST_DAY // HOUR,
        _may_be_set_back(pl.col("time")),
    )
    added = twice.group_by("customer", "time", "date", maintain_order=True).agg(pl.col("steps").sum())
    rest = hours.join(twice, on=["customer", "time"], how="anti", maintain_order="left")
    return pl.concat([rest, added.select(rest.columns)])


def _check_once(source: Source, rows: pl.DataFrame) -> None:
    """Raise for two different rows with the same key."""
    key = list(source.table.key)
    twice = rows.filter(pl.struct(key).is_duplicated()).sort(key, maintain_order=True)
    if twice.is_empty():
        return
    first, second = twice.row(0, named=True), twice.row(1, named=True)
    name = next(column for column in twice.columns if first[column] != second[column])
    published = next(public for public, (tidy, *_) in source.table.columns.items() if tidy == name)
    raise PersonaeError(
        f"{source.path}: Id {first['customer']} has {first['time']} twice, {published} {first[name]} and "
        f"{second[name]}; expected one row"
    )


def latest(periods: Sequence[pl.DataFrame]) -> tuple[pl.DataFrame, int]:
    """Join periods, keep the last of duplicates, count the others.

    Examples
    --------
    >>> early = pl.DataFrame({"customer": [1, 1], "date": ["a", "b"], "steps": [5, 2]})
    >>> late = pl.DataFrame({"customer": [1], "date": ["b"], "steps": [9]})
    >>> table, dropped = latest([early, late])
    >>> table["steps"].to_list(), dropped
    ([5, 9], 1)
    """
    together = pl.concat(rows.with_columns(period=pl.lit(i)) for i, rows in enumerate(periods))
    kept = together.filter(pl.col("period") == pl.col("period").max().over(KEYS))
    return kept, together.height - kept.height


def minute_days(
    by_table: Mapping[str, Sequence[Source]], wear_gap: int
) -> tuple[dict[str, pl.DataFrame], Repairs, dict[str, int]]:
    """Reduce all minute tables to user-days (`steps`, `activity`, `mets`, `calories`, `heart`, `sleep`).

    Also gives `hours` (steps) and `regularity` (of sleep, one row a customer). One file streams by at a time;
    memory grows with the number of user-days and of active minutes.

    Parameters
    ----------
    by_table
        Files by table name; the parts of a table that is not there are left out.
    wear_gap
        See `personae.features.activity.activity_days`.

    Returns
    -------
    Tables by part, and what was repaired and rejected, as `Prepared` has them.

    Raises
    ------
    PersonaeError
        If a value does not fit, or a minute is there twice.
    """
    results = []
    for parts, sources, frames in _jobs(by_table, wear_gap):
        for part, table in zip(parts, collect(frames, sources), strict=True):
            _check(part, sources, table)
            results.append((part, sources, table))
    tables: dict[str, pl.DataFrame] = {}
    repairs: Repairs = []
    rejected: dict[str, int] = {}
    for part in dict.fromkeys(part for part, _, _ in results if part not in CHECKS):
        own = [(files, table) for name, files, table in results if name == part]
        if part == "regularity":
            tables[part] = own[0][1]
            continue
        table, replaced = latest([table for _, table in own])
        tables[part] = table.drop("period")
        files = [files for files, _ in own]
        name = files[0][0].table.name
        checks = {
            check: [table for kind, source, table in results if kind == check and source in files]
            for check in CHECKS
        }
        audit = pl.concat(checks[AUDIT]).sum().row(0, named=True)
        doubled = audit["doubled"] - table["minutes_in_bed"].sum() if part == "sleep" else 0
        back = sum(_set_back(hours).height for hours in checks[HOURS]) + sum(
            kept.item() for kept in checks[KEPT]
        )
        repairs += [(TWICE, name, doubled), (TWO_PERIODS, name, replaced), (CLOCK, name, back)]
        rejected[f"{name}: a negative or unknown value"] = audit["negative"]
    if "hours" in tables:
        tables["steps"] = step_days(tables["hours"]).sort(KEYS)
        tables["hours"] = tables["hours"].select(*KEYS, "hour", "steps").sort(*KEYS, "hour")
    return tables, repairs, rejected


def _jobs(by_table: Mapping[str, Sequence[Source]], wear_gap: int) -> Iterator[Job]:
    """Give the jobs of one file after the other, its checks last."""
    reducers: dict[str, tuple[str, Reducer]] = {
        "minuteStepsNarrow": ("hours", hourly_steps),
        "minuteIntensitiesNarrow": ("activity", partial(activity_days, wear_gap=wear_gap)),
        "minuteMETsNarrow": ("mets", lambda minutes: met_days(minutes.with_columns(pl.col("mets") / 10))),
        "minuteCaloriesNarrow": ("calories", calorie_days),
        "heartrate_seconds": ("heart", heart_days),
    }
    for name, (part, reduce) in reducers.items():
        checks = [AUDIT] if part == "heart" else [AUDIT, HOURS]
        for source in by_table.get(name, ()):
            yield [part, *checks], [source], partial(_minutes, source, reduce, len(checks) > 1)
    if "minuteSleep" in by_table:
        # Sleep logs are whole nights: two periods are one table, and a night in both is a duplicate.
        sources = by_table["minuteSleep"]
        yield ["sleep", "regularity", AUDIT, KEPT], sources, partial(_nights, sources)


def _minutes(source: Source, reduce: Reducer, hourly: bool, as_text: bool) -> list[pl.LazyFrame]:
    rows = scan(source, as_text=as_text).cache()  # else each frame reads the file and its times anew
    measure = next(tidy for tidy, *_ in source.table.columns.values())
    value = pl.col(measure)
    audit = rows.select(absent=implausible(source.table).sum(), negative=(value < 0).sum())
    time = pl.col("time")
    hours = rows.group_by("customer", date=time.dt.date(), hour=time.dt.hour()).agg(minutes=pl.len())
    return [reduce(rows.filter(value >= 0)), audit, *([hours] if hourly else [])]


def _nights(sources: Sequence[Source], as_text: bool) -> list[pl.LazyFrame]:
    rows = pl.concat([scan(source, as_text=as_text) for source in sources]).cache()
    states = pl.col("state").is_between(ASLEEP, AWAKE)
    counted = rows.filter(states).group_by("customer", "time", "state", "log").agg(times=pl.len())
    distinct, kept = counted.drop("times"), _kept_twice(counted).drop("times")
    audit = rows.select(
        absent=implausible(sources[0].table).sum(),
        negative=(~states).sum(),
        doubled=states.sum(),
    )
    nights = pl.concat([distinct, kept])
    return [sleep_days(nights), sleep_regularity(distinct), audit, kept.select(pl.len())]


def _kept_twice(counted: pl.LazyFrame) -> pl.LazyFrame:
    """Minutes of sleep repeated by the clock change alone."""
    hour = pl.col("time").dt.truncate("1h")
    twice = counted.filter(pl.col("times") > 1)
    logs = (
        twice.group_by("customer", "log")
        .agg(hours=hour.n_unique(), most=pl.col("times").max(), when=hour.first())
        .filter(pl.col("hours") == 1, pl.col("most") == 2, _may_be_set_back(pl.col("when")))
    )
    return twice.join(logs.select("customer", "log"), on=["customer", "log"], how="semi")


def _may_be_set_back(time: pl.Expr) -> pl.Expr:
    """Hours in which summer time ends, Saturday to Sunday night."""
    return (time.dt.weekday() == SUNDAY) & (time.dt.hour() <= LAST_SET_BACK)


def _set_back(hours: pl.DataFrame) -> pl.DataFrame:
    """Hours of 120 minutes, in which summer time may have ended."""
    minutes = pl.col("minutes")
    return hours.filter(
        minutes == 2 * HOUR,
        minutes.sum().over(KEYS) == LONGEST_DAY,
        _may_be_set_back(pl.col("date").cast(pl.Datetime).dt.offset_by(pl.format("{}h", "hour"))),
    )


def _check(part: str, sources: Sequence[Source], table: pl.DataFrame) -> None:
    if part == AUDIT and table["absent"].item():
        for source in sources:
            explain(source)
    if "date" in table.columns:
        check_period(sources, table)
    if part == HOURS:
        # Hours are published whole: more than 60 rows are the sign of doubled ones, cheap for any file size.
        doubled = table.filter(pl.col("minutes") > HOUR)
        doubled = doubled.join(_set_back(table), on=[*KEYS, "hour"], how="anti").sort(KEYS)
        if doubled.height:
            customer, day = doubled.select(KEYS).row(0)
            raise PersonaeError(
                f"{sources[0].path}: Id {customer} has a minute of {day} more than once; "
                "expected one row a minute"
            )
