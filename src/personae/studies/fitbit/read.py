"""Read the Fitabase tables; minute tables are streamed to user-days."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import polars as pl

from personae.core.errors import PersonaeError
from personae.features.activity import activity_days
from personae.features.minutes import calorie_days, heart_days, hourly_steps, met_days, step_days
from personae.features.sleep import ASLEEP, AWAKE, sleep_days, sleep_regularity
from personae.studies.fitbit.exports import Source, check_period, collect, explain, scan

KEYS = ["customer", "date"]
AUDIT = "audit"
TWICE = "exact duplicate: dropped"
TWO_PERIODS = "user-day in two periods: the later file kept"
Reducer = Callable[[pl.LazyFrame], pl.LazyFrame]
Repairs = list[tuple[str, str, int]]
# What a table is reduced to, the files that it comes from, and how: lazily, all parts of a file at once.
Job = tuple[str, Sequence[Source], pl.LazyFrame]


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
    repairs = [(TWICE, name, doubled), (TWO_PERIODS, name, replaced)]
    return table, repairs, {f"{name}: a negative value": negative}


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
    for jobs in _jobs(by_table, wear_gap):
        frames = collect([frame for _, _, frame in jobs], jobs[0][1])
        for (part, sources, _), table in zip(jobs, frames, strict=True):
            _check(part, sources, table)
            results.append((part, sources[0], table))
    tables: dict[str, pl.DataFrame] = {}
    repairs: Repairs = []
    rejected: dict[str, int] = {}
    for part in dict.fromkeys(part for part, _, _ in results if part != AUDIT):
        files = [source for name, source, _ in results if name == part]
        frames = [table for name, _, table in results if name == part]
        if part == "regularity":
            tables[part] = frames[0]
            continue
        table, replaced = latest(frames)
        tables[part] = table.drop("period")
        name = files[0].table.name
        seen = pl.concat(table for kind, source, table in results if kind == AUDIT and source in files)
        audit = seen.sum().row(0, named=True)
        doubled = audit["doubled"] - table["minutes_in_bed"].sum() if part == "sleep" else 0
        repairs += [(TWICE, name, doubled), (TWO_PERIODS, name, replaced)]
        rejected[f"{name}: a negative or unknown value"] = audit["negative"]
    if "hours" in tables:
        tables["steps"] = step_days(tables["hours"]).sort(KEYS)
        tables["hours"] = tables["hours"].select(*KEYS, "hour", "steps").sort(*KEYS, "hour")
    return tables, repairs, rejected


def _jobs(by_table: Mapping[str, Sequence[Source]], wear_gap: int) -> Iterator[list[Job]]:
    """Give the jobs of one file after the other, its audit last."""
    reducers: dict[str, tuple[str, Reducer]] = {
        "minuteStepsNarrow": ("hours", hourly_steps),
        "minuteIntensitiesNarrow": ("activity", partial(activity_days, wear_gap=wear_gap)),
        "minuteMETsNarrow": ("mets", lambda minutes: met_days(minutes.with_columns(pl.col("mets") / 10))),
        "minuteCaloriesNarrow": ("calories", calorie_days),
        "heartrate_seconds": ("heart", heart_days),
    }
    for name, (part, reduce) in reducers.items():
        for source in by_table.get(name, ()):
            rows = scan(source)
            ((measure, _),) = source.table.columns.values()
            value = pl.col(measure)
            audit = rows.select(absent=value.is_null().sum(), negative=(value < 0).sum())
            yield [(part, [source], reduce(rows.filter(value >= 0))), (AUDIT, [source], audit)]
    if "minuteSleep" in by_table:
        # Sleep logs are whole nights: two periods are one table, and a night in both is a duplicate.
        sources = by_table["minuteSleep"]
        rows = pl.concat([scan(source) for source in sources])
        states = pl.col("state").is_between(ASLEEP, AWAKE)
        distinct = rows.filter(states).unique()
        audit = rows.select(
            absent=pl.any_horizontal(pl.col("state", "log").is_null()).sum(),
            negative=(~states).sum(),
            doubled=states.sum(),
        )
        frames = {"sleep": sleep_days(distinct), "regularity": sleep_regularity(distinct), AUDIT: audit}
        yield [(part, sources, frame) for part, frame in frames.items()]


def _check(part: str, sources: Sequence[Source], table: pl.DataFrame) -> None:
    if part == AUDIT and table["absent"].item():
        for source in sources:
            explain(source)
    if "date" in table.columns:
        check_period(sources, table)
    if part == "hours":
        # Hours are published whole: more than 60 rows are the sign of doubled ones, cheap for any file size.
        doubled = table.filter(pl.col("minutes") > 60).sort(KEYS)
        if doubled.height:
            customer, day = doubled.select(KEYS).row(0)
            raise PersonaeError(
                f"{sources[0].path}: Id {customer} has a minute of {day} more than once; "
                "expected one row a minute"
            )
