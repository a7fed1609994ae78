"""Pictures of comparisons: how well two groups can be told apart, and how far variables differ."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from personae.report import theme
from personae.report.numbers import rounded
from personae.report.pictures.shapes import dot, name_axis, name_rows, threshold
from personae.report.theme import Picture, drawing, finish

MOST = 20
COLOURS = {"keep": theme.ACCENT, "merge": theme.GOOD, "inconclusive": theme.FAIR}
MARKERS = {"keep": "o", "merge": "s", "inconclusive": "D"}


def told_apart(pairs: Sequence[Mapping[str, Any]], folder: Path | None = None) -> Picture:
    """AUC of telling the members of two groups apart, with intervals and verdicts."""
    shown = pairs[:MOST]
    with drawing(64 + 22 * len(shown)) as figure:
        axes = figure.add_subplot()
        for row, pair in enumerate(shown):
            look = {"color": COLOURS[pair["verdict"]], "marker": MARKERS[pair["verdict"]]}
            dot(axes, pair["two_sample_auc"], row, pair.get("two_sample_ci"), **look)
        threshold(axes, 0.5, "alike")
        name_rows(axes, [_pair(pair) for pair in shown], 30)
        axes.set_xlim(min([0.4, *(pair["two_sample_ci"][0] or 0.4 for pair in shown)]) - 0.02, 1.02)
        name_axis(axes, "AUC of telling them apart (● keep, ■ merge, ◆ inconclusive)")
        words = "; ".join(f"{_pair(pair)}: {pair['verdict']}" for pair in shown)
        return finish(figure, "merge", f"Which groups differ. {words}", folder)


def _pair(pair: Mapping[str, Any]) -> str:
    return f"{theme.shortened(pair['a'], 13)} | {theme.shortened(pair['b'], 13)}"


def effects(variables: Mapping[str, Mapping[str, Any]], folder: Path | None = None) -> Picture | None:
    """Effect size of every variable over all groups, the largest first."""
    known = {name: found for name, found in variables.items() if found.get("effect") is not None}
    names = sorted(known, key=lambda name: (-known[name]["effect"], name))[:MOST]
    if not names:
        return None
    with drawing(52 + 21 * len(names)) as figure:
        axes = figure.add_subplot()
        for row, name in enumerate(names):
            adjusted = known[name].get("p_adjusted")
            sure = adjusted is not None and adjusted <= 0.05
            colour = theme.ACCENT if sure else theme.MUTED
            dot(
                axes,
                known[name]["effect"],
                row,
                known[name].get("effect_ci"),
                color=colour,
                marker="o" if sure else "D",
            )
        axes.axvline(0, color=theme.INK, linewidth=1)
        name_rows(axes, names)
        name_axis(axes, "effect size (● adjusted p ≤ 0.05, ◆ not, or described only)")
        words = ", ".join(f"{name} {rounded(known[name]['effect'], 2)}" for name in names[:4])
        return finish(figure, "effects", f"Variables by how far the groups differ: {words}", folder)
