"""The answer of every study on one screen."""

import streamlit as st

from personae.app import shown
from personae.core.errors import PersonaeError, one_line
from personae.history.finished import studies

PARTS = {"found": "What was found", "trust": "Can I trust it", "action": "What to do"}

shown.say("Overview", tag="h1")
for study in studies():
    with st.container(border=True):
        try:
            result = shown.results().read(study)
        except PersonaeError as error:
            shown.say(one_line(str(error)))
            continue
        answer, prepared = result.reports["answer"], result.reports["prepare"]
        shown.say(f"{study}: {answer['question']}", tag="h2")
        sample = "; synthetic sample: they do not exist" if prepared["data"] == "sample" else ""
        shown.say(f"{prepared['rows']:,} {answer['unit_name']}{sample}", *filter(None, [answer.get("note")]))
        for column, (part, title) in zip(st.columns(3), PARTS.items(), strict=True):
            with column:
                shown.say(title, tag="h3")
                shown.statements(answer[part])
