"""Whom to contact for a budget and at other prices."""

import math
from io import BytesIO

import polars as pl
import streamlit as st

from personae.app import charts, shown
from personae.core.tables import csv
from personae.report.numbers import amount
from personae.targeting.plan import expected_curve, plan_contacts

AMOUNTS = {"cost": "Cost of a contact", "revenue": "Revenue of a response"}


@st.fragment
def download(whole: pl.DataFrame, name: str) -> None:
    """Offer the whole list, written only when asked for."""
    if st.button(f"Prepare all {whole.height:,} rows for download"):
        parquet = BytesIO()
        whole.write_parquet(parquet)
        st.download_button("Download CSV", csv(whole), f"{name}.csv", "text/csv")
        st.download_button("Download Parquet", parquet.getvalue(), f"{name}.parquet")


shown.say("Whom to contact", tag="h1")
result = shown.chosen()
if "targets" not in result.tables:
    shown.stop(f"{result.study} has no contact list: its settings name no cost and revenue")
report, currency = result.reports["target"], result.reports["answer"]["currency"]
asked = {
    name: column.number_input(label, 0.0, value=None, placeholder=f"{report[name]:g}, as set")
    for (name, label), column in zip(AMOUNTS.items(), st.columns(2), strict=True)
}
prices = {name: pl.lit(each, pl.Float64) for name, each in asked.items() if each is not None}
table = result.tables["targets"].with_columns(**prices)
probability, cost, revenue = (table[name].to_numpy() for name in ("probability", *AMOUNTS))
with shown.one_line_errors():
    plan = paying = plan_contacts(probability, cost, revenue)
step = 10.0 ** math.floor(math.log10(max(paying.spent, 1) / 50))
top = max(math.ceil(paying.spent / step), 1) * step
own = min((report["plan"] or {}).get("budget", top), top)
budget = st.slider("Budget", 0.0, top, own, step, key=f"budget {result.key} {asked}")
if budget < top:
    plan = plan_contacts(probability, cost, revenue, budget)
sums = (amount(each, currency).striptags() for each in (plan.spent, plan.profit, plan.shadow_price))
text = "Contact {:,} of {:,}: costs {}, expected to earn {}; one more unit of budget, {}."
shown.say(text.format(plan.contacts, table.height, *sums))
known = None if prices else result.tables["curves/profit"]
curve = pl.DataFrame(expected_curve(plan.expected_profit))
st.altair_chart(charts.profit(curve, known, plan.contacts / table.height, report["customers"]))
shown.say("Expected at these prices." if prices else "Line: expected. Band: 95 % interval on known answers.")
decision = pl.when(pl.Series(plan.contacted)).then(pl.lit("contact")).otherwise(pl.lit("leave"))
decided = table.with_columns(pl.Series("expected_profit", plan.expected_profit), decision=decision)
shown.long_table(decided.head(500))
download(decided, f"{result.study}-contacts")
