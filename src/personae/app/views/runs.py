"""Published runs of a study, and what differs between two."""

import streamlit as st

from personae.app import shown
from personae.history.changes import comparison
from personae.history.result import read_all, runs
from personae.report.summary import headlines

shown.say("Runs", tag="h1")
result = shown.chosen()
shown.cells(headlines([result.reports]), ("Main figures", "of the result here"))
with shown.one_line_errors():
    names = runs(result.study)
if not names:
    shown.stop(f"no run of {result.study} is published: `dvc repro track@{result.study}` does that")
pair = [
    column.selectbox(title, names, index=min(place, len(names) - 1), format_func=names.__getitem__)
    for place, (title, column) in enumerate(zip(("Run", "Compare with"), st.columns(2), strict=True))
]
if pair[0] == pair[1]:
    shown.stop("Choose two different runs." if len(names) > 1 else "Only one run is published.")
with shown.one_line_errors():
    st.code("\n".join(comparison(read_all(pair, result.study)).lines()), language=None)
