"""Picture of the rules behind promotions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from personae.report import theme
from personae.report.numbers import rounded
from personae.report.pictures.shapes import dot, name_axis, name_rows
from personae.report.theme import Picture, drawing, finish

MOST = 25


def joined(items: Any) -> str:
    """Write one side of a rule: an item or several.

    Examples
    --------
    >>> joined(["herbs", "rice"]), joined("oil")
    ('herbs + rice', 'oil')
    """
    return str(items) if isinstance(items, str) else " + ".join(map(str, items))


def lifts(promotions: Sequence[Mapping[str, Any]], folder: Path | None = None) -> Picture:
    """Lift of each rule on later baskets beside what shuffled baskets reach."""
    shown = sorted(promotions, key=lambda rule: -(rule["replay"]["lift"] or 0))[:MOST]
    with drawing(60 + 22 * len(shown)) as figure:
        axes = figure.add_subplot()
        names = [f"{joined(rule['antecedent'])} → {joined(rule['consequent'])}" for rule in shown]
        for row, rule in enumerate(shown):
            again = rule["replay"]
            dot(axes, again["lift"], row, (again["lift_lower"], again["lift"]))
            axes.plot(
                [again["null_p95"]], [row], marker="|", markersize=11, markeredgewidth=2, color=theme.SECOND
            )
        axes.axvline(1, color=theme.INK, linewidth=1)
        name_rows(axes, names, 32)
        name_axis(axes, "lift on later baskets, lower bound to value; | by chance (95 %)")
        words = ", ".join(
            f"{name} {rounded(rule['replay']['lift'] or 0, 2)}"
            for name, rule in zip(names[:4], shown, strict=False)
        )
        return finish(figure, "lifts", f"Rules that hold again on later baskets, by lift: {words}", folder)
