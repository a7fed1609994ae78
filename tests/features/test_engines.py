"""Every function that Narwhals carries to other engines, on all of them: same rows, nulls and figures."""

import ast
import importlib
from datetime import date, datetime, timedelta
from pathlib import Path

import narwhals as nw
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import personae
from personae.studies.campaign.source import CAMPAIGNS, CHANNELS, SPENDING
from personae.studies.grocery.source import COUNTS, PROMOTION
from personae.studies.grocery.source import SPENDING as GROCERIES

SOURCE = Path(personae.__file__).parent
# From a Friday: a week that holds Saturday, Sunday and, on its seventh day, the 29th of February 2024.
FIRST = datetime(2024, 2, 23)
DAYS = [(FIRST + timedelta(days=day)).date() for day in range(9)]


def minutes(**measures):
    """Rows of three customers: the first in full, one with gaps and nulls, one without anything measured."""
    rng = np.random.default_rng(0)
    time = [FIRST + timedelta(minutes=9 * step) for step in range(1200)]
    tables = []
    for customer, kept in ((1, slice(None)), (2, slice(0, None, 7)), (3, slice(40, 43))):
        count = len(time[kept])
        drawn = {name: rng.choice(values, count) for name, values in measures.items()}
        tables.append(pl.DataFrame({"customer": [customer] * count, "time": time[kept]} | drawn))
    table = pl.concat(tables)
    holes = pl.int_range(pl.len()) % 11 == 3
    return table.with_columns(pl.when(~holes | (pl.col("customer") < 2)).then(pl.col(*measures)))


def user_days():
    rng = np.random.default_rng(1)
    rows = [(customer, day) for customer in (1, 2) for day in DAYS] + [(3, DAYS[0])]
    days = pl.DataFrame(rows, schema=["customer", "date"], orient="row")
    days = days.with_columns(
        worn=pl.Series(rng.random(len(rows)) < 0.8) & (pl.col("customer") < 3),
        steps=pl.Series(rng.integers(0, 15_000, len(rows))),
        calories=pl.Series(rng.normal(2000, 300, len(rows))),
        minutes_asleep=pl.Series(rng.normal(420, 50, len(rows))),
        weight_kg=pl.Series(rng.normal(70, 9, len(rows))),
    )
    empty = pl.int_range(pl.len()) % 5 == 2
    return days.with_columns(pl.when(~empty).then(pl.col("minutes_asleep", "weight_kg")))


def hours():
    rng = np.random.default_rng(2)
    rows = [(customer, day, hour) for customer in (1, 2) for day in DAYS for hour in range(24)]
    rows += [(3, DAYS[2], 5)]
    table = pl.DataFrame(rows, schema=["customer", "date", "hour"], orient="row")
    return table.with_columns(
        pl.col("hour").cast(pl.Int32),
        steps=pl.Series(rng.integers(0, 900, len(rows))) * (pl.col("customer") < 3),
        minutes=pl.lit(60),
        stepping=pl.Series(rng.integers(0, 60, len(rows))),
        cadence=pl.Series(rng.integers(0, 130, len(rows))),
    )


def sleep():
    rng = np.random.default_rng(3)
    tables = []
    for customer in (1, 2):
        for night in range(customer - 1, 8, customer):
            begin = FIRST + timedelta(days=night, hours=22, minutes=int(rng.integers(0, 200)), seconds=30)
            length = int(rng.integers(300, 500))
            time = [begin + timedelta(minutes=minute) for minute in range(length)]
            state = rng.choice([1, 1, 1, 1, 2, 3], length)
            log = 10 * customer + night
            tables.append(pl.DataFrame({"customer": customer, "log": log, "time": time, "state": state}))
    return pl.concat(tables)


def basket_lines():
    rng = np.random.default_rng(4)
    count = 600
    basket = rng.integers(0, 90, count)
    when = rng.integers(0, 9 * 24 * 60, 90)
    lines = pl.DataFrame(
        {
            "customer": basket % 7,
            "basket": basket,
            "item": [f"item {number}" for number in rng.integers(0, 40, count)],
            "spend": rng.integers(0, 90_000, count),
            "time": [FIRST + timedelta(minutes=int(when[each]), seconds=int(each)) for each in basket],
        }
    )
    alone = lines.head(1).with_columns(
        pl.lit(99)
        .cast(pl.Int64)
        .alias(
            "customer",
        ),
        basket=pl.lit(999),
    )
    return pl.concat([lines, alone.cast(lines.schema)]).with_columns(day=pl.col("time").dt.date())


def journey_lines():
    rng = np.random.default_rng(5)
    lines = basket_lines()
    categories = np.array(["fruit", "meat", None], dtype=object)
    return lines.with_columns(
        store=pl.col("basket") % 4,
        week=pl.lit(8),
        category=pl.Series(list(rng.choice(categories, lines.height)), dtype=pl.String),
        department=pl.Series(rng.choice(["GROCERY", "MEAT", "DRUG"], lines.height)),
        brand=pl.Series(rng.choice(["Private", "National"], lines.height)),
        discount=pl.Series(rng.integers(0, 200, lines.height)),
        coupon=pl.Series(rng.integers(0, 50, lines.height)),
        promoted=pl.Series(rng.integers(0, 2, lines.height)),
    )


def campaign_customers():
    rng = np.random.default_rng(6)
    count = 60
    names = [*SPENDING, *CHANNELS, *CAMPAIGNS, "NumDealsPurchases", "Kidhome", "Teenhome"]
    income = pl.Series(rng.normal(5e4, 1e4, count))
    return pl.DataFrame(
        {name: rng.integers(0, 9, count) * (np.arange(count) > 2) for name in names}
        | {"ID": range(count), "Year_Birth": rng.integers(1930, 2000, count), "Dt_Customer": "unused"}
        | {"Marital_Status": rng.choice(["Married", "Together", "Single"], count)}
        | {"joined": [date(2012, 2, 27) + timedelta(days=int(day)) for day in rng.integers(0, 700, count)]}
    ).with_columns(Income=pl.when(pl.int_range(pl.len()) % 9 > 0).then(income))


def grocery_customers():
    rng = np.random.default_rng(7)
    count = 40
    born = [datetime(1950, 2, 28) + timedelta(days=int(day)) for day in rng.integers(0, 15_000, count)]
    figures = {name: rng.gamma(1.0, 90.0, count) for name in (*GROCERIES, *COUNTS, PROMOTION)}
    table = pl.DataFrame(
        {"customer_id": range(count), "customer_name": ["Phd. A", "Bsc. B", "C D", "Msc. E"] * 10}
        | {"customer_gender": ["male", "female"] * 20, "customer_birthdate": "unused", "born": born}
        | {"year_first_transaction": rng.integers(1990, 2020, count) * 1.0}
        | {"loyalty_card_number": rng.integers(1, 9, count) * 1.0}
        | figures
    )
    return table.with_columns(
        pl.when(pl.int_range(pl.len()) % 6 > 0).then(pl.col("born", "loyalty_card_number", *GROCERIES))
    )


UNTIL = datetime(2024, 3, 3, 12, 0, 40)
GROUPS = {"fresh": ["MEAT"], "dry": ["GROCERY", "PASTRY"]}
KEYS = ["customer", "date"]
# A function: its rows, its further arguments, and what identifies a row of its result.
CASES = {
    "features.activity.activity_days": (
        lambda: minutes(intensity=[0, 0, 0, 0, 1, 2, 3]),
        {"wear_gap": 90},
        KEYS,
    ),
    "features.baskets.basket_features": (basket_lines, {"until": date(2024, 3, 2)}, ["customer"]),
    "features.minutes.calorie_days": (lambda: minutes(calories=[0.0, 0.8, 1.73, 9.1]), {}, KEYS),
    "features.minutes.heart_days": (lambda: minutes(heart_rate=[51, 62, 80, 131]), {}, KEYS),
    "features.minutes.hour_days": (hours, {}, KEYS),
    "features.minutes.hourly_steps": (lambda: minutes(steps=[0, 0, 12, 110]), {}, [*KEYS, "hour"]),
    "features.minutes.met_days": (lambda: minutes(mets=[1.0, 1.3, 4.2]), {}, KEYS),
    "features.minutes.step_days": (hours, {}, KEYS),
    "features.sleep.sleep_days": (sleep, {}, KEYS),
    "features.sleep.sleep_regularity": (sleep, {}, ["customer"]),
    "features.users.activity_regularity": (hours, {}, ["customer"]),
    "features.users.user_features": (user_days, {}, ["customer"]),
    "studies.campaign.source.features": (campaign_customers, {"as_of": date(2024, 2, 29)}, ["customer"]),
    "studies.grocery.source.features": (grocery_customers, {"reference_year": 2020}, ["customer"]),
    "studies.journey.source.features": (
        journey_lines,
        {"early_weeks": 26, "departments": GROUPS, "newest": UNTIL},
        ["customer"],
    ),
}


def on_polars_lazily(table, function, options):
    return function(table.lazy(), **options).collect()


def on_duckdb(table, function, options):
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as connection:
        connection.register("rows", table.to_arrow())
        return pl.DataFrame(function(connection.table("rows"), **options).to_arrow_table())


@pytest.fixture(scope="module")
def spark():
    """A session of one local core, as `docs` say it must be set up."""
    sql = pytest.importorskip("pyspark.sql")
    builder = sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    settings = {"spark.sql.session.timeZone": "UTC", "spark.sql.timestampType": "TIMESTAMP_NTZ"}
    settings |= {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
    for key, value in (settings | {"spark.sql.shuffle.partitions": "2"}).items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


def difference(found, expected, keys):
    """Columns, rows and nulls equal, figures to 1e-9 of their size; integers may be wider or narrower."""
    assert found.columns == expected.columns
    plain = [pl.selectors.numeric().cast(pl.Float64)]
    found, expected = (each.sort(keys).with_columns(plain) for each in (found, expected))
    assert_frame_equal(found, expected, check_dtypes=False, rel_tol=1e-9, abs_tol=1e-12)


def portable():
    """Functions with the mark, found in the code: a new one cannot be forgotten."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                marks = {ast.unparse(mark).partition("(")[0] for mark in node.decorator_list}
                if marks & {"nw.narwhalify", "narwhalify"}:
                    yield ".".join((*path.relative_to(SOURCE).with_suffix("").parts, node.name))


def test_every_portable_function_has_a_case():
    assert set(portable()) == set(CASES)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("engine", [on_polars_lazily, on_duckdb])
def test_engines_find_the_same(name, engine):
    rows, options, keys = CASES[name]
    module, _, attribute = name.rpartition(".")
    function = getattr(importlib.import_module(f"personae.{module}"), attribute)
    table = rows()
    expected = function(table, **options)
    assert expected.height
    difference(engine(table, function, options), expected, keys)


@pytest.mark.parametrize("name", CASES)
def test_spark_finds_the_same(name, spark):
    rows, options, keys = CASES[name]
    module, _, attribute = name.rpartition(".")
    function = getattr(importlib.import_module(f"personae.{module}"), attribute)
    table = rows()
    found = function(spark.createDataFrame(table.to_arrow()), **options)
    difference(pl.DataFrame(found.toArrow()), function(table, **options), keys)


def test_the_weekend_and_leap_days_are_those_of_the_calendar():
    from personae.features.clock import day_number, is_weekend

    days = [date(1900, 2, 28) + timedelta(days=step) for step in range(0, 60_000, 13)]
    found = nw.from_native(pl.DataFrame({"day": days})).select(
        number=day_number(nw.col("day")), weekend=is_weekend(nw.col("day"))
    )
    assert found["number"].to_list() == [day.toordinal() for day in days]
    assert found["weekend"].to_list() == [day.weekday() >= 5 for day in days]
