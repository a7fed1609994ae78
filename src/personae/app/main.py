"""What `personae app` serves: a list of pages, and the study that they are about."""

from pathlib import Path

import streamlit as st

from personae.app import shown
from personae.history.finished import studies

PAGES = {
    "overview": "Overview",
    "people": "Personas",
    "whatif": "What if",
    "contact": "Whom to contact",
    "rules": "Rules",
    "days": "Unusual days",
    "runs": "Runs",
}

st.set_page_config(page_title="Personae", layout="wide")
st.html(shown.STYLE)
page = st.navigation(
    [st.Page(Path(__file__).parent / "views" / f"{name}.py", title=title) for name, title in PAGES.items()]
)
with shown.one_line_errors():
    names = studies()
# Else the choice is forgotten on a page that does not ask for it.
st.session_state["study"] = st.session_state.get("study", names[0])
if page.title != PAGES["overview"]:
    st.selectbox("Study", names, key="study")
page.run()
