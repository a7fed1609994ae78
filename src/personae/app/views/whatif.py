"""Which segment a customer would be in with other values."""

import polars as pl
import streamlit as st

from personae.app import shown
from personae.core.numbers import rounded
from personae.history.finished import FittedSegments, read_segments
from personae.report.results import label


@st.cache_resource(max_entries=1, show_spinner=False)
def fitted(key: str, study: str) -> FittedSegments:
    """Segments of the result that the page shows."""
    segments = read_segments(study)
    if segments.key != key:
        shown.stop("A new result has just been computed: load the page again.")
    return segments


shown.say("What if", tag="h1")
result = shown.chosen()
with shown.one_line_errors():
    segments = fitted(result.key, result.study)
customers, space = segments.customers, segments.segmenter.space
names = {card["id"]: card["name"] for card in result.reports["personas"]} if shown.of_segments(result) else {}

known = st.text_input("Customer, or nothing for an average one", customers["customer"][0]).strip()
averages = [
    *(pl.mean(name) for name in space.columns),
    *(pl.col(name).mode().first() for name in space.categorical),
]
rows = customers.filter(pl.col("customer").cast(pl.String) == known) if known else customers.select(averages)
if not rows.height:
    shown.stop("There is no such customer.")
person = rows.head(1)
labels = {name: label(name, result.labels) for name in space.columns}
outcome = st.container()
moved = st.multiselect("Change", list(space.columns), format_func=labels.__getitem__)
for name in moved:
    here, (low, high) = person[name][0], customers.select(low=pl.min(name), high=pl.max(name)).row(0)
    shown.say(f"{labels[name]}: {rounded(here)} now, from {rounded(low)} to {rounded(high)} in the data")
    value = st.number_input("To", value=float(here), key=f"{result.key} {known} {name}")
    person = person.with_columns(pl.lit(value).alias(name))
    if not low <= value <= high:
        shown.say("Outside of what the segments were made of: what follows is a guess.")
both = segments.segmenter.predict(pl.concat([rows.head(1), person], how="vertical_relaxed").to_pandas())
for title, row in zip(("Now", "Then"), both.itertuples(), strict=True):
    name = "no segment" if row.segment < 0 else f"{row.segment}: {names.get(row.segment, 'segment')}"
    far = ", far from every segment" if row.far else ""
    with outcome:
        shown.say(f"{title}: {name}{far}. Margin {row.margin:.2f}: 0 at the border, 1 at the centre.")
shown.say("Each column is changed by itself: what is computed from it stays. No response is predicted here.")
