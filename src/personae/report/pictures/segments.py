"""Pictures of segments: sizes, drivers, choice of k, stability."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from personae.core.numbers import percent, rounded
from personae.core.statistics import STABLE
from personae.report import theme
from personae.report.pictures.shapes import bars, dots, key, name_axis, threshold
from personae.report.theme import Picture, drawing, finish

Rows = Sequence[Mapping[str, Any]]
NULL_MODELS = {
    "gaussian": ("one Gaussian", (0, (4, 2))),
    "box": ("uniform", (0, (1, 1.5))),
    "skewed": ("skewed", (0, (6, 1, 1, 1))),
}


def shares(personas: Rows, folder: Path | None = None) -> Picture:
    """Share of customers in each segment."""
    with drawing(14 + 38 * len(personas)) as figure:
        axes = figure.add_subplot()
        for row, persona in enumerate(personas):
            axes.barh(row, persona["share"], height=0.42, color=theme.segment_colour(row))
            axes.text(persona["share"], row, f" {percent(persona['share'])}", va="center", fontsize=9.5)
            name = theme.shortened(f"{persona['id']} · {persona['name']}", 54)
            axes.text(0, row - 0.3, name, va="bottom", fontsize=10)
        axes.set_ylim(len(personas) - 0.7, -0.8)
        axes.set_yticks([])
        axes.set_xlim(0, max(persona["share"] for persona in personas) * 1.25)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        words = ", ".join(f"{persona['name']} {percent(persona['share'])}" for persona in personas)
        return finish(figure, "segments", f"Share of customers in each segment: {words}", folder)


def widest(personas: Rows) -> float:
    """Half the axis that the drivers of all segments share, in standard deviations."""
    drivers_of_all = [driver for persona in personas for driver in persona["drivers"]]
    bounds = [bound for driver in drivers_of_all for bound in (*driver["ci"], driver["effect"])]
    return max(1.0, *(abs(float(bound)) for bound in bounds if bound is not None))


def drivers(persona: Mapping[str, Any], position: int, half: float, folder: Path | None = None) -> Picture:
    """Standardised drivers of a segment, with intervals, on an axis from -`half` to `half`."""
    shown = persona["drivers"]
    look = {"color": theme.segment_colour(position), "marker": theme.segment_marker(position)}
    names = [driver.get("label", driver["feature"]) for driver in shown]
    words = ", ".join(
        f"{name} {_signed(driver['effect'])}" for name, driver in zip(names[:4], shown, strict=False)
    )
    return dots(
        f"drivers-{position}",
        [(name, driver["effect"], driver["ci"], look) for name, driver in zip(names, shown, strict=True)],
        "standard deviations from all, given these segments",
        f"What sets {persona['name']} apart, in standard deviations: {words}",
        folder,
        height=(44, 22),
        limits=(-1.08 * half, 1.08 * half),
    )


def _signed(value: float | None) -> str:
    return "unknown" if value is None else ("+" if value > 0 else "") + rounded(value, 2)


def choice(candidates: Rows, chosen: int, name: str, folder: Path | None = None) -> Picture:
    """Silhouette and stability by k, with the null distribution's 95th percentiles."""
    candidates = [row for row in candidates if row.get("silhouette") is not None]
    with drawing(380) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True)
        ks = [row["k"] for row in candidates]
        for model, (title, dashes) in NULL_MODELS.items():
            line = [row.get(f"{model}_p95") for row in candidates]
            if any(value is not None for value in line):
                upper.plot(
                    ks, line, color=theme.MUTED, linestyle=dashes, linewidth=1.3, label=f"null model: {title}"
                )
        for row in candidates:
            _candidate(upper, row, "silhouette", chosen)
            _candidate(lower, row, "min_jaccard", chosen)
            _candidate(lower, row, "prediction_strength", chosen, marker="x")
        upper.set_title("Silhouette, and 95th percentiles of null models")
        if upper.get_legend_handles_labels()[0]:
            key(figure)
        lower.set_title("Stability: Jaccard (●), prediction (×)")
        threshold(lower, STABLE, "stable from 0.75", vertical=False)
        lower.set_ylim(0, 1.08)
        lower.set_xticks(ks)
        name_axis(lower, "number of segments k; the selected one is filled")
        words = ", ".join(f"k={row['k']} silhouette {rounded(row['silhouette'])}" for row in candidates)
        return finish(figure, name, f"Choice of k; {chosen} was selected. {words}", folder)


def _candidate(axes: Axes, row: Mapping[str, Any], name: str, chosen: int, marker: str = "o") -> None:
    if row.get(name) is None:
        return
    k, low, high = row["k"], row.get(f"{name}_low"), row.get(f"{name}_high")
    if low is not None and high is not None:
        axes.plot([k, k], [low, high], color=theme.ACCENT, linewidth=2, alpha=0.6)
    face = theme.ACCENT if k == chosen else theme.PAPER
    axes.plot(
        [k], [row[name]], marker, color=theme.ACCENT, markerfacecolor=face, markeredgewidth=1.6, markersize=7
    )


def stability(names: Sequence[str], jaccard: Sequence[float | None], folder: Path | None = None) -> Picture:
    """Bootstrap Jaccard similarity of each segment."""
    texts = ["unknown" if value is None else rounded(value, 2) for value in jaccard]
    words = ", ".join(f"{name} {text}" for name, text in zip(names, texts, strict=True))
    return bars(
        "stability",
        [
            (name, value, theme.segment_colour(row), text)
            for row, (name, value, text) in enumerate(zip(names, jaccard, texts, strict=True))
        ],
        "mean Jaccard similarity over bootstraps",
        f"Stability of each segment: {words}",
        folder,
        height=(58, 24),
        text_at=1.02,
        text_size=9.5,
        reference=(STABLE, "stable from 0.75"),
        length=30,
        limits=(0, 1.12),
        ticks=(0, 0.25, 0.5, 0.75, 1),
    )


def dendrogram(merges: Sequence[Sequence[float]], folder: Path | None = None) -> Picture:
    """Dendrogram of Ward's method, its leaves small groups already joined."""
    from scipy.cluster import hierarchy  # noqa: PLC0415 - one picture needs it

    # A leaf is a group of many customers; SciPy wants the number of leaves below each join.
    leaves = [1] * (len(merges) + 1)
    for first, second, *_ in merges:
        leaves.append(leaves[int(first)] + leaves[int(second)])
    linkage = [[*merge[:3], below] for merge, below in zip(merges, leaves[len(merges) + 1 :], strict=True)]
    tree = hierarchy.dendrogram(np.asarray(linkage, dtype=float), no_plot=True)
    with drawing(220) as figure:
        axes = figure.add_subplot()
        for across, up in zip(tree["icoord"], tree["dcoord"], strict=True):
            axes.plot(across, up, color=theme.ACCENT, linewidth=1.1)
        axes.set_xticks([])
        axes.set_ylim(0)
        axes.set_title("How Ward’s method joins customers")
        axes.set_ylabel("distance")
        last = ", ".join(rounded(merge[2]) for merge in list(merges)[:-4:-1])
        return finish(
            figure,
            "dendrogram",
            f"Dendrogram of Ward's method; the last joins are at distance {last}",
            folder,
        )
