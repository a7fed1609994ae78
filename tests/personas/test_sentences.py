from tests.app.project import committed

from personae.core.numbers import percent
from personae.personas.sentences import persona_sentences


def test_a_persona_is_said_with_the_numbers_of_its_reports():
    reports = committed("campaign")
    card = reports["personas"][0]
    said = " ".join(persona_sentences(reports, 0))
    low, high = map(percent, card["response_rate_ci"])
    jaccard = reports["segment"]["stability"]["jaccard"][reports["segment"]["ids"].index(card["id"])]
    assert f"{card['size']:,} of {reports['prepare']['rows']:,}" in said
    assert f"{percent(card['response_rate'])} (95 % interval {low} to {high})" in said
    assert f"With other samples of customers, {percent(jaccard)} of it stay together" in said
    assert card["rule"]["text"] in said
    # Personas of given groups are of no segments that could be drawn again.
    other = reports | {"segment": reports["segment"] | {"sizes": [1]}}
    assert "other samples" not in " ".join(persona_sentences(other, 0))
