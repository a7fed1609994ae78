"""Pictures of comparisons: separation of groups and effect sizes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from personae.core.numbers import rounded
from personae.report import theme
from personae.report.pictures.shapes import dots
from personae.report.theme import Picture

MOST = 20
LOOKS = {
    "keep": {"color": theme.ACCENT, "marker": "o"},
    "merge": {"color": theme.GOOD, "marker": "s"},
    "inconclusive": {"color": theme.FAIR, "marker": "D"},
}


def separation(pairs: Sequence[Mapping[str, Any]], folder: Path | None = None) -> Picture:
    """AUC of separating two groups' members, with intervals and verdicts."""
    shown = pairs[:MOST]
    words = "; ".join(f"{_pair(pair)}: {pair['verdict']}" for pair in shown)
    return dots(
        "merge",
        [
            (_pair(pair), pair["two_sample_auc"], pair.get("two_sample_ci"), LOOKS[pair["verdict"]])
            for pair in shown
        ],
        "AUC of telling them apart (● keep, ■ merge, ◆ inconclusive)",
        f"Which groups differ. {words}",
        folder,
        height=(64, 22),
        reference=(0.5, "alike"),
        length=30,
        limits=(min([0.4, *(pair["two_sample_ci"][0] or 0.4 for pair in shown)]) - 0.02, 1.02),
    )


def _pair(pair: Mapping[str, Any]) -> str:
    return f"{theme.shortened(pair['a'], 13)} | {theme.shortened(pair['b'], 13)}"


def effects(variables: Mapping[str, Mapping[str, Any]], folder: Path | None = None) -> Picture | None:
    """Effect size of every variable over all groups, the largest first."""
    known = {name: tested for name, tested in variables.items() if tested.get("effect") is not None}
    names = sorted(known, key=lambda name: (-known[name]["effect"], name))[:MOST]
    if not names:
        return None
    words = ", ".join(f"{name} {rounded(known[name]['effect'], 2)}" for name in names[:4])
    return dots(
        "effects",
        [
            (name, known[name]["effect"], known[name].get("effect_ci"), _look(known[name].get("p_adjusted")))
            for name in names
        ],
        "effect size (● adjusted p ≤ 0.05, ◆ not, or described only)",
        f"Variables by how far the groups differ: {words}",
        folder,
        height=(52, 21),
    )


def _look(p_adjusted: float | None) -> dict[str, str]:
    if p_adjusted is not None and p_adjusted <= 0.05:
        return {"color": theme.ACCENT, "marker": "o"}
    return {"color": theme.MUTED, "marker": "D"}
