"""Fitabase tables in the publisher's format, from simulated minutes."""

import gzip
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from personae.studies.fitbit.simulate_minutes import DAY, Person, Stretch

CLOCK = "%-m/%-d/%Y %-I:%M:%S %p"
COMPRESSED = ("minute", "hourly")
KG_IN_POUNDS = 2.20462262
KM_A_STEP = 0.0007


def folder(begin: date, end: date, tables: dict[str, pl.DataFrame], line_end: str) -> dict[str, bytes]:
    """Write tables as the publisher's files of one period."""
    span = "-".join(f"{day.month}.{day.day}.{day.year % 100}" for day in (begin, end))
    files = {}
    for name, table in tables.items():
        text = table.write_csv(line_terminator=line_end).encode()
        path = f"Fitabase_Data_{span}/{name}_merged.csv"
        if name.startswith(COMPRESSED):
            files[f"{path}.gz"] = gzip.compress(text, compresslevel=7, mtime=0)
        else:
            files[path] = text
    return files


def minute_tables(people: Sequence[Person], stretches: Sequence[Stretch]) -> dict[str, pl.DataFrame]:
    """Steps, intensity, METs (times 10) and calories of every minute."""
    sizes = [_minutes(stretch) for stretch in stretches]
    steps = np.concatenate(
        [stretch.steps.ravel()[:size] for stretch, size in zip(stretches, sizes, strict=True)]
    )
    ids = np.repeat([person.id for person in people], sizes)
    rates = np.repeat([_resting_rate(person) for person in people], sizes)
    clock = _clock(stretches[0].begin, max(sizes))
    times = pl.concat([clock.head(size) for size in sizes])
    mets = 10 + np.rint(0.62 * steps).astype(np.int64)
    base = pl.DataFrame({"Id": ids, "ActivityMinute": times})
    measures = {
        "minuteStepsNarrow": ("Steps", steps),
        "minuteIntensitiesNarrow": ("Intensity", _intensity(steps)),
        "minuteMETsNarrow": ("METs", mets),
        "minuteCaloriesNarrow": ("Calories", (rates * mets / 10).astype(np.float32).astype(float)),
    }
    return {name: base.with_columns(pl.Series(column, values)) for name, (column, values) in measures.items()}


def sleep_tables(people: Sequence[Person], stretches: Sequence[Stretch]) -> dict[str, pl.DataFrame]:
    """Minutes of sleep, one log a night, and their daily sums."""
    parts = []
    log = 11_380_000_000
    for person, stretch in zip(people, stretches, strict=True):
        for day, onset, states in stretch.sleep:
            log += 7_919
            midnight = datetime.combine(stretch.begin + timedelta(days=day), datetime.min.time())
            begin = midnight + timedelta(minutes=onset, seconds=30 * (log % 3 == 0))
            ends = begin + timedelta(minutes=len(states) - 1)
            times = pl.datetime_range(begin, ends, "1m", eager=True).alias("date")
            parts.append(pl.DataFrame({"Id": person.id, "date": times, "value": states, "logId": log}))
    minutes = pl.concat(parts, how="vertical_relaxed")
    ends_on = pl.col("date").max().over("logId").dt.date()
    days = (
        minutes.with_columns(day=ends_on)
        .group_by("Id", "day", maintain_order=True)
        .agg(
            TotalSleepRecords=pl.col("logId").n_unique(),
            TotalMinutesAsleep=(pl.col("value") == 1).sum(),
            TotalTimeInBed=pl.len(),
        )
    )
    midnight_text = pl.col("day").dt.strftime("%-m/%-d/%Y 12:00:00 AM")
    return {
        "minuteSleep": minutes.with_columns(pl.col("date").dt.strftime(CLOCK)),
        "sleepDay": days.select("Id", pl.exclude("Id", "day")).insert_column(
            1, days.select(SleepDay=midnight_text).to_series()
        ),
    }


def daily(people: Sequence[Person], stretches: Sequence[Stretch], rng: np.random.Generator) -> pl.DataFrame:
    """Daily sums, SedentaryMinutes without sleep, one in six edited by hand."""
    rows = []
    for person, stretch in zip(people, stretches, strict=True):
        in_bed = np.zeros(len(stretch.steps), dtype=np.int64)
        for day, onset, states in stretch.sleep:
            in_bed[min(day + (onset + len(states) - 1) // DAY, in_bed.size - 1)] += len(states)
        for day, steps in enumerate(stretch.steps):
            total = int(steps.sum())
            edited = total + (int(rng.integers(1, 200)) if total and rng.random() < 1 / 6 else 0)
            light, moderate, vigorous = (int((_intensity(steps) == level).sum()) for level in (1, 2, 3))
            active = light + moderate + vigorous
            recorded = stretch.cut if day == len(stretch.steps) - 1 else DAY
            off = (
                int(np.clip(in_bed[day] + rng.normal(0, 25), 1, recorded - active - 2)) if in_bed[day] else 0
            )
            km = edited * KM_A_STEP
            tracked = km * 0.97 if rng.random() < 0.02 else km
            logged = 1.9 if rng.random() < 0.03 else 0.0
            parts = [km * share / max(active, 1) for share in (vigorous, moderate, light)]
            calories = _resting_rate(person) * (recorded + 0.062 * total)
            when = stretch.begin + timedelta(days=day)
            distances = (km, tracked, logged, *parts, 0.0)
            minutes = (vigorous, moderate, light, recorded - active - off)
            moment = f"{when.month}/{when.day}/{when.year}"
            rows.append((person.id, moment, edited, *distances, *minutes, round(calories)))
    return pl.DataFrame(rows, schema=DAILY_COLUMNS, orient="row")


DAILY_COLUMNS = {
    "Id": pl.Int64,
    "ActivityDate": pl.String,
    "TotalSteps": pl.Int64,
    **dict.fromkeys(["TotalDistance", "TrackerDistance", "LoggedActivitiesDistance"], pl.Float64),
    **dict.fromkeys(["VeryActiveDistance", "ModeratelyActiveDistance"], pl.Float64),
    **dict.fromkeys(["LightActiveDistance", "SedentaryActiveDistance"], pl.Float64),
    **dict.fromkeys(["VeryActiveMinutes", "FairlyActiveMinutes", "LightlyActiveMinutes"], pl.Int64),
    **dict.fromkeys(["SedentaryMinutes", "Calories"], pl.Int64),
}


def hourly(people: Sequence[Person], stretches: Sequence[Stretch]) -> pl.DataFrame:
    """Sum the steps of hours."""
    parts = []
    for person, stretch in zip(people, stretches, strict=True):
        sums = stretch.steps.reshape(-1, 60).sum(axis=1)[: _minutes(stretch) // 60]
        begin = datetime.combine(stretch.begin, datetime.min.time())
        ends = begin + timedelta(hours=len(sums) - 1)
        hours = pl.datetime_range(begin, ends, "1h", eager=True).dt.strftime(CLOCK)
        parts.append(pl.DataFrame({"Id": person.id, "ActivityHour": hours, "StepTotal": sums}))
    return pl.concat(parts, how="vertical_relaxed")


def weights(people: Sequence[Person], begin: date, days: int, rng: np.random.Generator) -> pl.DataFrame:
    """Weighings: few people, most of them seldom, hardly ever with body fat."""
    rows = []
    for person in people:
        times = min(person.weighs, days)
        for day in sorted(rng.choice(days, size=times, replace=False).tolist()):
            moment = datetime.combine(begin + timedelta(days=day), datetime.min.time()) + timedelta(
                hours=23.9997
            )
            kg = float(np.float32(person.weight + rng.normal(0, 0.4)))
            fat = 22 if rng.random() < 0.05 else None
            bmi = kg / person.height**2
            rows.append(
                [person.id, moment, kg, kg * KG_IN_POUNDS, fat, bmi, "True", int(moment.timestamp() * 1000)]
            )
    names = ["Id", "Date", "WeightKg", "WeightPounds", "Fat", "BMI", "IsManualReport", "LogId"]
    types = [pl.Int64, pl.Datetime, pl.Float64, pl.Float64, pl.Int64, pl.Float64, pl.String, pl.Int64]
    table = pl.DataFrame(rows, schema=dict(zip(names, types, strict=True)), orient="row")
    return table.with_columns(pl.col("Date").dt.strftime(CLOCK))


def _minutes(stretch: Stretch) -> int:
    return stretch.steps.size - DAY + stretch.cut


def _clock(begin: date, minutes: int) -> pl.Series:
    first = datetime.combine(begin, datetime.min.time())
    return pl.datetime_range(first, first + timedelta(minutes=minutes - 1), "1m", eager=True).dt.strftime(
        CLOCK
    )


def _intensity(steps: np.ndarray) -> np.ndarray:
    levels: np.ndarray = np.digitize(steps, [1, 50, 80])
    return levels


def _resting_rate(person: Person) -> float:
    """Basal rate in kcal a minute, 22 kcal a day and kg."""
    return person.weight * 22 / DAY
