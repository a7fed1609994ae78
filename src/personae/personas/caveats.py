"""Caveats of a segment and the borders with its neighbours."""

from collections.abc import Mapping, Sequence
from typing import Any

from personae.core.numbers import percent
from personae.core.statistics import STABLE
from personae.personas.settings import Profile

UNSUPPORTED = "not supported"
NO_SEGMENTS = "the data does not support these segments"
GAP = "a gap, fewer customers lie between"
CUT = "a cut, customers lie on both sides of it without a gap"
NOISE = "could be noise, because random numbers in their place give segments as good: {}"


def caveats(
    verdict: str,
    size: int,
    jaccard: float,
    *,
    far: float,
    noise: Sequence[str],
    settings: Profile,
    headline: str = "",
) -> tuple[str, ...]:
    """Give a segment's caveats; `far` is a share, `noise` lists columns."""
    weak = headline or "no gaps make these segments, or not all of them are stable"
    texts = [
        (verdict == UNSUPPORTED, NO_SEGMENTS),
        (verdict == "weak", f"weak: {weak}"),
        (size < settings.smallest, f"small: {size} customers"),
        (not jaccard >= STABLE, f"unstable: Jaccard {jaccard:.2f} over bootstraps"),
        (far > 0.05, f"out of range: {percent(far)} of its customers are far from every segment"),
        (bool(noise), NOISE.format(", ".join(settings.labels.get(column, column) for column in noise))),
    ]
    return tuple(text for holds, text in texts if holds)


def neighbours(
    segment: int, borders: Sequence[Mapping[str, Any]], names: Mapping[int, str]
) -> tuple[str, ...]:
    """Describe the border between a segment and each neighbour.

    Examples
    --------
    >>> neighbours(1, [{"a": 0, "b": 1, "gap": True}, {"a": 0, "b": 2, "gap": False}], {0: "loyal"})
    ('towards segment 0 (loyal): a gap, fewer customers lie between',)
    """
    texts = []
    for border in borders:
        a, b = border["a"], border["b"]
        if segment in (a, b):
            other = b if a == segment else a
            texts.append(f"towards segment {other} ({names[other]}): {GAP if border['gap'] else CUT}")
    return tuple(texts)
