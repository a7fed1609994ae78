"""Moves of journey's households between segments, four weeks apart: run in a project where the study is computed.

`python benchmarks/migration.py`: windows of 26 weeks, moved by four; the first is what the graph described.
"""

import datetime

import numpy as np
import polars as pl

from personae.core import paths, tables
from personae.monitoring.migration import KEYS, hysteresis, steps
from personae.scoring.scorer import load_scorer

STUDY, WINDOWS, WEEKS = "journey", 7, 4


def windows(scorer, count=WINDOWS):
    """Segment and margin of every household with a basket in each window."""
    (folder,) = scorer.preparation.raw(paths.raw(STUDY))
    made = []
    for place in range(count):
        day = scorer.preparation.as_of + datetime.timedelta(weeks=WEEKS * place)
        scores = scorer.score_folder(folder, day)
        made.append(scores.filter(pl.col("segment").is_not_null()).select(KEYS))
    return made


def main():
    times = windows(load_scorer(STUDY))
    graph = tables.read(paths.table(STUDY, "segments")).select(pl.col("customer").cast(pl.String), "segment")
    both = graph.join(times[0], on="customer", how="left", suffix="_now")
    print(
        f"weeks 1-26: {(both['segment'] != both['segment_now']).sum()} of {both.height} differ from the graph's"
    )
    for name, margin in (("raw", 0.0), ("margin .1", 0.1), ("margin .2", 0.2)):
        made = steps(hysteresis(times, margin))
        moved = [f"{each.moved:.1%}" for each in made]
        undone = [f"{each.undone:.0%}" for each in made[1:]]
        mean = np.nanmean([each.undone for each in made])
        print(
            f"{name}: moved {', '.join(moved)}; undone by the next step {', '.join(undone)}, mean {mean:.0%}"
        )


if __name__ == "__main__":
    main()
