"""Shared shapes of pictures: rows with a dot and interval, or bars."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from personae.report import theme
from personae.report.theme import Picture, drawing, finish

Bounds = Sequence[float | None] | None
# Name, figure, its interval, and what differs from the usual look.
Dot = tuple[str, float | None, Bounds, Mapping[str, Any]]
# Name, figure, colour, and text behind the bar.
Bar = tuple[str, float | None, str, str]


def dots(
    name: str,
    rows: Sequence[Dot],
    axis: str,
    alt: str,
    folder: Path | None,
    *,
    height: tuple[float, float],
    reference: tuple[float, str] = (0, ""),
    marks: Sequence[float] = (),
    **look: Any,
) -> Picture:
    """Draw one figure a row, a dot with its interval.

    Parameters
    ----------
    name, alt
        As of `Picture`.
    rows
        The first on top.
    axis
        What the horizontal axis shows.
    folder
        Where the PNG goes; None for none.
    height
        Points of the whole picture and, for each row, more.
    reference
        Where a vertical line stands, and its name; with a name it is dashed, as a bound of a rule.
    marks
        One more figure a row, as a vertical stroke.
    look
        As of `dress`.
    """
    with drawing(height[0] + height[1] * len(rows)) as figure:
        axes = figure.add_subplot()
        for place, (_, x, bounds, own) in enumerate(rows):
            dot(axes, x, place, bounds, **own)
            if marks:
                axes.plot(
                    [marks[place]], [place], marker="|", markersize=11, markeredgewidth=2, color=theme.SECOND
                )
        if reference[1]:
            threshold(axes, *reference)
        else:
            axes.axvline(reference[0], color=theme.INK, linewidth=1)
        dress(axes, [row[0] for row in rows], axis, **look)
        return finish(figure, name, alt, folder)


def bars(
    name: str,
    rows: Sequence[Bar],
    axis: str,
    alt: str,
    folder: Path | None,
    *,
    height: tuple[float, float],
    text_at: float | None = None,
    text_size: float = 9,
    reference: tuple[float, str] | None = None,
    intervals: Mapping[int, Sequence[float]] | None = None,
    **look: Any,
) -> Picture:
    """Draw a figure a row as a bar; parameters as of `dots`.

    `text_at` is where texts stand, by default behind their bars; `intervals` are drawn on the bars of rows.
    """
    with drawing(height[0] + height[1] * len(rows)) as figure:
        axes = figure.add_subplot()
        for place, (_, value, colour, text) in enumerate(rows):
            if value is not None:
                axes.barh(place, value, height=0.6, color=colour)
                if text:
                    x = value if text_at is None else text_at
                    axes.text(x, place, text, va="center", fontsize=text_size)
        for place, bounds in (intervals or {}).items():
            axes.plot(bounds, [place, place], color=theme.INK, linewidth=1.6)
        if reference is not None and reference[1]:
            threshold(axes, *reference)
        elif reference is not None:
            axes.axvline(reference[0], color=theme.INK, linewidth=1)
        dress(axes, [row[0] for row in rows], axis, **look)
        return finish(figure, name, alt, folder)


def dress(
    axes: Axes,
    names: Sequence[str],
    axis: str,
    *,
    length: int = 26,
    title: str = "",
    bins: int | None = None,
    tick: Callable[[float], str] | None = None,
    limits: tuple[float, float] | None = None,
    ticks: Sequence[float] | None = None,
) -> None:
    """Write row names and axis; `tick` formats the `ticks`, about `bins`."""
    name_rows(axes, names, length)
    if title:
        axes.set_title(title)
    if limits is not None:
        axes.set_xlim(*limits)
    if ticks is not None:
        axes.set_xticks(ticks)
    if tick is not None:
        axes.xaxis.set_major_formatter(lambda value, _: tick(value))
    if bins is not None:
        axes.locator_params(axis="x", nbins=bins)
    name_axis(axes, axis)


def name_rows(axes: Axes, names: Sequence[str], length: int = 26) -> None:
    """Write one name a row, the first on top, long ones on two lines."""
    axes.set_yticks(range(len(names)), [theme.two_lines(name, length) for name in names])
    for label in axes.get_yticklabels():
        if "\n" in label.get_text():
            label.set(fontsize=8, linespacing=0.95)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")


def key(figure: Figure) -> None:
    """Name lines and markers above the picture, off the data."""
    figure.legend(loc="outside upper left", fontsize=8.5, handlelength=2.6, ncols=2)


def name_axis(axes: Axes, text: str) -> None:
    """Label the horizontal axis over the whole width."""
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


def spread(figures: Mapping[str, Any]) -> tuple[float | None, Bounds]:
    """Give a mean, and one standard deviation to both sides of it."""
    mean, deviation = figures["mean"], figures["sd"]
    return mean, None if mean is None or deviation is None else (mean - deviation, mean + deviation)


def threshold(axes: Axes, at: float, text: str, *, vertical: bool = True) -> None:
    """Draw a bound that a rule uses, with its name."""
    line = axes.axvline if vertical else axes.axhline
    line(at, color=theme.INK, linewidth=1, linestyle=(0, (4, 3)))
    if vertical:
        axes.text(at, 1.01, text, transform=axes.get_xaxis_transform(), ha="center", va="bottom", fontsize=9)
    else:
        axes.text(1.0, at, text, transform=axes.get_yaxis_transform(), ha="right", va="bottom", fontsize=9)
