"""The published Fitabase export: tables, time columns, lazy reading."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from personae.core.errors import PersonaeError
from personae.sources.contract import check_columns
from personae.sources.values import MISSING_WORDS, YEARS, plain_number

DATE, CLOCK = "%m/%d/%Y", "%m/%d/%Y %I:%M:%S %p"
PERIOD = re.compile(r"(\d+)\.(\d+)\.(\d+)-(\d+)\.(\d+)\.(\d+)")
WHOLE, DECIMAL, TEXT = pl.Int64(), pl.Float64(), pl.String()


@dataclass(frozen=True, slots=True)
class Table:
    """One published table: name, time column; names, types, limits of columns.

    Attributes
    ----------
    columns
        By published name; what is above the limit is no measurement.
    key
        Tidy columns of which no two rows may have the same values.
    """

    name: str
    time: str
    columns: Mapping[str, tuple[str, pl.DataType, float]]
    pattern: str = CLOCK
    key: tuple[str, ...] = ("customer", "time")

    @property
    def types(self) -> dict[str, pl.DataType]:
        """Types of the published columns."""
        return {"Id": WHOLE, self.time: TEXT, **{name: dtype for name, (_, dtype, _) in self.columns.items()}}


# A day has 1,500 minutes where clocks are set back.
LONGEST_DAY = 1500
DAILY = {
    "TotalSteps": ("steps", WHOLE, 300_000),
    "TotalDistance": ("distance", DECIMAL, 500),
    "TrackerDistance": ("tracker_distance", DECIMAL, 500),
    "LoggedActivitiesDistance": ("logged_distance", DECIMAL, 500),
    "VeryActiveMinutes": ("very_active_minutes", WHOLE, LONGEST_DAY),
    "FairlyActiveMinutes": ("fairly_active_minutes", WHOLE, LONGEST_DAY),
    "LightlyActiveMinutes": ("lightly_active_minutes", WHOLE, LONGEST_DAY),
    "SedentaryMinutes": ("sedentary_minutes", WHOLE, LONGEST_DAY),
    "Calories": ("calories", WHOLE, 50_000),
}
SLEEP = {
    "TotalSleepRecords": ("sleep_records", WHOLE, 100),
    "TotalMinutesAsleep": ("minutes_asleep", WHOLE, LONGEST_DAY),
    "TotalTimeInBed": ("minutes_in_bed", WHOLE, LONGEST_DAY),
}
WEIGHT = {
    "WeightKg": ("weight_kg", DECIMAL, 700),
    "BMI": ("bmi", DECIMAL, 300),
    "Fat": ("fat", DECIMAL, 100),
    "IsManualReport": ("manual", TEXT, 0),
    "LogId": ("log", WHOLE, 2**53),
}
TABLES = {
    table.name: table
    for table in (
        Table("dailyActivity", "ActivityDate", DAILY, DATE),
        Table("sleepDay", "SleepDay", SLEEP),
        Table("weightLogInfo", "Date", WEIGHT, key=("customer", "log")),
        Table("hourlySteps", "ActivityHour", {"StepTotal": ("steps", WHOLE, 40_000)}),
        Table("minuteStepsNarrow", "ActivityMinute", {"Steps": ("steps", WHOLE, 1000)}),
        Table("minuteIntensitiesNarrow", "ActivityMinute", {"Intensity": ("intensity", WHOLE, 3)}),
        Table("minuteMETsNarrow", "ActivityMinute", {"METs": ("mets", WHOLE, 1000)}),
        Table("minuteCaloriesNarrow", "ActivityMinute", {"Calories": ("calories", DECIMAL, 500)}),
        Table("minuteSleep", "date", {"value": ("state", WHOLE, 2**53), "logId": ("log", WHOLE, 2**53)}),
        Table("heartrate_seconds", "Time", {"Value": ("heart_rate", WHOLE, 500)}),
    )
}
# Published in addition; their content is in the others already.
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
    for path in sorted(each for each in directory.rglob("*") if _is_csv(each)):
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


def _is_csv(path: Path) -> bool:
    return path.is_file() and path.name.lower().removesuffix(".gz").endswith(".csv")


def _period(folder: str) -> tuple[date, date] | None:
    match = PERIOD.search(folder)
    if match is None:
        return None
    numbers = [int(number) for number in match.groups()]
    begin, end = (date(2000 + year, month, day) for month, day, year in (numbers[:3], numbers[3:]))
    return begin, end


def scan(source: Source, *, as_text: bool = False) -> pl.LazyFrame:
    """Read a file lazily: `customer`, `time` in milliseconds, measures.

    Parameters
    ----------
    source
        The file.
    as_text
        Read every cell as text first: slower, and what programs write besides plain numbers is read.

    Raises
    ------
    PersonaeError
        If the file is empty, has a column twice or lacks one. Wrong values show in `collect`.
    """
    table, path = source.table, source.path
    try:
        header = pl.scan_csv(path, infer_schema=False)
        names = header.collect_schema().names()
    except pl.exceptions.NoDataError:
        raise PersonaeError(f"{path}: the file is empty; expected a header line") from None
    except (pl.exceptions.PolarsError, OSError) as error:
        raise PersonaeError(f"{path}: cannot be read ({str(error).splitlines()[0]})") from None
    twice = [name for name in names if re.search(r"_duplicated_\d+$", name)]
    if twice:
        raise PersonaeError(f"{path}: column {twice[0].rpartition('_duplicated_')[0]} is there twice")
    check_columns(path, header, list(table.types))
    if as_text:
        rows, read = header, _numbers(table)
    else:
        rows = pl.scan_csv(path, schema_overrides=table.types, infer_schema=False)
        read = {name: pl.col(name) for name in table.types}
    blank = pl.all_horizontal(pl.col(*table.types).is_null())
    return rows.filter(~blank).select(
        customer=read["Id"],
        time=pl.col(table.time).str.to_datetime(table.pattern, time_unit="ms"),
        **{tidy: read[published] for published, (tidy, *_) in table.columns.items()},
    )


def has_rows(source: Source) -> bool:
    """Tell whether a file holds more than its header."""
    return not _whole_lines(source.path).slice(1, 1).collect().is_empty()


def check_widths(path: Path) -> None:
    """Refuse a row with another number of cells than the header; the tables quote nothing."""
    lines = _whole_lines(path)
    commas = pl.col("line").str.count_matches(",", literal=True)
    wrong = pl.col("line").is_not_null() & (commas != commas.first())
    found = lines.with_row_index("row", 1).filter(wrong).select("row", cells=commas + 1).head(1).collect()
    if found.height and not lines.select(pl.col("line").str.contains('"').any()).collect().item():
        row, cells = found.row(0)
        raise PersonaeError(f"{path}: {cells} cells in row {row}; the header has another number")


def _whole_lines(path: Path) -> pl.LazyFrame:
    return pl.scan_csv(
        path, separator="\x1f", quote_char=None, has_header=False, infer_schema=False, new_columns=["line"]
    )


def _numbers(table: Table) -> dict[str, pl.Expr]:
    return {
        name: pl.col(name) if dtype == TEXT else plain_number(pl.col(name), whole=dtype.is_integer())
        for name, dtype in table.types.items()
    }


def implausible(table: Table) -> pl.Expr:
    """Rows of `scan` with a gap, or beyond a limit."""
    needed = [tidy for published, (tidy, *_) in table.columns.items() if published not in OPTIONAL_VALUES]
    above = [pl.col(tidy) > limit for tidy, dtype, limit in table.columns.values() if dtype != TEXT]
    return pl.any_horizontal(
        pl.col("customer", "time", *needed).is_null(),
        ~pl.col("time").is_between(datetime(YEARS[0], 1, 1), datetime(YEARS[1] + 1, 1, 1), closed="left"),
        *above,  # not a number counts as above
    ).fill_null(value=False)


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


def collect(
    frames: Callable[[bool], Sequence[pl.LazyFrame]], sources: Sequence[Source]
) -> list[pl.DataFrame]:
    """Run lazy frames together in the streaming engine.

    Parameters
    ----------
    frames
        Makes them; called with True, of cells that are read as text (see `scan`): where the fast way fails.
    sources
        The files that they read.

    Raises
    ------
    PersonaeError
        With file, column, value and row of the first value in `sources` that does not fit.
    """
    try:
        return pl.collect_all(frames(False), engine="streaming")
    except (pl.exceptions.PolarsError, OSError):
        for source in sources:
            explain(source)
    try:
        return pl.collect_all(frames(True), engine="streaming")
    except (pl.exceptions.PolarsError, OSError) as error:
        raise PersonaeError(f"{sources[0].path}: cannot be read ({str(error).splitlines()[0]})") from None


def explain(source: Source) -> None:
    """Raise for the first value of a file that does not fit."""
    table, path = source.table, source.path
    text = pl.scan_csv(path, infer_schema=False, row_index_name="row", truncate_ragged_lines=True)
    text = text.filter(~pl.all_horizontal(pl.col(*table.types).is_null()))
    limits = {published: limit for published, (_, _, limit) in table.columns.items()}
    for name, dtype in table.types.items():
        given = pl.col(name)
        if name == table.time:
            values: pl.Expr = given.str.to_datetime(table.pattern, strict=False)
            wrong = ~values.dt.year().is_between(*YEARS).fill_null(value=False)
            example = "4/12/2016 1:00:00 AM" if table.pattern == CLOCK else "4/12/2016"
            expected = f"month/day/year such as {example}"
        elif dtype == TEXT:
            wrong, expected = given.is_null(), "a word"
        else:
            values = plain_number(given, whole=dtype.is_integer())
            wrong = values.is_null() | (values > limits.get(name, 2**63))
            most = f" up to {limits[name]:,}" if name in limits else ""
            expected = ("a whole number" if dtype.is_integer() else "a number") + most
        if name in OPTIONAL_VALUES:
            said = given.str.strip_chars().str.to_lowercase().is_in(list(MISSING_WORDS))
            wrong &= given.is_not_null() & ~said
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
