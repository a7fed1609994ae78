"""The Fitabase export as published: which tables there are, their six time columns, and lazy reading."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from personae.core.errors import PersonaeError

DATE = "%m/%d/%Y"
CLOCK = "%m/%d/%Y %I:%M:%S %p"
PERIOD = re.compile(r"(\d+)\.(\d+)\.(\d+)-(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Table:
    """One published table: its name, its time column, and published to tidy names of the columns read."""

    name: str
    time: str
    columns: Mapping[str, str]
    clock: bool = True
    whole: bool = True
    also: Mapping[str, pl.DataType] = field(default_factory=dict)

    @property
    def format(self) -> str:
        """Format of the time column, US month first."""
        return CLOCK if self.clock else DATE

    @property
    def types(self) -> dict[str, pl.DataType]:
        """Types of the published columns."""
        measure = pl.Int64() if self.whole else pl.Float64()
        measures = {name: self.also.get(name, measure) for name in self.columns}
        return {"Id": pl.Int64(), self.time: pl.String(), **measures}


DAILY = {
    "TotalSteps": "steps",
    "TotalDistance": "distance",
    "TrackerDistance": "tracker_distance",
    "LoggedActivitiesDistance": "logged_distance",
    "VeryActiveMinutes": "very_active_minutes",
    "FairlyActiveMinutes": "fairly_active_minutes",
    "LightlyActiveMinutes": "lightly_active_minutes",
    "SedentaryMinutes": "sedentary_minutes",
    "Calories": "calories",
}
SLEEP = {
    "TotalSleepRecords": "sleep_records",
    "TotalMinutesAsleep": "minutes_asleep",
    "TotalTimeInBed": "minutes_in_bed",
}
WEIGHT = {"WeightKg": "weight_kg", "BMI": "bmi", "Fat": "fat", "IsManualReport": "manual", "LogId": "log"}
TABLES = {
    table.name: table
    for table in (
        Table(
            "dailyActivity",
            "ActivityDate",
            DAILY,
            clock=False,
            also={name: pl.Float64() for name in DAILY if name.endswith("Distance")},
        ),
        Table("sleepDay", "SleepDay", SLEEP),
        Table(
            "weightLogInfo",
            "Date",
            WEIGHT,
            whole=False,
            also={"IsManualReport": pl.String(), "LogId": pl.Int64()},
        ),
        Table("hourlySteps", "ActivityHour", {"StepTotal": "steps"}),
        Table("minuteStepsNarrow", "ActivityMinute", {"Steps": "steps"}),
        Table("minuteIntensitiesNarrow", "ActivityMinute", {"Intensity": "intensity"}),
        Table("minuteMETsNarrow", "ActivityMinute", {"METs": "mets"}),
        Table("minuteCaloriesNarrow", "ActivityMinute", {"Calories": "calories"}, whole=False),
        Table("minuteSleep", "date", {"value": "state", "logId": "log"}),
        Table("heartrate_seconds", "Time", {"Value": "heart_rate"}),
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
    """One file: its table, its path, and the first and last date that its folder's name states."""

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
    found: dict[str, list[Source]] = {}
    for path in sorted([*directory.rglob("*.csv"), *directory.rglob("*.csv.gz")]):
        name = path.name.split(".")[0].removesuffix("_merged")
        if name in REDUNDANT:
            continue
        if name not in TABLES:
            raise PersonaeError(
                f"{path}: no table of this study; expected one of {', '.join(sorted(TABLES))}"
            )
        found.setdefault(name, []).append(Source(TABLES[name], path, _period(path.parent.name)))
    if "dailyActivity" not in found:
        raise PersonaeError(
            f"{directory}: no dailyActivity_merged.csv; "
            "`dvc pull data.dvc` or `personae data import DIR` brings it"
        )
    for name, sources in found.items():
        sources.sort(key=lambda source: source.period or (date.min, date.min))
        periods = [source.period for source in sources]
        if len(set(periods)) < len(periods):
            raise PersonaeError(
                f"{sources[-1].path}: a second {name} of the same period; expected one file a period"
            )
    return found


def _period(folder: str) -> tuple[date, date] | None:
    match = PERIOD.search(folder)
    if match is None:
        return None
    numbers = [int(number) for number in match.groups()]
    begin, end = (date(2000 + year, month, day) for month, day, year in (numbers[:3], numbers[3:]))
    return begin, end


def scan(source: Source) -> pl.LazyFrame:
    """Read a file lazily: `customer`, `time` (milliseconds; a date in the daily table) and the measures.

    Raises
    ------
    PersonaeError
        If the file is empty or lacks a column. Wrong values show in `collect`.
    """
    table, path = source.table, source.path
    try:
        header = pl.scan_csv(path, infer_schema=False).collect_schema().names()
    except pl.exceptions.NoDataError:
        raise PersonaeError(f"{path}: the file is empty; expected a header line") from None
    except (pl.exceptions.PolarsError, OSError) as error:
        raise PersonaeError(f"{path}: cannot be read ({str(error).splitlines()[0]})") from None
    absent = [name for name in table.types if name not in header]
    if absent:
        raise PersonaeError(f"{path}: column {absent[0]} is missing; it has {', '.join(header)}")
    rows = pl.scan_csv(path, schema_overrides=table.types, infer_schema=False)
    return rows.select(
        customer=pl.col("Id"),
        time=pl.col(table.time).str.to_datetime(table.format, time_unit="ms"),
        **{tidy: pl.col(published) for published, tidy in table.columns.items()},
    )


def check_period(sources: Sequence[Source], rows: pl.DataFrame) -> None:
    """Hold dates against the periods in the names of the folders, a day more on both sides.

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
    """Raise for the first value of a file that does not fit; return if there is none."""
    types, path = source.table.types, source.path
    text = pl.scan_csv(path, infer_schema=False, row_index_name="row", truncate_ragged_lines=True)
    for name, dtype in types.items():
        given = pl.col(name)
        is_time = name == source.table.time
        values = (
            given.str.to_datetime(source.table.format, strict=False)
            if is_time
            else given.cast(dtype, strict=False)
        )
        wrong = values.is_null()
        if name in OPTIONAL_VALUES:
            wrong &= given.is_not_null()
        try:
            first = text.filter(wrong).select("row", name).head(1).collect(engine="streaming")
        except (pl.exceptions.PolarsError, OSError) as error:
            raise PersonaeError(
                f"{path}: cut off or damaged, cannot be read to its end ({str(error).splitlines()[0]})"
            ) from None
        if first.height:
            row, value = first.row(0)
            raise PersonaeError(_wrong(path, name, row + 2, value, source.table, is_time=is_time))


def _wrong(path: Path, column: str, line: int, value: str | None, table: Table, *, is_time: bool) -> str:
    if value is None:
        return f"{path}: column {column} is empty in row {line}; is the file cut off?"
    if is_time:
        example = "4/12/2016 1:00:00 AM" if table.clock else "4/12/2016"
        expected = f"month/day/year such as {example}"
    else:
        expected = "a whole number" if table.types[column].is_integer() else "a number"
    return f"{path}: column {column} holds {value!r} in row {line}; expected {expected}"
