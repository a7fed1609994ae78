"""Style of all pictures: colours, type, SVG and PNG output.

Text is drawn as outlines of the typeface that Matplotlib carries, and nothing random or dated is written,
so a picture has the same bytes on every machine.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from markupsafe import escape
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from personae.core.files import atomic_write

WIDTH = 340
DOTS_PER_INCH = 72

# Name of the CSS variable: colour on white, colour on the dark page. The segments' are distinct for people
# with deutan and protan sight up to the eighth (a test simulates it); every segment carries its name as well.
COLOURS = {
    "ink": ("#1b2027", "#eceff3"),
    "muted": ("#565e69", "#aab3bf"),
    "line": ("#c9ced6", "#434c58"),
    "paper": ("#fffffe", "#14181d"),
    "good": ("#006b4c", "#4fd1a5"),
    "fair": ("#8a5a00", "#f2b84b"),
    "bad": ("#b3261e", "#ff9b8f"),
    "segment-0": ("#0072b2", "#56b4e9"),
    "segment-1": ("#d55e00", "#f0853c"),
    "segment-2": ("#00855f", "#2fc49b"),
    "segment-3": ("#a5497f", "#e08fc0"),
    "segment-4": ("#5c2d0c", "#a0522d"),
    "segment-5": ("#332288", "#7f6df2"),
    "segment-6": ("#2b3440", "#f4f6f8"),
    "segment-7": ("#1f94b0", "#88dcf0"),
    "segment-8": ("#cc3355", "#ff8fa3"),
    "segment-9": ("#6b7280", "#a8b0bc"),
    "segment-10": ("#a07800", "#f0d050"),
    "segment-11": ("#5a7d1f", "#b5d96a"),
}
SEGMENTS = sum(name.startswith("segment-") for name in COLOURS)
INK, MUTED, LINE, PAPER = (COLOURS[name][0] for name in ("ink", "muted", "line", "paper"))
GOOD, FAIR, BAD = (COLOURS[name][0] for name in ("good", "fair", "bad"))
ACCENT, SECOND = COLOURS["segment-0"][0], COLOURS["segment-1"][0]
MARKERS = "osD^vP*X<>hp"

STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 10,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.unicode_minus": True,
    "figure.dpi": DOTS_PER_INCH,
    "figure.facecolor": PAPER,
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "legend.fontsize": 9.5,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "svg.fonttype": "path",
    "svg.hashsalt": "personae",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": LINE,
    "xtick.labelcolor": MUTED,
    "xtick.labelsize": 9.5,
    "ytick.color": LINE,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 9.5,
    "ytick.left": False,
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing, the name of its file, and its alternative text."""

    name: str
    alt: str
    svg: str

    def _repr_html_(self) -> str:
        """Show it in a notebook, in the colours of a light page."""
        colours = ";".join(f"--{name}:{light}" for name, (light, _) in COLOURS.items())
        style = f"{colours};background:{PAPER};max-width:34rem"
        return f'<div role="img" aria-label="{escape(self.alt)}" style="{style}">{self.svg}</div>'


def segment_colour(position: int) -> str:
    """Colour of a segment by its place in the list, cyclic."""
    return COLOURS[f"segment-{position % SEGMENTS}"][0]


def segment_marker(position: int) -> str:
    """Marker of a segment, so that no two look alike in grey."""
    return MARKERS[position % len(MARKERS)]


@contextmanager
def drawing(height: float, width: float = WIDTH) -> Iterator[Figure]:
    """Give an empty figure in the project's style, height in points."""
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}):
        figure = Figure(figsize=(width / DOTS_PER_INCH, height / DOTS_PER_INCH), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def finish(figure: Figure, name: str, alt: str, folder: Path | None = None) -> Picture:
    """Turn a figure into inline SVG and, into `folder`, PNG.

    Parameters
    ----------
    figure
        Drawn under `drawing`.
    name
        Of the picture, unique on the page; also of the file.
    alt
        What the picture shows, in words.
    folder
        Where the PNG goes.
    """
    buffer = io.StringIO()
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}), warnings.catch_warnings():
        # A letter that the typeface lacks becomes a box; the table behind the picture has the name.
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        _settle(figure)
        # `savefig` would draw each twice, the first time for a layout that is settled.
        figure.set_facecolor("none")
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None})
        if folder is not None:
            figure.set_facecolor(PAPER)
            figure.set_dpi(2 * DOTS_PER_INCH)
            with atomic_write(folder / f"{name}.png") as partial:
                FigureCanvasAgg(figure).print_png(partial, metadata={"Software": None})
    return Picture(name, alt, _inline(buffer.getvalue(), name))


def _settle(figure: Figure) -> None:
    """Find the places of all parts once, for all outputs."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine("none")


def _inline(svg: str, name: str) -> str:
    """Prepare an SVG for the page: own ids, page colours, column width."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->\s*|<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'\b(id="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    for variable, (light, _) in COLOURS.items():
        svg = svg.replace(light, f"var(--{variable})")
    svg = svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
    return re.sub(r"\n\s*", "\n", svg).strip()


def two_lines(text: str, length: int = 26) -> str:
    r"""Break a long label near its middle, each line at most `length`.

    Examples
    --------
    >>> two_lines("likeness of days (interdaily stability)"), two_lines("yearly income")
    ('likeness of days\n(interdaily stability)', 'yearly income')
    """
    text = " ".join(text.split())
    blanks = [place for place, letter in enumerate(text) if letter == " "]
    if len(text) <= length or not blanks:
        return shortened(text, length)
    middle = min(blanks, key=lambda place: abs(2 * place - len(text)))
    return f"{shortened(text[:middle], length)}\n{shortened(text[middle + 1 :], length)}"


def shortened(text: str, length: int = 26) -> str:
    """Cut a long label in the middle, keeping both ends.

    Examples
    --------
    >>> shortened("NumStorePurchases"), shortened("a very long name of a column, part 12", 20)
    ('NumStorePurchases', 'a very lon…, part 12')
    """
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    head = (length + 1) // 2
    return f"{text[:head]}…{text[len(text) - (length - head - 1) :]}"
