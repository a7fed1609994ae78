"""One persona, and another on the same axis."""

import streamlit as st

from personae.app import charts, shown
from personae.personas.cards import Persona
from personae.personas.markdown import cards_markdown
from personae.personas.sentences import persona_sentences
from personae.report.results import label

shown.say("Personas", tag="h1")
result = shown.chosen()
cards, prepared, segments = (result.reports[name] for name in ("personas", "prepare", "segment"))
names = [f"{card['id']}: {card['name']}" for card in cards]
left, right = st.columns(2)
one = left.selectbox("Persona", range(len(cards)), format_func=names.__getitem__)
others = [None, *(place for place in range(len(cards)) if place != one)]
other = right.selectbox("Compare with", others, format_func=lambda each: "-" if each is None else names[each])
card = cards[one]

shown.say(names[one], tag="h2")
shown.say(*persona_sentences(result.reports, one))

effects = [
    {"feature": each["label"], "effect": each["effect"], "ci": each["ci"], "persona": names[place]}
    for place in (one, other)
    if place is not None
    for each in cards[place]["drivers"]
]
if effects:
    st.altair_chart(charts.effects(effects))
drivers = card["drivers"]
shown.cells(
    [(each["label"], each["value"], each["overall"]) for each in drivers], ("on average", "here", "all")
)
shown.say("A typical customer", tag="h2")
shown.cells(
    [(label(name, result.labels), value) for name, value in card["exemplar"].items()], ("what", "value")
)
text = cards_markdown(result.study, [Persona(**card)], segments["verdict"], prepared["data"])
st.download_button("Download the card", text, f"{result.study}-{card['id']}.md", "text/markdown")
