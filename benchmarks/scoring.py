"""What scoring costs: one customer alone, and a file of many, with one thread.

    python benchmarks/scoring.py [ROWS]

Needs a computed study campaign; the rows are its own file's, repeated under other identifiers.
"""

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = "1"
from personae.core.command import pin_arithmetic

pin_arithmetic()

import polars as pl  # noqa: E402

from personae.scoring.batch import score_pieces  # noqa: E402
from personae.scoring.scorer import load_scorer  # noqa: E402
from personae.sources.files import TableFile, read_file  # noqa: E402

ALONE = 40


def main(rows: int) -> None:
    scorer = load_scorer("campaign")
    (path,) = scorer.preparation.raw(Path("data/campaign"))
    file = read_file(path)
    for customers in (5, ALONE):  # the first to warm up
        began = time.process_time()
        for row in range(customers):
            scorer.score(TableFile(path, file.table[row : row + 1], file.lines[row : row + 1]))
        taken = (time.process_time() - began) / customers
    print(f"one customer alone: {1000 * taken:.0f} CPU ms")
    with tempfile.TemporaryDirectory() as folder:
        many = pl.concat([file.table] * (rows // file.table.height + 1))[:rows]
        many.with_columns(ID=pl.int_range(pl.len()).cast(pl.String)).write_csv(Path(folder) / "many.csv")
        del many
        before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        scored = sum(piece.height for piece in score_pieces(scorer, [Path(folder) / "many.csv"]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{scored:,} customers: {time.process_time() - began:.1f} CPU s")
    print(f"peak {peak / 1024:.0f} MiB (before scoring {before / 1024:.0f})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000)
