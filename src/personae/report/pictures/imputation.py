"""Picture of imputation: how far each method's error lies below the baseline's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from personae.core.numbers import percent
from personae.report import theme
from personae.report.pictures.shapes import dots
from personae.report.theme import Picture

CASES = {"unseen": "no value", "known": "earlier values"}
LOOKS = {
    "impute": {"color": theme.GOOD, "marker": "o"},
    "baseline": {"color": theme.FAIR, "marker": "D"},
    "refuse": {"color": theme.BAD, "marker": "X"},
}


def gains(columns: Mapping[str, Any], folder: Path | None = None) -> Picture | None:
    """Relative RMSE change of the chosen method against the baseline, with intervals."""
    rows, words = [], []
    for name, column in columns.items():
        for case, who in CASES.items():
            scores = column.get(case)
            if not scores or not scores.get("baseline_rmse") or scores.get("rmse") is None:
                continue
            baseline = scores["baseline_rmse"]
            change = scores["rmse"] / baseline - 1
            differences = scores.get("difference_ci") or (None, None)
            bounds = [None if bound is None else bound / baseline for bound in differences]
            rows.append((f"{name}, {who}", change, bounds, LOOKS[scores["verdict"]]))
            words.append(f"{name}, {who}: {percent(change)}, {scores['verdict']}")
    if not rows:
        return None
    return dots(
        "imputation",
        rows,
        "error against the baseline (● impute, ◆ baseline, ✕ refuse)",
        "Error of imputation against the baseline. " + "; ".join(words),
        folder,
        height=(64, 22),
        reference=(0, "as good as the baseline"),
        length=30,
        tick=percent,
        bins=5,
    )
