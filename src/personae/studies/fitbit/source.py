"""Study fitbit: activity, sleep and weight tables of two periods."""

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from personae.core.errors import PersonaeError
from personae.core.settings import Frozen
from personae.core.tables import Prepared
from personae.features.describe import describe
from personae.features.minutes import hour_days
from personae.sources.contract import unended
from personae.sources.gathered import Gathered
from personae.studies.fitbit.exports import Source, find, has_rows
from personae.studies.fitbit.read import KEYS, TWICE, minute_days, read_whole
from personae.studies.fitbit.settings import FitbitPrepare

WHOLE = ["dailyActivity", "sleepDay", "weightLogInfo", "hourlySteps"]
HOURS = {"customer": pl.Int64, "date": pl.Date, "hour": pl.Int32, "steps": pl.Int64}
SLEEP = ["sleep_records", "minutes_asleep", "minutes_in_bed"]


def prepare(directory: Path, settings: FitbitPrepare) -> Prepared:
    """Read both periods, drop duplicates, reduce minutes to days and users.

    Parameters
    ----------
    directory
        Holds the publisher's folders, one a collection period; tables plain or compressed with gzip. Only
        the daily table must be there: features of a table that is not there, or has no row, are absent.
    settings
        The rules.

    Returns
    -------
    Prepared
        `customers`, one row a `customer`; `days`, one row a `customer` and `date` (`worn`; `measured`: in the
        minute tables); `hours`, the steps of every hour (`customer`, `date`, `hour`, `steps`). `unit` numbers
        the users.

    Raises
    ------
    PersonaeError
        If a file has an unknown name, is cut off, lacks a column or holds a value that does not fit.
    """
    files = find(directory)
    tables, repairs, rejected = _read(files, settings)
    days, unmeasured = _with_minutes(_days(tables, settings))
    not_worn = f"fewer than {settings.least_steps} steps: device not worn, left out of a user's means"
    repairs.append((not_worn, "worn", days.select((~pl.col("worn")).sum()).item()))
    hours = {"hours": tables["hours"]} if "hours" in tables else {}
    return Prepared(
        tables={"customers": _customers(days, tables), "days": days, **hours},
        duplicates={"rows": sum(rows for rule, _, rows in repairs if rule == TWICE)},
        repairs=[*repairs, *unended(*(each.path for sources in files.values() for each in sources))],
        rejected=rejected | {"user without a day in the minute tables": unmeasured},
        notes={
            "days": days.height,
            "first_date": str(days["date"].min()),
            "last_date": str(days["date"].max()),
            "files": {name: len(sources) for name, sources in files.items()},
            **_gaps(files),
        },
        learned=Preparation(settings=settings, columns=days.columns).model_dump(mode="json"),
    )


class Preparation(Frozen):
    """What it takes to describe a single user.

    Attributes
    ----------
    columns
        Of the days in training; those that a user has nothing of are empty.
    """

    settings: FitbitPrepare
    columns: list[str]

    @property
    def identifier(self) -> str:
        """Column that identifies a user."""
        return "Id"

    @property
    def answer(self) -> None:
        """No column: the kind of user in later weeks is the answer."""

    @property
    def as_of(self) -> None:
        """No day: users are described by the days that they have."""

    def raw(self, directory: Path) -> list[Path]:
        """Give the folder itself: its tables together hold users."""
        return [directory]

    def gather_folder(self, directory: Path, as_of: datetime.date | None = None) -> Gathered:
        """Read the days and hours of a folder's users; days after `as_of` do not count.

        Raises
        ------
        PersonaeError
            If a table does not fit.
        """
        tables, _, _ = _read(find(directory), self.settings)
        joined = _days(tables, self.settings)
        days, _ = _with_minutes(joined)
        absent = [pl.lit(None, pl.Float64).alias(name) for name in self.columns if name not in days.columns]
        days = days.with_columns(absent)
        hours = tables.get("hours", pl.DataFrame(schema=HOURS))
        if as_of is not None:
            days, hours = (each.filter(pl.col("date") <= as_of) for each in (days, hours))
        gone = joined.select("customer").unique().join(days, on="customer", how="anti")["customer"]
        problems = dict.fromkeys(map(str, gone.sort()), "no day in the minute tables")
        return {"days": days, "hours": hours}, problems


def _read(
    files: Mapping[str, Sequence[Source]], settings: FitbitPrepare
) -> tuple[dict[str, pl.DataFrame], list[tuple[str, str, int]], dict[str, int]]:
    """Read all tables that have rows, minutes reduced to days."""
    tables, repairs, rejected = minute_days(files, settings.wear_gap)
    for name in reversed([name for name in WHOLE if name in files]):
        table, own_repairs, own_rejected = read_whole(files[name])
        tables = {name: table} | tables
        repairs, rejected = [*own_repairs, *repairs], own_rejected | rejected
    if "hourlySteps" in tables:
        hour = pl.col("time").dt.hour().cast(pl.Int32)
        tables["hours"] = tables["hourlySteps"].select(*KEYS, hour=hour, steps="steps")
    tables = {name: table for name, table in tables.items() if not table.is_empty()}
    if "dailyActivity" not in tables:
        raise PersonaeError(f"{files['dailyActivity'][0].path}: a header and no rows")
    return tables, repairs, rejected


def _gaps(found: Mapping[str, Sequence[Source]]) -> dict[str, str]:
    """Tables of one folder that are absent or incomplete in another."""
    filled = {
        name: {source.path.parent.name for source in sources if has_rows(source)}
        for name, sources in found.items()
    }
    folders = sorted(set().union(*filled.values()))
    gaps = [f"{name} in {folder}" for folder in folders for name in filled if folder not in filled[name]]
    return {"remark": f"no row of {', '.join(gaps)}"} if gaps else {}


def _days(tables: Mapping[str, pl.DataFrame], settings: FitbitPrepare) -> pl.DataFrame:
    """Join all that is known of a user-day to the daily table."""
    first = pl.col("date").min().over("customer")
    days = tables["dailyActivity"].with_columns(
        day=(pl.col("date") - first).dt.total_days(), worn=pl.col("steps") >= settings.least_steps
    )
    names = ("steps", "activity", "mets", "calories", "heart")
    joined = [tables[name] for name in names if name in tables] + _sleep(tables)
    if "hours" in tables:
        joined.append(hour_days(tables["hours"]))
    if "weightLogInfo" in tables:
        body = tables["weightLogInfo"].group_by(KEYS).agg(pl.col("weight_kg", "bmi", "fat").mean())
        joined.append(body)
    for table in joined:
        days = days.join(table.drop("period", "time", strict=False), on=KEYS, how="left")
    return days.drop("time").sort(KEYS)


def _with_minutes(days: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Drop users without minutes; number the others, mark measured days."""
    known = "minutes_recorded" in days.columns
    days = days.with_columns(
        measured=pl.col("minutes_recorded").is_not_null() if known else pl.lit(value=False)
    )
    kept = days.filter(pl.col("measured").any().over("customer")) if known else days
    unit = pl.col("customer").rank("dense").cast(pl.Int64) - 1
    return kept.with_columns(unit=unit), days.height - kept.height


def _sleep(tables: Mapping[str, pl.DataFrame]) -> list[pl.DataFrame]:
    """Take sleep from the daily table first, else from minutes."""
    given = [
        tables[name].drop("time", "period", strict=False) for name in ("sleepDay", "sleep") if name in tables
    ]
    if len(given) < 2:
        return given
    both = given[0].join(given[1], on=KEYS, how="full", coalesce=True, suffix="_minutes")
    sums = [pl.coalesce(name, f"{name}_minutes").alias(name) for name in SLEEP]
    return [both.with_columns(sums).drop([f"{name}_minutes" for name in SLEEP])]


def _customers(days: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Describe users, with a flag for each measure never given."""
    users = describe(days, tables.get("hours"))
    if "regularity" in tables:
        users = users.join(tables["regularity"], on="customer", how="left")
    flags = {"has_sleep": "mean_minutes_asleep", "has_weight": "weight_kg", "has_fat": "fat"}
    present = {flag: pl.col(name).is_not_null() for flag, name in flags.items() if name in users.columns}
    return users.with_columns(**present).sort("customer")
