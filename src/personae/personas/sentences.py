"""A persona in plain sentences, with the numbers that they rest on."""

from collections.abc import Mapping
from typing import Any

from personae.core.numbers import percent


def persona_sentences(reports: Mapping[str, Any], place: int) -> list[str]:
    """Say who is in a persona, how sure that is, and what to do.

    Parameters
    ----------
    reports
        Contents of `personas.json`, `prepare.json` and `segment.json` by name without ending.
    place
        Of the persona in `personas.json`.
    """
    card, prepared, segments = reports["personas"][place], reports["prepare"], reports["segment"]
    said = [f"{card['size']:,} of {prepared['rows']:,}, {percent(card['share'])}."]
    if card["response_rate"] is not None:
        event = prepared.get("event", {}).get("text", "answered yes")
        bounds = " to ".join(percent(bound) for bound in card["response_rate_ci"] or ())
        said.append(f"“{event}”: {percent(card['response_rate'])} (95 % interval {bounds}).")
    # Else the personas are of given groups, which nothing redraws.
    if [each["size"] for each in reports["personas"]] == segments["sizes"]:
        kept = dict(zip(segments["ids"], segments["stability"]["jaccard"], strict=True))[card["id"]]
        said.append(f"With other samples of customers, {percent(kept)} of it stay together on average.")
    said += [f"What to do: {card['action']}."] if card["action"] else []
    said += [f"In a rule: {card['rule']['text']}.", *(f"Beware: {each}." for each in card["caveats"])]
    return [*said, *(f"Border {each}." for each in card.get("borders", ()))]
