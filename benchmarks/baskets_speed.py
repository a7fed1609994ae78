"""Itemsets beside mlxtend's fpgrowth on journey's categories, and the curve over the number of baskets.

    python benchmarks/baskets_speed.py [most simulated baskets, default 10000000]

Both count the same sets (support 1 %, length up to 3) from their own input in memory: ours from coded baskets,
packing included, fpgrowth from a table of booleans.
"""

import statistics
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from mlxtend.frequent_patterns import fpgrowth

from personae.baskets.coding import Baskets, encode
from personae.baskets.itemsets import frequent
from personae.schema.prepare import JourneyPrepare
from personae.sources import journey

SEARCH = {"min_support": 0.01, "max_length": 3}
ITEMS, MEAN_SIZE = 300, 6.9


def journey_baskets():
    settings = JourneyPrepare(
        source="journey",
        version="0.1.0",
        early_weeks=26,
        history_weeks=1,
        largest_basket=1000,
        departments={},
    )
    lines = journey.prepare(Path(), settings).tables["baskets"]
    return encode(lines.filter(pl.col("category").is_not_null()), item="category", customer="customer")[0]


def simulated(baskets, rng):
    """Independent items whose shares fall off as 1 / rank, of baskets of journey's mean size."""
    share = 1 / np.arange(1, ITEMS + 1)
    share *= MEAN_SIZE / share.sum()
    held = [np.unique(rng.integers(0, baskets, rng.binomial(baskets, min(p, 0.9)), np.int32)) for p in share]
    codes = np.repeat(np.arange(ITEMS, dtype=np.int32), [len(each) for each in held])
    names = tuple(f"item {number}" for number in range(ITEMS))
    return Baskets(np.concatenate(held), codes, names, np.arange(baskets, dtype=np.int32))


def timed(run, times):
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), result


def main():
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    baskets = journey_baskets()
    held = np.zeros((baskets.n, len(baskets.names)), dtype=bool)
    held[baskets.basket, baskets.item] = True
    table = pd.DataFrame(held)
    ours, found = timed(lambda: frequent(baskets, **SEARCH), 7)
    theirs, peer = timed(lambda: fpgrowth(table, min_support=0.01, max_len=3), 3)
    sets = dict(zip(map(frozenset, found.sets), found.counts / baskets.n, strict=True))
    assert sets == dict(zip(peer["itemsets"], peer["support"], strict=True))
    print(f"journey: {baskets.n} baskets x {len(baskets.names)} categories, {len(sets)} itemsets, the same")
    print(f"  ours {ours:.3f} s, fpgrowth {theirs:.2f} s: {theirs / ours:.0f} times faster", flush=True)
    print(f"{'baskets':>10} {'itemsets':>9} {'seconds':>8} {'microseconds a basket':>22}")
    for size in (10**power for power in range(4, 8)):
        if size <= most:
            many = simulated(size, np.random.default_rng(1))
            seconds, found = timed(lambda many=many: frequent(many, memory_mb=4096, **SEARCH), 3)
            print(
                f"{size:>10} {len(found.sets):>9} {seconds:>8.3f} {seconds / size * 1e6:>22.2f}", flush=True
            )


if __name__ == "__main__":
    main()
