"""Lines of transactions to customers, as Narwhals expressions."""

import datetime

import narwhals as nw
from narwhals.typing import FrameT

from personae.features.clock import day_number, is_weekend

# Money is summed in whole ten-thousandths: a sum of floats depends on the order of its rows.
MONEY = 10_000


@nw.narwhalify
def basket_features(lines: FrameT, *, until: datetime.date) -> FrameT:
    """Describe each customer by the lines up to and including a day.

    Parameters
    ----------
    lines : one row a line: `customer`, `basket`, `item`, `day` (date), and `spend` (of the line, in whole
        ten-thousandths of the currency)
    until : the last day that counts; recency and tenure are counted back from it

    Returns
    -------
    One row a customer: `recency` and `tenure` in days (since the last and the first purchase), `frequency`
    (baskets), `spend` in all, `basket_value`, `items_per_basket`, `distinct_items`, `active_days`,
    `days_between` (mean of the gaps between shopping days; missing for one day only), `weekend_share` of
    the baskets in [0, 1].
    """
    known = lines.filter(nw.col("day") <= nw.lit(until))
    baskets = known.group_by("customer", "basket").agg(
        nw.col("day").min(), nw.col("spend").sum(), lines=nw.len()
    )
    heads = (
        baskets.with_columns(weekend=nw.when(is_weekend(nw.col("day"))).then(1).otherwise(0))
        .group_by("customer")
        .agg(
            nw.col("spend").sum(),
            nw.col("lines").sum(),
            nw.col("weekend").sum(),
            frequency=nw.len(),
            first=nw.col("day").min(),
            last=nw.col("day").max(),
            active_days=nw.col("day").n_unique(),
        )
    )
    items = known.group_by("customer").agg(distinct_items=nw.col("item").n_unique())
    first, last = day_number(nw.col("first")), day_number(nw.col("last"))
    pauses = nw.col("active_days") - 1
    return (
        heads.join(items, on="customer", how="left")
        .with_columns(
            recency=until.toordinal() - last,
            tenure=until.toordinal() - first,
            spend=nw.col("spend") / MONEY,
            basket_value=nw.col("spend") / MONEY / nw.col("frequency"),
            items_per_basket=nw.col("lines") / nw.col("frequency"),
            weekend_share=nw.col("weekend") / nw.col("frequency"),
            days_between=nw.when(pauses > 0).then((last - first) / pauses),
        )
        .select(
            *("customer", "recency", "tenure", "frequency", "spend", "basket_value", "items_per_basket"),
            *("distinct_items", "active_days", "days_between", "weekend_share"),
        )
    )
