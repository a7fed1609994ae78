"""Study campaign: customers, their spending and answers to offers."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl
from narwhals.typing import FrameT

from personae.core.tables import Prepared
from personae.sources.contract import alike, parse_times, read_contract, refuse_first, repair, unended
from personae.studies.campaign.settings import CampaignPrepare

if TYPE_CHECKING:
    from pandera.polars import DataFrameSchema

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
# A newest date that lies so many years behind nearly all others is a slip, and every age would rest on it.
APART = 5
MARITAL = ["Married", "Together", "Single", "Divorced", "Widow", "Alone", "Absurd", "YOLO"]


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
    table = read_contract(path, _contract(), separator="\t")
    unit, duplicates = alike(table, "Response", "ID")
    joined = _joined(path, table["Dt_Customer"])
    born = table["Year_Birth"]
    newest = int(joined.dt.year().max())  # type: ignore[arg-type]
    refuse_first(path, born, born > newest, f"a year up to {newest}, the newest of Dt_Customer")
    dated = table.with_columns(joined=joined, unit=unit)
    repaired, repairs = repair(path, dated, _limits(newest, settings))
    grouped, groupings = repair(path, repaired, _groups(settings), most=1.0)
    return Prepared({"customers": features(grouped)}, duplicates, [*repairs, *groupings, *unended(path)])


def _joined(path: Path, given: pl.Series) -> pl.Series:
    joined = parse_times(path, given, "%d-%m-%Y", "day-month-year such as 04-09-2012").dt.date()
    usual = joined.dt.year().quantile(0.99, "lower")
    assert usual is not None
    far = f"a year up to {usual + APART:.0f}: 99 % of the dates are of {usual:.0f} or before"
    refuse_first(path, given, joined.dt.year() > usual + APART, far)
    return joined


@nw.narwhalify
def features(customers: FrameT) -> FrameT:
    """Add age, tenure, family, spending, channels, recency, frequency, monetary.

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


def _contract() -> "DataFrameSchema":
    import pandera.polars as pa  # noqa: PLC0415 - costs half a second, and only reading needs it

    def flag() -> pa.Column:
        return pa.Column(int, pa.Check.isin([0, 1]))

    def up_to(highest: float, dtype: type = int, *, nullable: bool = False) -> pa.Column:
        return pa.Column(dtype, [pa.Check.ge(0), pa.Check.le(highest)], nullable=nullable)

    return pa.DataFrameSchema(
        {
            "ID": pa.Column(int, unique=True),
            "Year_Birth": pa.Column(int, pa.Check.in_range(1800, 2100)),
            "Education": pa.Column(str, pa.Check.isin(EDUCATION)),
            "Marital_Status": pa.Column(str, pa.Check.isin(MARITAL)),
            "Income": up_to(1e9, float, nullable=True),
            "Dt_Customer": pa.Column(str),
            **{name: up_to(30) for name in ["Kidhome", "Teenhome"]},
            "Recency": up_to(36_525),
            **{name: up_to(1_000_000) for name in SPENDING},
            **{name: up_to(10_000) for name in ["NumDealsPurchases", *CHANNELS, "NumWebVisitsMonth"]},
            **{name: flag() for name in [*CAMPAIGNS, "Complain", "Response"]},
            **{name: up_to(1e6, float) for name in ["Z_CostContact", "Z_Revenue"]},
        }
    )


def _limits(newest: int, settings: CampaignPrepare) -> list[tuple[str, str, pl.Expr, Any]]:
    """Clip impossible births and incomes to plausible values."""
    earliest = newest - settings.oldest
    birth, income = pl.col("Year_Birth"), pl.col("Income")
    old, rich = birth < earliest, income > settings.highest_income
    return [
        (
            f"born before {earliest}: set to the earliest plausible year in the file",
            *("Year_Birth", old, birth.filter(~old).min()),
        ),
        (
            f"income above {settings.highest_income:,.0f}: set to the highest plausible income in the file",
            *("Income", rich, income.filter(~rich).max()),
        ),
    ]


def _groups(settings: CampaignPrepare) -> list[tuple[str, str, pl.Expr, Any]]:
    """Group marital words that mean the same."""
    marital = pl.col("Marital_Status")
    return [
        (f"{odd}: grouped as {group}", "Marital_Status", marital == odd, pl.lit(group))
        for odd, group in settings.marital.items()
    ]
