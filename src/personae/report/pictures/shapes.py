"""Drawing that several pictures share."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from personae.report import theme

Bounds = Sequence[float | None] | None


def name_rows(axes: Axes, names: Sequence[str], length: int = 26) -> None:
    """Write one name a row, the first on top."""
    axes.set_yticks(range(len(names)), [theme.shortened(name, length) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")


def name_axis(axes: Axes, text: str) -> None:
    """Say below what the horizontal axis shows, over the whole width: names on the left may leave little."""
    figure = axes.get_figure()
    assert figure is not None
    figure.supxlabel(text, fontsize=9.5, color=theme.MUTED)


def dot(axes: Axes, x: float | None, y: float, bounds: Bounds, **look: Any) -> None:
    """Draw a figure as a dot and its interval as a line."""
    look = {"color": theme.ACCENT, "marker": "o"} | look
    low, high = bounds or (None, None)
    if low is not None and high is not None:
        axes.plot([low, high], [y, y], color=look["color"], linewidth=2.2, solid_capstyle="round", alpha=0.65)
    if x is not None:
        axes.plot(
            [x], [y], linestyle="none", markeredgecolor=theme.PAPER, markeredgewidth=0.8, markersize=7, **look
        )


def threshold(axes: Axes, at: float, text: str, *, vertical: bool = True) -> None:
    """Draw a bound that a rule uses, with its name."""
    line = axes.axvline if vertical else axes.axhline
    line(at, color=theme.INK, linewidth=1, linestyle=(0, (4, 3)))
    if vertical:
        axes.text(at, 1.01, text, transform=axes.get_xaxis_transform(), ha="center", va="bottom", fontsize=9)
    else:
        axes.text(1.0, at, text, transform=axes.get_yaxis_transform(), ha="right", va="bottom", fontsize=9)
