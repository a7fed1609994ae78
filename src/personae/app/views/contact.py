"""The contact list for a budget and at other prices."""

import polars as pl
import streamlit as st

from personae.app import charts, shown
from personae.report.numbers import amount
from personae.targeting.plan import budget_steps, expected_curve, plan_table

AMOUNTS = {"cost": "Cost of a contact", "revenue": "Revenue of a response"}


@st.cache_data(max_entries=8, show_spinner=False)
def at_prices(key: str, prices: list[float | None], _table: pl.DataFrame) -> tuple[float, pl.DataFrame]:
    """Cost of all contacts that pay, and profit by the share contacted."""
    plan = plan_table(_table)
    return plan.spent, pl.DataFrame(expected_curve(plan.expected_profit))


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
with shown.one_line_errors():
    most, curve = at_prices(result.key, list(asked.values()), table)
step, top = budget_steps(most)
own = min((report["plan"] or {}).get("budget", top), top)
budget = st.slider("Budget", 0.0, top, own, step, key=f"budget {result.key} {asked}")
plan = plan_table(table, budget if budget < top else None)
sums = plan.spent, plan.profit, plan.shadow_price
spent, profit, more = (amount(each, currency).striptags() for each in sums)
text = f"Contact {plan.contacts:,} of {table.height:,}: expected profit {profit} after {spent} for contacts"
shown.say(text + (f"; one more unit of budget, {more}." if plan.shadow_price else "."))
known = None if prices else result.tables["curves/profit"]
st.altair_chart(charts.profit(curve, known, plan.contacts / table.height, report["customers"]))
shown.say("Line: expected." if prices else "Line: expected. Band: 95 % interval on known answers.")
shown.long_table(plan.of(table.head(500)))
shown.download(lambda: plan.of(table), table.height, f"{result.study}-contacts")
