"""Raw minute files to user-days: beside the same in pandas, and on 10, 100 and 1,000 times the users.

    python benchmarks/fitbit_minutes.py [DIRECTORY]

DIRECTORY holds the publisher's folders (default: data/fitbit). Both ways start from the files and end with
the same user-days; medians of three runs in turn. The larger tables are simulated, four users and three days
at the base, and measured in a process of their own.
"""

import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import polars as pl

from personae.studies.fitbit.exports import find
from personae.studies.fitbit.read import KEYS, minute_days
from personae.studies.fitbit.simulate import BEGIN
from personae.studies.fitbit.simulate_minutes import draw_person, draw_stretch
from personae.studies.fitbit.simulate_tables import minute_tables

WEAR_GAP = 90
BASE_USERS, DAYS, BLOCK = 4, 3, 400
CLOCK = "%m/%d/%Y %I:%M:%S %p"
TABLES = {
    "minuteStepsNarrow": "Steps",
    "minuteIntensitiesNarrow": "Intensity",
    "minuteMETsNarrow": "METs",
    "minuteCaloriesNarrow": "Calories",
}


def with_polars(directory: Path) -> dict[str, pl.DataFrame]:
    return minute_days(find_minutes(directory), WEAR_GAP)[0]


def find_minutes(directory: Path):
    return {name: sources for name, sources in find(directory).items() if name in TABLES}


def with_pandas(directory: Path) -> pd.DataFrame:
    """Do what a notebook does: read, parse times, merge on user and minute, group by user and day."""
    frame = None
    for name, column in TABLES.items():
        (path,) = [source.path for source in find_minutes(directory)[name]]
        table = pd.read_csv(path).rename(columns={"Id": "customer"})
        table["time"] = pd.to_datetime(table["ActivityMinute"], format=CLOCK)
        table = table[["customer", "time", column]]
        frame = table if frame is None else frame.merge(table, on=["customer", "time"])
    return pandas_days(frame.sort_values(["customer", "time"]))


def pandas_days(frame: pd.DataFrame) -> pd.DataFrame:
    time_ = frame["time"]
    minute = time_.dt.hour * 60 + time_.dt.minute
    night = minute < 360
    level = frame["Intensity"]
    frame = frame.assign(
        date=time_.dt.normalize(),
        minute=minute,
        stepping=frame["Steps"] > 0,
        night_steps=frame["Steps"].where(night, 0),
        moderate_mets=frame["METs"].where(frame["METs"] >= 30, 0) / 10,
        night_calories=frame["Calories"].where(night, 0),
        spent=frame["Calories"].where(frame["Calories"] > 0),
        night_active_minutes=(level > 0) & night,
        **{name: level == i for i, name in enumerate(["inactive", "light", "moderate", "vigorous"])},
    )
    days = frame.groupby(KEYS).agg(
        minutes_recorded=("minute", "size"),
        minute_steps=("Steps", "sum"),
        stepping_minutes=("stepping", "sum"),
        peak_cadence=("Steps", "max"),
        night_steps=("night_steps", "sum"),
        mets=("METs", "mean"),
        peak_mets=("METs", "max"),
        met_minutes=("moderate_mets", "sum"),
        minute_calories=("Calories", "sum"),
        night_calories=("night_calories", "sum"),
        resting_rate=("spent", "min"),
        inactive_minutes=("inactive", "sum"),
        light_minutes=("light", "sum"),
        moderate_minutes=("moderate", "sum"),
        vigorous_minutes=("vigorous", "sum"),
        night_active_minutes=("night_active_minutes", "sum"),
        first_minute=("minute", "min"),
        last_minute=("minute", "max"),
    )
    days[["mets", "peak_mets"]] /= 10
    return pandas_rest(days, pandas_gaps(frame[level > 0]))


def pandas_gaps(active: pd.DataFrame) -> pd.DataFrame:
    before = active.groupby("customer")["time"].shift(1)
    gap = (active["time"] - before).dt.total_seconds() / 60 - 1
    within = gap.where(before.dt.normalize() == active["date"])
    is_rest = active["minute"].between(180, 899) & (gap < 960)
    active = active.assign(
        within=within,
        long=within.where(within >= WEAR_GAP, 0),
        begins=(gap > 0) | gap.isna(),
        rest=(gap * 1440 + active["minute"]).where(is_rest),
    )
    return active.groupby(KEYS).agg(
        first_active=("minute", "min"),
        last_active=("minute", "max"),
        longest_gap=("within", "max"),
        long_gaps=("long", "sum"),
        active_bouts=("begins", "sum"),
        rest=("rest", "max"),
    )


def pandas_rest(days: pd.DataFrame, gaps: pd.DataFrame) -> pd.DataFrame:
    days = days.join(gaps)
    opening, closing = days["first_active"] - days["first_minute"], days["last_minute"] - days["last_active"]
    recorded = days["minutes_recorded"]
    longest = pd.concat([days["longest_gap"], opening, closing], axis=1).max(axis=1)
    off = days["long_gaps"] + opening.where(opening >= WEAR_GAP, 0) + closing.where(closing >= WEAR_GAP, 0)
    idle = days["first_active"].isna()
    rest = days["rest"].where(days["rest"] >= 1440)
    return days.assign(
        longest_inactive=longest.where(~idle, recorded),
        wear_minutes=(recorded - off).where(~idle, 0),
        active_bouts=days["active_bouts"].fillna(0),
        rest_minutes=rest // 1440,
        rest_end=rest % 1440 / 60,
    )


def compare(directory: Path) -> None:
    seconds = {"personae": [], "pandas": []}
    for _ in range(3):
        for name, run in (("personae", with_polars), ("pandas", with_pandas)):
            start = time.perf_counter()
            result = run(directory)
            seconds[name].append(time.perf_counter() - start)
            if name == "personae":
                days = result
    for part in ("steps", "activity", "mets", "calories"):
        ours = days[part].sort(KEYS)
        for column in set(ours.columns) & set(result.columns):
            expected = result[column].to_numpy(dtype=float)
            np.testing.assert_allclose(ours[column].cast(float).fill_null(np.nan), expected, rtol=1e-9)
    fast, slow = median(seconds["personae"]), median(seconds["pandas"])
    print(f"{len(result):,} user-days from {directory}, the same figures both ways")
    print(f"personae {fast:6.2f} s\npandas   {slow:6.2f} s\nratio    {slow / fast:6.1f}")


def minutes(users: int, days: int, seed: int) -> dict[str, pl.DataFrame]:
    """Draw the minute tables alone, without quirks."""
    people, stretches = [], []
    for index, child in enumerate(np.random.SeedSequence(seed).spawn(users)):
        rng = np.random.default_rng(child)
        people.append(replace(draw_person(index, rng), id=1_000_000_000 + 65_536 * seed + index))
        stretches.append(draw_stretch(people[-1], BEGIN, days, rng, planted=False))
    return minute_tables(people, stretches)


def write_users(directory: Path, times: int) -> None:
    """Write simulated minute tables of `times` the base users, block by block."""
    folder = directory / "Fitabase_Data_4.12.16-4.14.16"
    folder.mkdir(parents=True)
    (folder / "dailyActivity_merged.csv").write_text("Id,ActivityDate\n")
    users = BASE_USERS * times
    for block, start in enumerate(range(0, users, BLOCK)):
        tables = minutes(min(BLOCK, users - start), DAYS, seed=block)
        for name, column in TABLES.items():
            with (folder / f"{name}_merged.csv").open("ab") as file:
                tables[name].select("Id", "ActivityMinute", column).write_csv(file, include_header=block == 0)


def scale() -> None:
    print("\nusers    minutes      MB of CSV  seconds  rows/s (million)  peak memory (GB)")
    for times in (1, 10, 100, 1000):
        with tempfile.TemporaryDirectory() as name:
            write_users(Path(name), times)
            size = sum(path.stat().st_size for path in Path(name).rglob("*.csv")) / 1e6
            run = [sys.executable, __file__, "--measure", name]
            answer = subprocess.run(run, check=True, capture_output=True, text=True).stdout.split()
        rows, seconds, memory = int(answer[0]), float(answer[1]), float(answer[2])
        rate = 4 * rows / seconds / 1e6
        users = BASE_USERS * times
        line = f"{users:5,}  {rows:11,}  {size:10,.0f}  {seconds:8.2f}  {rate:10.1f}  {memory:17.2f}"
        print(line, flush=True)


def measure(directory: Path) -> None:
    start = time.perf_counter()
    days = with_polars(directory)
    seconds = time.perf_counter() - start
    rows = days["steps"]["minutes_recorded"].sum()
    print(rows, seconds, peak_memory())


def peak_memory() -> float:
    """Peak resident GB of this process; `getrusage` would inherit the peak of the parent."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1e6


def main() -> None:
    if sys.argv[1:2] == ["--measure"]:
        measure(Path(sys.argv[2]))
        return
    compare(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("data/fitbit"))
    scale()


if __name__ == "__main__":
    main()
