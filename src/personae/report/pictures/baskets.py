"""Picture of the rules behind promotions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from personae.core.numbers import rounded
from personae.report.pictures.shapes import dots
from personae.report.theme import Picture
from personae.report.traced import Traced

MOST = 25


def joined(items: Any) -> str:
    """Write one side of a rule: an item or several.

    Examples
    --------
    >>> joined(["herbs", "rice"]), joined("oil")
    ('herbs + rice', 'oil')
    """
    return str(items) if isinstance(items, str) else " + ".join(map(str, items))


def by_rule(promotions: Traced) -> list[tuple[Traced, dict[Any, Traced]]]:
    """Each rule's first promotion, and its promotions by segment.

    Examples
    --------
    >>> rows = [{"segment": s, "antecedent": ["a"], "consequent": ["b"]} for s in ("everybody", "1")]
    >>> [(first["segment"].raw, list(by_segment)) for first, by_segment in by_rule(Traced(rows, ""))]
    [('everybody', ['everybody', '1'])]
    """
    rules: dict[tuple[str, str], dict[Any, Traced]] = {}
    for each in promotions:
        sides = joined(each["antecedent"].raw), joined(each["consequent"].raw)
        rules.setdefault(sides, {})[each["segment"].raw] = each
    return [(next(iter(segments.values())), segments) for segments in rules.values()]


def lifts(promotions: Sequence[Mapping[str, Any]], folder: Path | None = None) -> Picture:
    """Lift of each rule on later baskets, compared with shuffled baskets."""
    shown = sorted(promotions, key=lambda rule: -(rule["replay"]["lift"] or 0))[:MOST]
    names = [f"{joined(rule['antecedent'])} → {joined(rule['consequent'])}" for rule in shown]
    replays = [rule["replay"] for rule in shown]
    words = ", ".join(
        f"{name} {rounded(again['lift'] or 0, 2)}" for name, again in zip(names[:4], replays, strict=False)
    )
    return dots(
        "lifts",
        [
            (name, again["lift"], (again["lift_lower"], again["lift"]), {})
            for name, again in zip(names, replays, strict=True)
        ],
        "lift on later baskets, lower bound to value; | by chance (95 %)",
        f"Rules that hold again on later baskets, by lift: {words}",
        folder,
        height=(60, 22),
        reference=(1, ""),
        marks=[again["null_p95"] for again in replays],
        length=32,
    )
