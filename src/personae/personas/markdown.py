"""Persona cards as Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from personae.core.markdown import escaped
from personae.core.numbers import percent, rounded
from personae.personas.cards import Persona

SYNTHETIC = "**Synthetic sample data: these customers do not exist.**"


def cards_markdown(
    study: str,
    cards: Sequence[Persona],
    verdict: str,
    data: str,
    *,
    event: str = "Accepted the offer",
    headline: str = "",
) -> str:
    """Write the cards of a study.

    Parameters
    ----------
    study, cards
        Name of the study and its personas.
    verdict
        What the data says of the segments, as in `segment.json`.
    data
        sample, original or other, as in `prepare.json`.
    event
        What the response is a share of.
    headline
        How many groups are natural, as in `segment.json`.
    """
    lines = [f"# Personas of study {escaped(study)}", ""]
    if data == "sample":
        lines += [SYNTHETIC, ""]
    lines += [f"**{headline}.**", ""] if headline else []
    lines += [f"{len(cards)} segments, verdict: **{verdict}**.", ""]
    for card in cards:
        lines += _card(card, event)
    return "\n".join(lines)


def _counted(card: Persona) -> str:
    """Rate as counted, where it reads otherwise than the pooled one."""
    if card.response_rate is None or card.response_rate_raw is None:
        return ""
    pooled, counted = percent(card.response_rate), percent(card.response_rate_raw)
    return "" if pooled == counted else f", drawn to the other segments' rates; {counted} as counted"


def _card(card: Persona, event: str) -> list[str]:
    lines = [
        f"## {card.id}: {escaped(card.name)}",
        "",
        f"{card.size:,} customers, {percent(card.share)} of all.",
        "",
    ]
    if card.response_rate is not None and card.response_rate_ci is not None:
        rate, low, high = map(percent, (card.response_rate, *card.response_rate_ci))
        lines += [
            f"{escaped(event)}: {rate} (95 % interval {low} to {high}){_counted(card)}.",
            "",
        ]
    lines += [
        "| what sets them apart | segment | all customers | effect in sd "
        "| 95 % interval given these segments |",
        "|---|---:|---:|---:|---:|",
        *(_driver(driver) for driver in card.drivers),
        "",
        _rule(card.rule),
        "",
        f"**A typical customer**: {escaped(str(card.exemplar['customer']))}.",
        "",
    ]
    if card.action:
        lines += [f"**What to do**: {escaped(card.action)}.", ""]
    if card.borders:
        lines += [f"**Borders**: {escaped('; '.join(card.borders))}.", ""]
    if card.caveats:
        lines += [f"**Beware**: {escaped('; '.join(card.caveats))}.", ""]
    return lines


def _rule(rule: Mapping[str, Any]) -> str:
    text = f"**In a rule**: {escaped(rule['text'])}."
    if rule["fidelity"] is None or rule["coverage"] is None:
        return f"{text} Too few customers to check it on."
    return (
        f"{text} Of the customers who meet it {percent(rule['fidelity'])} belong"
        f" to the segment; it covers {percent(rule['coverage'])} of the segment."
    )


def _driver(driver: Mapping[str, Any]) -> str:
    low, high = driver["ci"]
    value, overall = (rounded(driver[name], plain=True) for name in ("value", "overall"))
    return (
        f"| {escaped(driver['label'])} | {value} | {overall} "
        f"| {driver['effect']:+.2f} | {low:+.2f} to {high:+.2f} |"
    )
