"""Read the Fitabase tables: small ones whole, minute tables reduced to user-days while they stream by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import polars as pl

from personae.core.errors import PersonaeError
from personae.core.tables import Rejected, Repair
from personae.features.activity import activity_days
from personae.features.minutes import calorie_days, heart_days, hourly_steps, met_days, step_days
from personae.features.sleep import ASLEEP, AWAKE, sleep_days, sleep_regularity
from personae.studies.fitbit.exports import Source, check_period, collect, explain, scan

KEYS = ["customer", "date"]
AUDIT = "audit"
TWICE = "exact duplicate: dropped"
TWO_PERIODS = "user-day in two periods: the later file kept"
Reducer = Callable[[pl.LazyFrame], pl.LazyFrame]


@dataclass(frozen=True, slots=True)
class Read:
    """A table, and what was repaired or left out."""

    table: pl.DataFrame
    repairs: Sequence[Repair] = ()
    rejected: Sequence[Rejected] = ()


def read_whole(sources: Sequence[Source]) -> Read:
    """Read one table of all periods into memory.

    Rows with a negative measure are rejected, exact duplicates dropped; of a user-day that is in two periods
    the later file is kept, for the earlier one ends within the day.

    Raises
    ------
    PersonaeError
        If a value does not fit.
    """
    name = sources[0].table.name
    periods = []
    negative = 0
    for source in sources:
        rows = collect([scan(source)], [source])[0].with_columns(date=pl.col("time").dt.date())
        if rows.select(pl.exclude("fat").is_null().any()).row(0).count(True):
            explain(source)
        check_period([source], rows)
        measures = [column for column, dtype in rows.schema.items() if dtype.is_numeric()]
        good = rows.filter(pl.all_horizontal(pl.col(column).fill_null(0) >= 0 for column in measures))
        negative += rows.height - good.height
        periods.append(good)
    distinct = [rows.unique(maintain_order=True) for rows in periods]
    table, replaced = latest(distinct)
    doubled = sum(rows.height for rows in periods) - sum(rows.height for rows in distinct)
    return Read(
        table,
        [Repair(TWICE, name, doubled), Repair(TWO_PERIODS, name, replaced)],
        [Rejected(f"{name}: a negative value", negative)],
    )


def latest(periods: Sequence[pl.DataFrame]) -> tuple[pl.DataFrame, int]:
    """Put periods together; of a user-day in several keep the last. Also count the rows left out.

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


def minute_days(found: Mapping[str, Sequence[Source]], wear_gap: int) -> dict[str, Read]:
    """Reduce all minute tables to user-days (`steps`, `activity`, `mets`, `calories`, `heart`, `sleep`).

    Also gives `hours` (steps) and `regularity` (of sleep, one row a customer). One file streams by at a time;
    memory grows with the number of user-days and of active minutes.

    Parameters
    ----------
    found
        Files by table name; the parts of a table that is not there are left out.
    wear_gap
        See `personae.features.activity.activity_days`.

    Raises
    ------
    PersonaeError
        If a value does not fit, or a minute is there twice.
    """
    reducers = _reducers(wear_gap)
    files = [_jobs(source, reducers[name]) for name in reducers for source in found.get(name, ())]
    if "minuteSleep" in found:
        files.append(_sleep_jobs(found["minuteSleep"]))
    results = []
    for jobs in files:
        tables = collect([job.frame for job in jobs], jobs[0].sources)
        results += list(zip(jobs, tables, strict=True))
    for job, table in results:
        _check(job, table)
    parts = dict.fromkeys(job.part for job, _ in results if job.part != AUDIT)
    read = {part: _part(part, results) for part in parts}
    if "hours" in read:
        hours = read["hours"]
        read["steps"] = replace(hours, table=step_days(hours.table))
        read["hours"] = Read(hours.table.select(*KEYS, "hour", "steps"))
    return read


@dataclass(frozen=True, slots=True)
class _Job:
    part: str
    sources: Sequence[Source]
    frame: pl.LazyFrame


def _reducers(wear_gap: int) -> dict[str, dict[str, Reducer]]:
    return {
        "minuteStepsNarrow": {"hours": hourly_steps},
        "minuteIntensitiesNarrow": {"activity": partial(activity_days, wear_gap=wear_gap)},
        "minuteMETsNarrow": {"mets": lambda minutes: met_days(minutes.with_columns(pl.col("mets") / 10))},
        "minuteCaloriesNarrow": {"calories": calorie_days},
        "heartrate_seconds": {"heart": heart_days},
    }


def _jobs(source: Source, reducers: Mapping[str, Reducer]) -> list[_Job]:
    rows = scan(source)
    (measure,) = source.table.columns.values()
    value = pl.col(measure)
    audit = rows.select(absent=value.is_null().sum(), negative=(value < 0).sum())
    clean = rows.filter(value >= 0)
    return [
        *(_Job(part, [source], reduce(clean)) for part, reduce in reducers.items()),
        _Job(AUDIT, [source], audit),
    ]


def _sleep_jobs(sources: Sequence[Source]) -> list[_Job]:
    """Sleep logs are whole nights: two periods are one table, and a night in both is a duplicate."""
    rows = pl.concat([scan(source) for source in sources])
    states = pl.col("state").is_between(ASLEEP, AWAKE)
    distinct = rows.filter(states).unique()
    audit = rows.select(
        absent=pl.any_horizontal(pl.col("state", "log").is_null()).sum(),
        negative=(~states).sum(),
        doubled=states.sum(),
    )
    frames = {"sleep": sleep_days(distinct), "regularity": sleep_regularity(distinct), AUDIT: audit}
    return [_Job(part, sources, frame) for part, frame in frames.items()]


def _check(job: _Job, table: pl.DataFrame) -> None:
    if job.part == AUDIT and table["absent"].item():
        for source in job.sources:
            explain(source)
    if "date" in table.columns:
        check_period(job.sources, table)
    if job.part == "hours":
        # Hours are published whole: more than 60 rows are the sign of doubled ones, cheap for any file size.
        doubled = table.filter(pl.col("minutes") > 60).sort(KEYS)
        if doubled.height:
            customer, day = doubled.select(KEYS).row(0)
            raise PersonaeError(
                f"{job.sources[0].path}: Id {customer} has a minute of {day} more than once; "
                "expected one row a minute"
            )


def _part(part: str, results: Sequence[tuple[_Job, pl.DataFrame]]) -> Read:
    mine = [(job.sources[0], table) for job, table in results if job.part == part]
    audits = {job.sources[0].path: table for job, table in results if job.part == AUDIT}
    name = mine[0][0].table.name
    if part == "regularity":
        return Read(mine[0][1])
    table, replaced = latest([table for _, table in mine])
    table = table.drop("period").sort(*KEYS, *(["hour"] if part == "hours" else []))
    seen = [audits[source.path].row(0, named=True) for source, _ in mine]
    doubled = (
        sum(audit.get("doubled", 0) for audit in seen) - table["minutes_in_bed"].sum()
        if part == "sleep"
        else 0
    )
    return Read(
        table,
        [Repair(TWICE, name, doubled), Repair(TWO_PERIODS, name, replaced)],
        [Rejected(f"{name}: a negative or unknown value", sum(audit["negative"] for audit in seen))],
    )
