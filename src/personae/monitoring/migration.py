"""How customers move between segments from one time to the next, and which moves count.

A customer near a border crosses it and comes back. With hysteresis a customer stays where they were until the
margin in the other segment is large enough; only such moves call for an action.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import polars as pl

MARGIN = 0.1
KEYS = ("customer", "segment", "margin")


def hysteresis(times: Sequence[pl.DataFrame], margin: float = MARGIN) -> list[pl.DataFrame]:
    """Give the segment that holds at each time.

    Parameters
    ----------
    times : `customer`, `segment` and `margin` (0 on a border, 1 at a centre) of each time, the first first

    Returns
    -------
    list of DataFrame
        The same with the segment that holds: of a customer seen before the earlier one, unless the margin in
        another is at least `margin`.

    Examples
    --------
    >>> seen = ((0, 0.5), (1, 0.05), (1, 0.2))
    >>> times = [pl.DataFrame({"customer": ["a"], "segment": [s], "margin": [m]}) for s, m in seen]
    >>> [each["segment"][0] for each in hysteresis(times)]
    [0, 0, 1]
    """
    held: list[pl.DataFrame] = []
    last = times[0].select("customer", "segment").head(0)
    for time in times:
        joined = time.select(KEYS).join(
            last, on="customer", how="left", suffix="_held", maintain_order="left"
        )
        stays = pl.col("segment_held").is_not_null() & (pl.col("margin") < margin)
        now = joined.with_columns(segment=pl.when(stays).then("segment_held").otherwise("segment"))
        held.append(now.select(KEYS))
        # Who is away for a time comes back to the segment that held.
        last = pl.concat([now, last], how="diagonal").select("customer", "segment")
        last = last.unique("customer", keep="first", maintain_order=True)
    return held


def steps(times: Sequence[pl.DataFrame]) -> list[dict[str, Any]]:
    """Count the moves from each time to the next.

    Returns
    -------
    list of dict
        Of each step, over the `customers` at both times: `moves`, counts by `before` and `now`, those who
        stay included; the share that `moved`; and `undone`, the share of the moves before this step
        that it takes back (NaN without any).

    Examples
    --------
    >>> rows = [{"customer": ["a", "b"], "segment": each} for each in ([0, 0], [1, 0], [0, 0])]
    >>> [(step["moved"], step["undone"]) for step in steps([pl.DataFrame(each) for each in rows])]
    [(0.5, nan), (0.5, 1.0)]
    """
    made: list[dict[str, Any]] = []
    came: pl.DataFrame | None = None
    for before, now in pairwise(times):
        both = now.select("customer", now="segment").join(
            before.select("customer", before="segment"), on="customer", how="inner"
        )
        left = both.filter(pl.col("before") != pl.col("now"))
        undone = float("nan")
        if came is not None:
            back = came.join(both, on="customer", how="inner", suffix="_after")
            if back.height:
                undone = back.filter(pl.col("now_after") == pl.col("before")).height / back.height
        counts = both.group_by("before", "now").agg(customers=pl.len()).sort("before", "now")
        moved = left.height / both.height if both.height else float("nan")
        made.append({"customers": both.height, "moved": moved, "undone": undone, "moves": counts.to_dicts()})
        came = left
    return made
