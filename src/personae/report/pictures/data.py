"""Pictures of the data: distributions, gaps, correlations."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from personae.core.numbers import percent, rounded
from personae.report import theme
from personae.report.pictures.shapes import bars, name_rows
from personae.report.theme import Picture, drawing, finish

LABELLED = 14


def distribution(name: str, column: Mapping[str, Any], number: int) -> Picture:
    """Small histogram of a number, or bars of a category."""
    numbers = column["kind"] == "number"
    with drawing(92, 180) as figure:
        # Of a number no text stands left of the bars: nothing is to be found out about the places.
        axes = figure.add_axes((0.03, 0.2, 0.94, 0.77)) if numbers else figure.add_subplot()
        if numbers:
            figure.set_layout_engine("none")
        axes.grid(visible=False)
        axes.tick_params(length=0, labelsize=8.5, labelcolor=theme.MUTED)
        if numbers:
            edges = column["edges"]
            widths = [high - low for low, high in pairwise(edges)]
            axes.bar(
                edges[:-1],
                column["counts"],
                [0.94 * width for width in widths],
                align="edge",
                color=theme.ACCENT,
            )
            axes.set_yticks([])
            ends = [edges[0], edges[-1]]
            axes.set_xticks(ends, [rounded(column["minimum"]), rounded(column["maximum"])])
            first, last = axes.get_xticklabels()
            first.set_horizontalalignment("left")
            last.set_horizontalalignment("right")
            axes.axvline(column["median"], color=theme.INK, linewidth=1.2)
            alt = (
                f"Histogram of {name}: {rounded(column['minimum'])} to {rounded(column['maximum'])}, "
                f"median {rounded(column['median'])}"
            )
        else:
            shown = [(level, count) for level, count in column["levels"]][:5]
            axes.barh(range(len(shown)), [count for _, count in shown], height=0.75, color=theme.ACCENT)
            name_rows(axes, [level for level, _ in shown], 16)
            axes.set_xticks([])
            axes.spines["bottom"].set_visible(False)
            alt = f"Bars of {name}: " + ", ".join(f"{level} {count:,}" for level, count in shown)
        return finish(figure, f"column-{number}", alt)


def correlation_map(correlations: Mapping[str, Any], folder: Path | None = None) -> Picture:
    """Rank correlations as a coloured matrix, lower half only."""
    columns, rho = correlations["columns"], np.array(correlations["rho"], dtype=float)
    colours = LinearSegmentedColormap.from_list("signed", [theme.SECOND, "#f4f4f2", theme.ACCENT])
    shown = np.ma.masked_where(np.triu(np.ones_like(rho, dtype=bool)) | np.isnan(rho), rho)
    with drawing(min(370, 130 + 13 * len(columns))) as figure:
        axes = figure.add_subplot()
        # Vector cells: an image in an SVG is a PNG, whose bytes depend on the zlib of the machine.
        axes.pcolormesh(shown, cmap=colours, vmin=-1, vmax=1, edgecolor=theme.PAPER, linewidth=0.4)
        size = 8.5 if len(columns) <= LABELLED else 7.5
        labels = [theme.shortened(name, 18) for name in columns]
        axes.set_xticks(np.arange(len(columns)) + 0.5, labels, rotation=90, fontsize=size)
        axes.set_yticks(np.arange(len(columns)) + 0.5, labels, fontsize=size)
        axes.set_ylim(len(columns), 0)
        axes.grid(visible=False)
        axes.set_aspect("equal")
        axes.tick_params(length=0)
        axes.spines["bottom"].set_visible(False)
        scale = axes.inset_axes((0.62, 0.93, 0.36, 0.035))
        steps = np.linspace(-1, 1, 21)
        scale.pcolormesh(steps, [0, 1], [(steps[:-1] + steps[1:]) / 2], cmap=colours, vmin=-1, vmax=1)
        scale.set(xticks=[-1, 0, 1], yticks=[], xticklabels=["−1", "0", "+1"])
        scale.tick_params(length=0, labelsize=8.5)
        scale.grid(visible=False)
        scale.spines["bottom"].set_visible(False)
        pairs = correlations["strongest"][:3]
        strongest = "; ".join(f"{a} and {b} {rounded(value, 2)}" for a, b, value in pairs)
        return finish(figure, "correlations", f"Rank correlations of columns. Strongest: {strongest}", folder)


def gaps(missing: Mapping[str, Mapping[str, float]], folder: Path | None = None) -> Picture:
    """Share of missing values of each column that has any."""
    names = sorted(missing, key=lambda name: (-missing[name]["share"], name))[:20]
    shares = [missing[name]["share"] for name in names]
    texts = [percent(share) for share in shares]
    worst = ", ".join(f"{name} {text}" for name, text in zip(names[:3], texts, strict=False))
    return bars(
        "missing",
        [
            (name, share, theme.ACCENT, f" {text}")
            for name, share, text in zip(names, shares, texts, strict=True)
        ],
        "share of rows without a value",
        f"Missing values by column: {worst}",
        folder,
        height=(42, 20),
        limits=(0, max(*shares, 0.01) * 1.18),
        tick=percent,
        bins=4,
    )
