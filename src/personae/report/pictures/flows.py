"""Picture of customers who move between segments."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from personae.report import theme
from personae.report.theme import Picture

BAR = 0.08


def flows(
    moves: Sequence[tuple[int, int, int]], names: Mapping[int, str], name: str, folder: Path | None = None
) -> Picture:
    """Bands from each segment before to each segment now, as wide as customers are many.

    Parameters
    ----------
    moves
        Segment before, segment now, customers.
    names
        Of segments; others are named by their number.
    name
        Of the picture.
    """
    segments = sorted({one for before, now, _ in moves for one in (before, now)})
    total = sum(count for *_, count in moves)
    starts = [_starts([(move[side], move[2]) for move in moves], segments, total) for side in (0, 1)]
    said = [f"{count:,} from {names.get(a, a)} to {names.get(b, b)}" for a, b, count in moves if a != b]
    with theme.drawing(60 + 60 * len(segments)) as figure:
        axes = figure.subplots()
        for side, x in ((0, 0.0), (1, 1.0)):
            for place, segment in enumerate(segments):
                size = sum(move[2] for move in moves if move[side] == segment)
                bottom = starts[side][segment]
                axes.barh(bottom + size / 2, BAR, size, left=x - BAR / 2, color=theme.segment_colour(place))
                text = f"{theme.two_lines(str(names.get(segment, segment)), 19)}\n{size:,}"
                axes.text(
                    x - 0.07 if side == 0 else x + 0.07,
                    bottom + size / 2,
                    text,
                    va="center",
                    ha="right" if side == 0 else "left",
                    fontsize=9,
                )
        across = np.linspace(0, 1, 40)
        ease = across**2 * (3 - 2 * across)
        for before, now, count in sorted(moves):
            low, high = starts[0][before], starts[1][now]
            lower = low + (high - low) * ease
            colour = theme.segment_colour(segments.index(before))
            axes.fill_between(
                across, lower, lower + count, color=colour, alpha=0.15 if before == now else 0.6, lw=0
            )
            starts[0][before] += count
            starts[1][now] += count
        axes.set_xlim(-0.75, 1.75)
        axes.invert_yaxis()
        axes.axis("off")
        alt = f"Moves between segments: {'; '.join(said) or 'none'}"
        return theme.finish(figure, name, alt, folder)


def _starts(sizes: Sequence[tuple[int, int]], segments: Sequence[int], total: int) -> dict[int, float]:
    """Where the bar of each segment begins, a gap between them."""
    made, place = {}, 0.0
    for segment in segments:
        made[segment] = place
        place += sum(size for one, size in sizes if one == segment) + 0.04 * total
    return made
