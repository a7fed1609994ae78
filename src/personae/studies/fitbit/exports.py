"""The published Fitabase export: tables, time columns, lazy reading."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from personae.core.errors import PersonaeError
from personae.sources.contract import check_columns

DATE, CLOCK = "%m/%d/%Y", "%m/%d/%Y %I:%M:%S %p"
PERIOD = re.compile(r"(\d+)\.(\d+)\.(\d+)-(\d+)\.(\d+)\.(\d+)")
WHOLE, DECIMAL, TEXT = pl.Int64(), pl.Float64(), pl.String()


@dataclass(frozen=True, slots=True)
class Table:
    """One published table: name, time column, names and types of columns."""

    name: str
    time: str
    columns: Mapping[str, tuple[str, pl.DataType]]
    pattern: str = CLOCK

    @property
    def types(self) -> dict[str, pl.DataType]:
        """Types of the published columns."""
        return {"Id": WHOLE, self.time: TEXT, **{name: dtype for name, (_, dtype) in self.columns.items()}}


DAILY = {
    "TotalSteps": ("steps", WHOLE),
    "TotalDistance": ("distance", DECIMAL),
    "TrackerDistance": ("tracker_distance", DECIMAL),
    "LoggedActivitiesDistance": ("logged_distance", DECIMAL),
    "VeryActiveMinutes": ("very_active_minutes", WHOLE),
    "FairlyActiveMinutes": ("fairly_active_minutes", WHOLE),
    "LightlyActiveMinutes": ("lightly_active_minutes", WHOLE),
    "SedentaryMinutes": ("sedentary_minutes", WHOLE),
    "Calories": ("calories", WHOLE),
}
SLEEP = {
    "TotalSleepRecords": ("sleep_records", WHOLE),
    "TotalMinutesAsleep": ("minutes_asleep", WHOLE),
    "TotalTimeInBed": ("minutes_in_bed", WHOLE),
}
WEIGHT = {
    "WeightKg": ("weight_kg", DECIMAL),
    "BMI": ("bmi", DECIMAL),
    "Fat": ("fat", DECIMAL),
    "IsManualReport": ("manual", TEXT),
    "LogId": ("log", WHOLE),
}
TABLES = {
    table.name: table
    for table in (
        Table("dailyActivity", "ActivityDate", DAILY, DATE),
        Table("sleepDay", "SleepDay", SLEEP),
        Table("weightLogInfo", "Date", WEIGHT),
        Table("hourlySteps", "ActivityHour", {"StepTotal": ("steps", WHOLE)}),
        Table("minuteStepsNarrow", "ActivityMinute", {"Steps": ("steps", WHOLE)}),
        Table("minuteIntensitiesNarrow", "ActivityMinute", {"Intensity": ("intensity", WHOLE)}),
        Table("minuteMETsNarrow", "ActivityMinute", {"METs": ("mets", WHOLE)}),
        Table("minuteCaloriesNarrow", "ActivityMinute", {"Calories": ("calories", DECIMAL)}),
        Table("minuteSleep", "date", {"value": ("state", WHOLE), "logId": ("log", WHOLE)}),
        Table("heartrate_seconds", "Time", {"Value": ("heart_rate", WHOLE)}),
    )
}
# Published beside the others and held in them already.
REDUNDANT = {
    *("dailyCalories", "dailyIntensities", "dailySteps", "hourlyCalories", "hourlyIntensities"),
    *("minuteCaloriesWide", "minuteIntensitiesWide", "minuteStepsWide"),
}
OPTIONAL_VALUES = {"Fat"}


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its table, path, and period by its folder's name."""

    table: Table
    path: Path
    period: tuple[date, date] | None


def find(directory: Path) -> dict[str, list[Source]]:
    """Find the published tables below a directory, the earlier period first.

    Raises
    ------
    PersonaeError
        If there is no daily table, or a CSV file whose name is none of the publisher's.
    """
    tables: dict[str, list[Source]] = {}
    for path in sorted([*directory.rglob("*.csv"), *directory.rglob("*.csv.gz")]):
        name = path.name.split(".")[0].removesuffix("_merged")
        if name in REDUNDANT:
            continue
        if name not in TABLES:
            raise PersonaeError(
                f"{path}: no table of this study; expected one of {', '.join(sorted(TABLES))}"
            )
        tables.setdefault(name, []).append(Source(TABLES[name], path, _period(path.parent.name)))
    if "dailyActivity" not in tables:
        raise PersonaeError(
            f"{directory}: no dailyActivity_merged.csv; "
            "`dvc pull data.dvc` or `personae data import DIR` brings it"
        )
    for name, sources in tables.items():
        sources.sort(key=lambda source: source.period or (date.min, date.min))
        periods = [source.period for source in sources]
        if len(set(periods)) < len(periods):
            raise PersonaeError(
                f"{sources[-1].path}: a second {name} of the same period; expected one file a period"
            )
    return tables


def _period(folder: str) -> tuple[date, date] | None:
    match = PERIOD.search(folder)
    if match is None:
        return None
    numbers = [int(number) for number in match.groups()]
    begin, end = (date(2000 + year, month, day) for month, day, year in (numbers[:3], numbers[3:]))
    return begin, end


def scan(source: Source) -> pl.LazyFrame:
    """Read a file lazily: `customer`, `time` in milliseconds, measures.

    Raises
    ------
    PersonaeError
        If the file is empty or lacks a column. Wrong values show in `collect`.
    """
    table, path = source.table, source.path
    try:
        header = pl.scan_csv(path, infer_schema=False)
        header.collect_schema()
    except pl.exceptions.NoDataError:
        raise PersonaeError(f"{path}: the file is empty; expected a header line") from None
    except (pl.exceptions.PolarsError, OSError) as error:
        raise PersonaeError(f"{path}: cannot be read ({str(error).splitlines()[0]})") from None
    check_columns(path, header, list(table.types))
    rows = pl.scan_csv(path, schema_overrides=table.types, infer_schema=False)
    return rows.select(
        customer=pl.col("Id"),
        time=pl.col(table.time).str.to_datetime(table.pattern, time_unit="ms"),
        **{tidy: pl.col(published) for published, (tidy, _) in table.columns.items()},
    )


def check_period(sources: Sequence[Source], rows: pl.DataFrame) -> None:
    """Check dates against the folder's period, one day more each side.

    Raises
    ------
    PersonaeError
        If a date lies outside: such as with days written before months.
    """
    periods = [source.period for source in sources if source.period]
    if len(periods) < len(sources) or rows.is_empty():
        return
    begin, end = min(period[0] for period in periods), max(period[1] for period in periods)
    day = timedelta(days=1)
    outside = rows.filter(~pl.col("date").is_between(begin - day, end + day))
    if outside.height:
        raise PersonaeError(
            f"{sources[-1].path}: column {sources[-1].table.time} holds {outside['date'][0]}, outside the "
            f"period of {sources[-1].path.parent.name}; expected month/day/year in that period"
        )


def collect(frames: Iterable[pl.LazyFrame], sources: Iterable[Source]) -> list[pl.DataFrame]:
    """Run lazy frames together in the streaming engine.

    Raises
    ------
    PersonaeError
        With file, column, value and row of the first value in `sources` that does not fit.
    """
    try:
        return pl.collect_all(frames, engine="streaming")
    except (pl.exceptions.PolarsError, OSError) as error:
        for source in sources:
            explain(source)
        raise PersonaeError(f"cannot read the tables: {str(error).splitlines()[0]}") from None


def explain(source: Source) -> None:
    """Raise for the first value of a file that does not fit."""
    table, path = source.table, source.path
    text = pl.scan_csv(path, infer_schema=False, row_index_name="row", truncate_ragged_lines=True)
    for name, dtype in table.types.items():
        given = pl.col(name)
        if name == table.time:
            values = given.str.to_datetime(table.pattern, strict=False)
            example = "4/12/2016 1:00:00 AM" if table.pattern == CLOCK else "4/12/2016"
            expected = f"month/day/year such as {example}"
        else:
            values = given.cast(dtype, strict=False)
            expected = "a whole number" if dtype.is_integer() else "a number"
        wrong = values.is_null() & given.is_not_null() if name in OPTIONAL_VALUES else values.is_null()
        try:
            first = text.filter(wrong).select("row", name).head(1).collect(engine="streaming")
        except (pl.exceptions.PolarsError, OSError) as error:
            raise PersonaeError(
                f"{path}: cut off or damaged, cannot be read to its end ({str(error).splitlines()[0]})"
            ) from None
        if first.height:
            row, value = first.row(0)
            if value is None:
                raise PersonaeError(f"{path}: column {name} is empty in row {row + 2}; is the file cut off?")
            raise PersonaeError(
                f"{path}: column {name} holds {value!r} in row {row + 2}; expected {expected}"
            )
