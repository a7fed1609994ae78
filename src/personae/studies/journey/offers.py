"""Study journey: campaigns sent, earlier behaviour, and redemptions."""

from collections.abc import Mapping
from typing import Any

import polars as pl


def offers(raw: Mapping[str, pl.LazyFrame], lines: pl.DataFrame, history_weeks: int) -> pl.DataFrame:
    """One row a household and campaign, described by earlier weeks.

    A campaign that the lines do not cover from its first to its last day is left out: it is unknown who
    redeemed its coupons on the days that are missing.

    Parameters
    ----------
    raw
        The publisher's tables `campaigns`, `campaign_descriptions`, `coupons`, `coupon_redemptions`.
    lines
        Basket lines with `customer`, `basket`, `product`, `time`, money in cents.
    history_weeks
        How far back the description reaches.

    Returns
    -------
    `customer`, `campaign`, `start` and `end`, `redeemed` (1 where a coupon of it was redeemed, else 0),
    features of the campaign, and `past_` features of the household, null where it has no past; money in
    dollars, recency in days. `during_` columns are measured while the campaign runs: they leak the answer.
    """
    days = lines["time"].dt.date()
    covered = (pl.col("start_date") >= days.min()) & (pl.col("end_date") <= days.max())
    return described(raw, lines, history_weeks, covered)


def described(
    raw: Mapping[str, pl.LazyFrame], lines: pl.DataFrame, history_weeks: int, chosen: pl.Expr
) -> pl.DataFrame:
    """As `offers`, of chosen campaigns."""
    every = raw["campaign_descriptions"].collect().sort("start_date", "campaign_id")
    started = every.select("start_date", campaign="campaign_id")
    about = every.filter(chosen)
    tables = {
        "sent": raw["campaigns"].rename({"campaign_id": "campaign", "household_id": "customer"}).collect(),
        "coupons": raw["coupons"].select(campaign="campaign_id", product="product_id").unique().collect(),
        "redeemed": raw["coupon_redemptions"]
        .select(campaign="campaign_id", customer="household_id", on="redemption_date")
        .collect(),
    }
    tables["received"] = tables["sent"].join(started, on="campaign")
    rows = [
        _campaign(campaign, tables, lines.lazy(), history_weeks) for campaign in about.iter_rows(named=True)
    ]
    return pl.concat(rows).sort("start", "campaign", "customer") if rows else pl.DataFrame()


def _campaign(
    campaign: Mapping[str, Any], tables: Mapping[str, pl.DataFrame], lines: pl.LazyFrame, history_weeks: int
) -> pl.DataFrame:
    """Describe the households of one campaign."""
    start, end = pl.lit(campaign["start_date"]), pl.lit(campaign["end_date"])
    mine = pl.col("campaign") == campaign["campaign_id"]
    products = tables["coupons"].filter(mine)
    window = (pl.col("time") < start) & (pl.col("time") >= start - pl.duration(weeks=history_weeks))
    redeemed = tables["redeemed"].lazy()
    parts = [
        *_past(lines.filter(window), products.lazy(), start),
        redeemed.filter(pl.col("on") < start).group_by("customer").agg(past_redemptions=pl.len()),
        tables["received"]
        .lazy()
        .filter(pl.col("start_date") < start)
        .group_by("customer")
        .agg(past_campaigns=pl.len()),
        lines.filter((pl.col("time") >= start) & (pl.col("time") < end + pl.duration(days=1)))
        .group_by("customer")
        .agg(during_baskets=pl.col("basket").n_unique(), during_coupon=pl.col("coupon").sum() / 100),
        redeemed.filter(mine).select("customer").unique().with_columns(redeemed=pl.lit(1)),
    ]
    table = tables["sent"].lazy().filter(mine)
    for part in parts:
        table = table.join(part, on="customer", how="left")
    unknown = ["past_recency", "past_promoted"]
    return (
        table.with_columns(
            pl.col("^(past|during)_.*|redeemed$").exclude(unknown).fill_null(0),
            start=start,
            end=end,
            campaign_type=pl.lit(campaign["campaign_type"]),
            campaign_days=(end - start).dt.total_days(),
            campaign_products=pl.lit(products.height),
        )
        .with_columns(pl.col(pl.UInt32, pl.Int32).cast(pl.Int64))
        .collect()
    )


def _past(past: pl.LazyFrame, products: pl.LazyFrame, start: pl.Expr) -> list[pl.LazyFrame]:
    """Earlier purchases, and the share the campaign's coupons cover."""
    habits = past.group_by("customer").agg(
        pl.col("spend", "coupon", "discount").sum().truediv(100).name.prefix("past_"),
        past_baskets=pl.col("basket").n_unique(),
        past_promoted=pl.col("promoted").mean(),
        past_recency=(start - pl.col("time").max()).dt.total_days(),
    )
    covered = past.join(products, on="product", how="semi")
    return [habits, covered.group_by("customer").agg(past_coupon_lines=pl.len())]
