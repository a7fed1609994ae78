"""Study campaign: customers, their spending and answers to offers."""

import datetime
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl
from narwhals.typing import FrameT
from pydantic import Field

from personae.core.errors import PersonaeError
from personae.core.settings import Frozen
from personae.core.tables import Prepared
from personae.features.clock import day_number
from personae.sources.contract import (
    MOST_REPAIRED,
    alike,
    check_rows,
    find_file,
    parse_times,
    read_contract,
    refuse_first,
    repair,
    said,
    unended,
)
from personae.sources.files import TableFile
from personae.sources.values import identifiers
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
    preparation = fit(path, table, settings)
    customers, repairs = preparation.describe(path, table, MOST_REPAIRED, unit=unit)
    learned = preparation.model_dump(mode="json")
    return Prepared({"customers": customers}, duplicates, [*repairs, *unended(path)], learned=learned)


class Preparation(Frozen):
    """What is learned from a file, enough to prepare a single row.

    Attributes
    ----------
    as_of
        Day on which customers are described: the newest of the training file.
    earliest_birth, highest_income
        Plausible values that impossible ones are set to; None where the file has none.
    """

    settings: CampaignPrepare
    as_of: datetime.date = Field(strict=False)  # text in JSON
    earliest_birth: int | None
    highest_income: float | None

    @property
    def identifier(self) -> str:
        """Column that identifies a customer."""
        return "ID"

    @property
    def answer(self) -> str:
        """Column with the answers, which new rows need not have."""
        return "Response"

    @property
    def columns(self) -> list[str]:
        """Columns that new rows must have."""
        return [name for name in _contract().columns if name != self.answer]

    def raw(self, directory: Path) -> list[Path]:
        """Files of a folder that hold customers."""
        return [find_file(directory / FILE)]

    def apply(self, file: TableFile, as_of: datetime.date | None = None) -> pl.DataFrame:
        """Prepare rows, each as in the training file, described on another day if one is given.

        The answer may be absent; identifiers are text; `flags` says what was repaired.

        Raises
        ------
        PersonaeError
            With column, value and line of the first that does not fit.
        """
        day = as_of or self.as_of
        identified = identifiers(file.table["ID"]) if "ID" in file.table.columns else None
        if identified is None or identified.has_nulls():
            raise PersonaeError(f"{file.path}: column ID has no value; expected an identifier")
        table = check_rows(file, _contract(), "ID", "Response")
        dated = self.model_copy(update={"as_of": day})
        flags = said(table, dated._limits())
        return dated.describe(file.path, table, 1.0, ID=identified, flags=flags)[0]

    def describe(
        self, path: Path, table: pl.DataFrame, most: float, **further: pl.Series
    ) -> tuple[pl.DataFrame, list[tuple[str, str, int]]]:
        """Repair checked rows and add features; see `repair` for the share of rows repaired at most."""
        joined, born = parse_joined(path, table["Dt_Customer"]), table["Year_Birth"]
        late = joined > self.as_of
        refuse_first(path, table["Dt_Customer"], late, f"a day up to {self.as_of}, the day described (as_of)")
        newest = self.as_of.year
        refuse_first(path, born, born > newest, f"a year up to {newest}, the newest of Dt_Customer")
        repaired, repairs = repair(path, table.with_columns(joined=joined, **further), self._limits(), most)
        grouped, groupings = repair(path, repaired, _groups(self.settings), most=1.0)
        return features(grouped, as_of=self.as_of), [*repairs, *groupings]

    def _limits(self) -> list[tuple[str, str, pl.Expr, Any]]:
        """Set impossible births and incomes to plausible values."""
        earliest, highest = self.as_of.year - self.settings.oldest, self.settings.highest_income
        birth = f"born before {earliest}: set to the earliest plausible year in the file"
        income = f"income above {highest:,.0f}: set to the highest plausible income in the file"
        return [
            (birth, "Year_Birth", pl.col("Year_Birth") < earliest, self.earliest_birth),
            (income, "Income", pl.col("Income") > highest, self.highest_income),
        ]


def fit(path: Path, table: pl.DataFrame, settings: CampaignPrepare) -> Preparation:
    """Learn the newest day, and the earliest birth and highest income that are plausible."""
    joined, born, income = parse_joined(path, table["Dt_Customer"]), table["Year_Birth"], table["Income"]
    usual = joined.dt.year().quantile(0.99, "lower")
    assert usual is not None
    far = f"a year up to {usual + APART:.0f}: 99 % of the dates are of {usual:.0f} or before"
    refuse_first(path, table["Dt_Customer"], joined.dt.year() > usual + APART, far)
    as_of: Any = joined.max()
    births, incomes = born >= as_of.year - settings.oldest, income <= settings.highest_income
    learned = {"earliest_birth": born.filter(births).min(), "highest_income": income.filter(incomes).max()}
    return Preparation.model_validate({"settings": settings, "as_of": as_of, **learned})


def parse_joined(path: Path, given: pl.Series) -> pl.Series:
    """Days on which customers joined, from text."""
    return parse_times(path, given, "%d-%m-%Y", "day-month-year such as 04-09-2012").dt.date()


@nw.narwhalify
def features(customers: FrameT, *, as_of: datetime.date) -> FrameT:
    """Add age, tenure, family, spending, channels, recency, frequency, monetary.

    Ages are whole years and tenure is in days, both at `as_of`, shares lie in [0, 1] (0 where
    there is nothing to divide), the other features are in the units of the file.
    """
    given = customers.collect_schema().names()
    couple = nw.col("Marital_Status").is_in(["Married", "Together"])
    # Sums first: Narwhals works an expression out anew wherever it stands.
    summed = customers.with_columns(
        total_spend=nw.sum_horizontal(*SPENDING),
        orders=nw.sum_horizontal(*CHANNELS),
        children=nw.col("Kidhome") + nw.col("Teenhome"),
    ).with_columns(frequency=nw.col("orders") + nw.col("NumDealsPurchases"))
    derived = summed.select(
        *given,
        *[_part(column, "total_spend").alias(f"{name}_share") for column, name in SPENDING.items()],
        *[_part(column, "orders").alias(f"{name}_share") for column, name in CHANNELS.items()],
        (as_of.year - nw.col("Year_Birth")).alias("age"),
        (as_of.toordinal() - day_number(nw.col("joined"))).alias("tenure"),
        "children",
        "total_spend",
        "frequency",
        nw.sum_horizontal(*CAMPAIGNS).alias("accepted_campaigns"),
        (nw.col("children") + 1 + couple.cast(nw.Int64)).alias("family_size"),
        nw.when(nw.col("frequency") > 0)
        .then(nw.col("total_spend") / nw.col("frequency"))
        .otherwise(0.0)
        .alias("spend_per_order"),
        _part("NumDealsPurchases", "frequency").alias("deal_share"),
    )
    return derived.rename({"ID": "customer"}).drop("Year_Birth", "Dt_Customer")


def _part(count: str, whole: str) -> nw.Expr:
    """Share of a count in a sum that it is part of: where the sum is 0, it is 0 too."""
    return nw.col(count) / nw.max_horizontal(nw.col(whole), nw.lit(1))


@functools.cache
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


def _groups(settings: CampaignPrepare) -> list[tuple[str, str, pl.Expr, Any]]:
    """Group marital words that mean the same."""
    marital = pl.col("Marital_Status")
    return [
        (f"{odd}: grouped as {group}", "Marital_Status", marital == odd, pl.lit(group))
        for odd, group in settings.marital.items()
    ]
