"""Charts of the pages; text from data only in labels, which Vega draws as text."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

LEGEND = alt.Legend(orient="top", title=None, columns=1, labelLimit=280)


def effects(rows: Sequence[dict[str, Any]]) -> alt.LayerChart | alt.FacetChart:
    """Effects of personas on one axis; rows hold persona, feature, effect and its interval."""
    table = pl.DataFrame(rows).with_columns(low=pl.col("ci").list.first(), high=pl.col("ci").list.last())
    base = alt.Chart(table.drop("ci")).encode(
        y=alt.Y("feature:N", sort=None, title=None, axis=alt.Axis(labelLimit=160)),
        yOffset="persona:N",
        color=alt.Color("persona:N", legend=LEGEND, scale=alt.Scale(range=["#2a7ab9", "#d9730d"])),
    )
    axis = alt.X("low:Q", title="standard deviations from all, given these segments")
    chart: alt.LayerChart = base.mark_rule().encode(x=axis, x2="high:Q") + base.mark_point(
        filled=True
    ).encode(x="effect:Q")
    return chart


def profit(
    expected: pl.DataFrame, known: pl.DataFrame | None, share: float, cases: int
) -> alt.LayerChart | alt.FacetChart:
    """Profit per 100 customers by the share contacted.

    Parameters
    ----------
    expected : share and profit of the whole list, which starts at 0 and ends at all
    known : share, profit_lower and profit_upper on known answers; None at other prices
    share : of the plan, marked
    cases : number of known answers
    """
    x = alt.X("share:Q", title="share contacted", axis=alt.Axis(format="%"))
    y = alt.Y("profit:Q", title="profit per 100 customers")
    line = alt.Chart(expected).mark_line().encode(x=x, y=y)
    rule = alt.Chart(pl.DataFrame({"share": [share]})).mark_rule(color="gray", strokeDash=[4, 4]).encode(x=x)
    chart = alt.layer(line, rule)
    if known is not None:
        bounds = known.select("share", pl.col("profit_lower", "profit_upper") * 100 / cases)
        band = alt.Chart(bounds).mark_area(opacity=0.25).encode(x=x, y="profit_lower:Q", y2="profit_upper:Q")
        chart = alt.layer(band, line, rule)
    return chart
