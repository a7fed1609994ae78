"""What a customer with other inputs would be answered."""

import streamlit as st

from personae.app import shown
from personae.core.numbers import rounded
from personae.history.finished import FittedScorer, read_scorer
from personae.report.results import label
from personae.scoring.whatif import Case, Outcome, answer_case, find_case, outside, what_follows


@st.cache_resource(max_entries=1, show_spinner=False)
def fitted(key: str, study: str) -> FittedScorer:
    """Scorer of the result that the page shows."""
    found = read_scorer(study)
    if found.key != key:
        shown.stop("A new result has just been computed: load the page again.")
    return found


@st.cache_data(max_entries=8, show_spinner=False)
def known_case(key: str, customer: str, _own: FittedScorer) -> tuple[Case, Outcome] | None:
    """A customer as the study's data describe one, and the answer."""
    case = find_case(_own.scorer, _own.files, _own.customers, customer)
    return None if case is None else (case, answer_case(_own.scorer, case))


shown.say("What if", tag="h1")
result = shown.chosen()
customer = st.text_input("Customer, or nothing for a typical one").strip()
with shown.one_line_errors():
    own = fitted(result.key, result.study)
    found = known_case(result.key, customer, own)
if found is None:
    shown.stop("There is no such customer.")
case, now = found
outcome, named = st.container(), {name: label(name, result.labels) for name in case.inputs}
cells = {}
for name in st.multiselect("Change", list(case.inputs), format_func=named.__getitem__):
    shown.say(f"{named[name]}:")
    key = f"{result.key} {customer} {name}"
    cells[name] = st.text_input("Changed to", case.row.table[name][0] or "", key=key)
then = answer_case(own.scorer, case.changed(cells))
with outcome:
    for title, each in (("Now", now), ("Then", then)):
        shown.say(f"{title}: {'. '.join(each.told())}.")
follows = [(label(name, result.labels), *values) for name, *values in what_follows(now, then, cells)]
if follows:
    shown.cells(follows, ("what follows", "now", "then"))
for name in outside(then.prepared, own.ranges):
    low, high = map(rounded, own.ranges[name])
    shown.say(
        f"{label(name, result.labels)} is outside of {low} to {high} in the data: the answer is a guess."
    )
if not case.raw:
    shown.say("Each column is changed by itself: a customer here takes several rows, which are not shown.")
