"""Study campaign: one tab-separated file of customers, their spending and their answers to offers."""

from pathlib import Path

import narwhals as nw
import polars as pl
from narwhals.typing import FrameT

from personae.core.errors import PersonaeError
from personae.core.tables import Duplicates, Prepared, Repair, check, read_delimited
from personae.sources.settings import CampaignPrepare

FILE = "marketing_campaign.csv"
SPENDING = {
    "MntWines": "wine",
    "MntFruits": "fruit",
    "MntMeatProducts": "meat",
    "MntFishProducts": "fish",
    "MntSweetProducts": "sweets",
    "MntGoldProds": "gold",
}
CHANNELS = {"NumWebPurchases": "web", "NumCatalogPurchases": "catalog", "NumStorePurchases": "store"}
CAMPAIGNS = [f"AcceptedCmp{number}" for number in range(1, 6)]
EDUCATION = ["Basic", "2n Cycle", "Graduation", "Master", "PhD"]
MARITAL = ["Married", "Together", "Single", "Divorced", "Widow", "Alone", "Absurd", "YOLO"]
COUNTS = [
    "Kidhome",
    "Teenhome",
    "Recency",
    *SPENDING,
    "NumDealsPurchases",
    *CHANNELS,
    "NumWebVisitsMonth",
]
FLAGS = [*CAMPAIGNS, "Complain", "Response"]
COLUMNS: dict[str, pl.DataType] = {
    "ID": pl.Int64(),
    "Year_Birth": pl.Int64(),
    "Education": pl.String(),
    "Marital_Status": pl.String(),
    "Income": pl.Float64(),
    "Dt_Customer": pl.String(),
    **dict.fromkeys(COUNTS, pl.Int64()),
    **dict.fromkeys(FLAGS, pl.Int64()),
    "Z_CostContact": pl.Float64(),
    "Z_Revenue": pl.Float64(),
}


def prepare(directory: Path, settings: CampaignPrepare) -> Prepared:
    """Read the file, repair what is impossible, add features.

    Parameters
    ----------
    directory
        Holds `marketing_campaign.csv`, tab separated, dates as day-month-year.
    settings
        The rules.

    Returns
    -------
    Prepared
        `customers`: one row a customer, with `customer` (the identifier), `unit` (customers who are
        identical in all but identifier and answer share one) and `Response` (0 or 1).

    Raises
    ------
    PersonaeError
        If the file is missing or does not keep the contract.
    """
    path = directory / FILE
    table = read_delimited(path, COLUMNS, separator="\t")
    _check(path, table)
    table = table.with_columns(_dates(path, table["Dt_Customer"]), unit=_units(table))
    twins = table.group_by("unit").agg(pl.len(), pl.col("Response").n_unique().alias("answers"))
    groups = twins.filter(pl.col("len") > 1)
    repaired, repairs = _repair(table, settings)
    return Prepared(
        tables={"customers": features(repaired)},
        duplicates=Duplicates(
            rows=table.height - table.select(pl.exclude("ID")).unique().height,
            groups=groups.height,
            conflicting_target_groups=groups.filter(pl.col("answers") > 1).height,
        ),
        repairs=repairs,
    )


@nw.narwhalify
def features(customers: FrameT) -> FrameT:
    """Add what describes a customer: age, tenure, family, spending, channels, recency, frequency, monetary.

    Ages are whole years at the newest date of the file, tenure is in days, shares lie in [0, 1] (0 where
    there is nothing to divide), the other features are in the units of the file.
    """
    joined = nw.col("joined")
    spent: nw.Expr = nw.sum_horizontal(*SPENDING)
    couple = nw.col("Marital_Status").is_in(["Married", "Together"])
    orders: nw.Expr = nw.sum_horizontal(*CHANNELS)
    shares = [
        *[_share(nw.col(column), spent).alias(f"{name}_share") for column, name in SPENDING.items()],
        *[_share(nw.col(column), orders).alias(f"{name}_share") for column, name in CHANNELS.items()],
    ]
    derived = customers.with_columns(
        *shares,
        age=joined.max().dt.year() - nw.col("Year_Birth"),
        tenure=(joined.max() - joined).dt.total_minutes() // (24 * 60),
        children=nw.col("Kidhome") + nw.col("Teenhome"),
        total_spend=spent,
        frequency=orders + nw.col("NumDealsPurchases"),
        accepted_campaigns=nw.sum_horizontal(*CAMPAIGNS),
    ).with_columns(
        family_size=nw.col("children") + 1 + couple.cast(nw.Int64),
        spend_per_order=_share(nw.col("total_spend"), nw.col("frequency")),
        deal_share=_share(nw.col("NumDealsPurchases"), nw.col("frequency")),
    )
    return derived.rename({"ID": "customer"}).drop("Year_Birth", "Dt_Customer")


def _share(part: nw.Expr, whole: nw.Expr) -> nw.Expr:
    return nw.when(whole > 0).then(part / whole).otherwise(0.0)


def _check(path: Path, table: pl.DataFrame) -> None:
    import pandera.polars as pa  # noqa: PLC0415 - costs half a second, and features need none of it

    counts = {name: pa.Column(int, pa.Check.ge(0)) for name in COUNTS}
    flags = {name: pa.Column(int, pa.Check.isin([0, 1])) for name in FLAGS}
    check(
        path,
        table,
        pa.DataFrameSchema(
            {
                "ID": pa.Column(int, unique=True),
                "Year_Birth": pa.Column(int),
                "Education": pa.Column(str, pa.Check.isin(EDUCATION)),
                "Marital_Status": pa.Column(str, pa.Check.isin(MARITAL)),
                "Income": pa.Column(float, pa.Check.ge(0), nullable=True),
                "Z_CostContact": pa.Column(float, pa.Check.ge(0)),
                "Z_Revenue": pa.Column(float, pa.Check.ge(0)),
                **counts,
                **flags,
            }
        ),
    )


def _dates(path: Path, given: pl.Series) -> pl.Series:
    dates = given.str.to_date("%d-%m-%Y", strict=False)
    wrong = dates.is_null().arg_true()
    if len(wrong):
        raise PersonaeError(
            f"{path}: column {given.name} holds {given[wrong[0]]!r} in row {wrong[0] + 2}; "
            "expected day-month-year such as 04-09-2012"
        )
    return dates.alias("joined")


def _units(table: pl.DataFrame) -> pl.Expr:
    described = [name for name in table.columns if name not in ("ID", "Response")]
    return pl.struct(described).rank("dense").cast(pl.Int64) - 1


def _repair(table: pl.DataFrame, settings: CampaignPrepare) -> tuple[pl.DataFrame, list[Repair]]:
    """Bring impossible births and incomes to the nearest plausible value in the file, group marital words."""
    earliest = table.select(pl.col("joined").dt.year().max()).item() - settings.oldest
    birth, income, marital = (pl.col(name) for name in ("Year_Birth", "Income", "Marital_Status"))
    too_old, too_rich = birth < earliest, income > settings.highest_income
    rules = [
        (
            "Year_Birth",
            f"born before {earliest}: set to the earliest plausible year in the file",
            too_old,
            birth.filter(~too_old).min(),
        ),
        (
            "Income",
            f"income above {settings.highest_income:,.0f}: set to the highest plausible income in the file",
            too_rich,
            income.filter(~too_rich).max(),
        ),
        *(
            ("Marital_Status", f"{odd}: grouped as {group}", marital == odd, pl.lit(group))
            for odd, group in settings.marital.items()
        ),
    ]
    repairs = []
    for column, rule, affected, value in rules:
        repairs.append(Repair(rule, column, table.select(affected.sum()).item()))
        table = table.with_columns(pl.when(affected).then(value).otherwise(pl.col(column)).alias(column))
    return table, [repair for repair in repairs if repair.rows]
