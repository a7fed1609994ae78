from dataclasses import replace

import numpy as np

from personae.personas.cards import Persona
from personae.personas.markdown import cards_markdown

RULE = {
    "text": "income > 5",
    "fidelity": 0.9,
    "fidelity_ci": (0.7, 0.97),
    "coverage": 0.8,
    "coverage_ci": (0.6, 0.9),
}
CARD = Persona(
    id=0,
    name="<script>alert(1)</script>",
    size=1200,
    share=0.4,
    drivers=(),
    rule=RULE,
    exemplar={"customer": np.int64(7)},
    response_rate=0.2,
    response_rate_ci=(0.1, 0.3),
    action="call",
    caveats=("small: 3 customers",),
)


def test_text_from_data_is_shown_as_text():
    text = cards_markdown("campaign", [CARD], "weak", "original")
    assert "<script>" not in text
    assert "alert(1)" in text


def test_a_rule_that_could_not_be_checked_says_so():
    unchecked = replace(CARD, rule=dict.fromkeys(RULE) | {"text": "income > 5"})
    text = cards_markdown("campaign", [unchecked], "weak", "original")
    assert "Too few customers to check it on" in text
    assert "nan" not in text


def test_synthetic_data_is_marked():
    assert "Synthetic" in cards_markdown("campaign", [CARD], "weak", "sample")
    assert "Synthetic" not in cards_markdown("campaign", [CARD], "weak", "original")


def test_a_card_tells_of_its_borders_and_is_silent_on_an_action_that_is_none():
    card = replace(CARD, action="", borders=("towards segment 1 (b): a cut",))
    text = cards_markdown("campaign", [card], "weak", "original")
    assert "**Borders**: towards segment 1 (b): a cut." in text
    assert "What to do" not in text
    assert "interval given these segments" in text
    text = cards_markdown("campaign", [card], "weak", "original", headline="2 natural groups")
    assert text.index("2 natural groups") < text.index("1 segments, verdict")


def test_a_card_says_how_many_how_sure_and_what_to_do():
    text = cards_markdown("campaign", [CARD], "weak", "original")
    for part in (
        "1,200 customers, 40 %",
        "10 % to 30 %",
        "**What to do**: call",
        "small: 3 customers",
        "**weak**",
    ):
        assert part in text
