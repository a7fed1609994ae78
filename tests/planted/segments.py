"""Segmentations of planted tables with little effort: the same few lines for tests and benchmarks."""

from personae.segmentation.segment import segment_customers
from personae.segmentation.settings import KMeans, ReferenceSpace, Resampling, SegmentSettings

# What is enough where only the partition counts, and where the verdict counts.
LITTLE = Resampling(bootstraps=2, splits=1, null_tables=1, null_bootstraps=1)
EFFORT = Resampling(bootstraps=8, splits=1, null_tables=19, null_bootstraps=5, null_rows=150)


def segment(table, *, groups=None, anchor=None, seed=0, columns=None, **settings):
    """Segment a table by its numeric columns named x..., or by others."""
    columns = [name for name in table if name.startswith("x")] if columns is None else columns
    defaults = {
        "space": ReferenceSpace(name="planted", columns=columns),
        "clusterer": KMeans(n_init=6),
        "candidates": [2, 3, 4, 5],
        "effort": LITTLE,
        "workers": 1,
    }
    return segment_customers(
        table, SegmentSettings(**defaults | settings), groups=groups, anchor=anchor, seed=seed
    )
