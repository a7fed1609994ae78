"""Pictures of imputation: how far each method's error lies below the baseline's, and what was filled in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from personae.report import theme
from personae.report.numbers import percent
from personae.report.pictures.shapes import dot, name_axis, name_rows, threshold
from personae.report.theme import Picture, drawing, finish

COLOURS = {"impute": theme.GOOD, "baseline": theme.FAIR, "refuse": theme.BAD}
MARKERS = {"impute": "o", "baseline": "D", "refuse": "X"}


def gains(columns: Mapping[str, Any], folder: Path | None = None) -> Picture | None:
    """RMSE of the chosen method less that of the baseline, as a share of the baseline's, with intervals."""
    cases = [
        (f"{name}, {case}", column[case])
        for name, column in columns.items()
        for case in ("unseen", "known")
        if column.get(case) and column[case].get("baseline_rmse") and column[case].get("rmse") is not None
    ]
    if not cases:
        return None
    with drawing(64 + 22 * len(cases)) as figure:
        axes = figure.add_subplot()
        words = []
        for row, (name, found) in enumerate(cases):
            baseline = found["baseline_rmse"]
            bounds = [
                None if bound is None else bound / baseline
                for bound in found.get("difference_ci") or (None, None)
            ]
            change = found["rmse"] / baseline - 1
            look = {"color": COLOURS[found["verdict"]], "marker": MARKERS[found["verdict"]]}
            dot(axes, change, row, bounds, **look)
            words.append(f"{name}: {percent(change)}, {found['verdict']}")
        threshold(axes, 0, "as good as the baseline")
        name_rows(axes, [name for name, _ in cases], 30)
        axes.xaxis.set_major_formatter(lambda value, _: percent(value))
        axes.locator_params(axis="x", nbins=5)
        name_axis(axes, "error against the baseline (● impute, ◆ baseline, ✕ refuse)")
        return finish(
            figure, "imputation", "Error of imputation against the baseline. " + "; ".join(words), folder
        )
