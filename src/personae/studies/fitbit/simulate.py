"""Simulated wearers: planted segments, anomalous days, published layout and quirks."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from personae.studies.fitbit.simulate_minutes import (
    ANOMALIES,
    Person,
    Stretch,
    draw_person,
    draw_stretch,
    end_at,
)
from personae.studies.fitbit.simulate_tables import (
    daily,
    folder,
    hourly,
    minute_tables,
    sleep_tables,
    weights,
)

BEGIN = date(2016, 4, 12)
EARLY_DAYS = 7
EXTRA_USERS = 2
CUT_EARLY, CUT_LATE = 9 * 60, 16 * 60


def simulate(users: int, days: int, seed: int) -> tuple[dict[str, bytes], pl.DataFrame, pl.DataFrame]:
    """Draw wearers and their days around 12 April 2016.

    Parameters
    ----------
    users
        At least 8; one in four never records sleep, one in three weighs themselves. Two more have days in the
        earlier period only. The first hours of 12 April are in both periods.
    days
        At least 7; every second wearer has fewer. The last day ends in the afternoon.
    seed
        Same seed, same bytes.

    Returns
    -------
    Files by path, minute tables compressed with gzip; the planted `segment` of each `customer`, an index into
    `SEGMENTS`; `customer`, `date` and `kind` of the planted unusual days.
    """
    *children, shared = np.random.SeedSequence(seed).spawn(users + EXTRA_USERS + 1)
    people, early, late = [], [], []
    for index, child in enumerate(children):
        rng = np.random.default_rng(child)
        person = draw_person(index, rng)
        people.append(person)
        stretch = draw_stretch(person, BEGIN - timedelta(days=EARLY_DAYS), EARLY_DAYS, rng, planted=False)
        if index < users:
            own = days if index % 2 else int(rng.integers(7, days + 1))
            late.append(end_at(draw_stretch(person, BEGIN, own, rng, planted=True), CUT_LATE))
            stretch = _with_morning(stretch, late[-1])
        early.append(stretch)
    rng = np.random.default_rng(shared)
    end = BEGIN + timedelta(days=days - 1)
    return (
        _early(people, early, rng) | _late(people[:users], late, end, rng),
        pl.DataFrame({"customer": [p.id for p in people], "segment": [p.segment for p in people]}),
        pl.concat(_planted(person, stretch) for person, stretch in zip(people, late, strict=False)),
    )


def _with_morning(stretch: Stretch, later: Stretch) -> Stretch:
    """Repeat the later period's first morning in the earlier one."""
    both = replace(
        stretch,
        steps=np.vstack([stretch.steps, later.steps[:1]]),
        worn=np.append(stretch.worn, later.worn[0]),
        kind=np.append(stretch.kind, -1),
    )
    return end_at(both, CUT_EARLY)


def _early(people: list[Person], stretches: list[Stretch], rng: np.random.Generator) -> dict[str, bytes]:
    """Daily, hourly and weight tables of the earlier period, spreadsheet-saved."""
    begin = BEGIN - timedelta(days=EARLY_DAYS)
    days = daily(people, [replace(stretch, sleep=()) for stretch in stretches], rng)
    padded = pl.col("ActivityDate").str.to_date("%m/%d/%Y").dt.strftime("%m/%d/%Y")
    odd = pl.Series(rng.random(days.height) < 0.4)
    tables = {
        "dailyActivity": days.with_columns(
            pl.when(odd).then(padded).otherwise("ActivityDate").alias("ActivityDate"),
            pl.col(pl.Float64).round_sig_figs(9),
        ),
        "hourlySteps": hourly(people, stretches),
        "weightLogInfo": weights(people, begin, EARLY_DAYS, rng),
    }
    return folder(begin, BEGIN - timedelta(days=1), tables, "\n")


def _late(
    people: list[Person], stretches: list[Stretch], end: date, rng: np.random.Generator
) -> dict[str, bytes]:
    """All tables of the later period, with doubled sleep rows."""
    sleep = sleep_tables(people, stretches)
    day_rows, minute_rows = sleep["sleepDay"], sleep["minuteSleep"]
    first_log = minute_rows["logId"][int(rng.integers(minute_rows.height))]
    tables = {
        "dailyActivity": daily(people, stretches, rng),
        "hourlySteps": hourly(people, stretches),
        "weightLogInfo": weights(people, BEGIN, (end - BEGIN).days + 1, rng),
        "sleepDay": pl.concat([day_rows, day_rows.sample(3, seed=int(rng.integers(1000)))]).sort("Id"),
        "minuteSleep": pl.concat([minute_rows, minute_rows.filter(pl.col("logId") == first_log)]),
        **minute_tables(people, stretches),
    }
    return folder(BEGIN, end, tables, "\r\n")


def _planted(person: Person, stretch: Stretch) -> pl.DataFrame:
    days = np.flatnonzero(stretch.kind >= 0)
    return pl.DataFrame(
        {
            "customer": [person.id] * days.size,
            "date": [stretch.begin + timedelta(days=int(day)) for day in days],
            "kind": [ANOMALIES[index] for index in stretch.kind[days]],
        },
        schema={"customer": pl.Int64, "date": pl.Date, "kind": pl.String},
    )
