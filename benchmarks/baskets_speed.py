"""Itemsets and rules beside mlxtend's on journey's categories, the curve over baskets, the memory of promote.

    python benchmarks/baskets_speed.py [most simulated baskets, default 10000000]

Both count the same sets (support 1 %, length up to 3) from their own input in memory: ours from coded
baskets, packing included, fpgrowth from a table of booleans. The rules of both are compared, too. Stage
promote of study journey runs in a directory of its own, on the tables that the graph made (left out where
there are none).
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from mlxtend.frequent_patterns import association_rules, fpgrowth

from personae.baskets.coding import Baskets, encode
from personae.baskets.itemsets import frequent
from personae.baskets.rules import rules
from personae.core import paths
from personae.studies.journey import source as journey
from personae.studies.journey.settings import JourneyPrepare

SEARCH = {"min_support": 0.01, "max_length": 3}
FIGURES = ["support", "confidence", "lift"]
ITEMS, MEAN_SIZE = 300, 6.9


def journey_baskets():
    settings = JourneyPrepare(
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


def same_rules(found, baskets, peer, min_confidence):
    """Compare the rules of the same itemsets by their sides and figures; give their number."""
    ours = rules(found, baskets, min_confidence=min_confidence)
    theirs = association_rules(peer, metric="confidence", min_threshold=min_confidence)
    sides = zip(map(frozenset, ours.antecedents), map(frozenset, ours.consequents), strict=True)
    place = {side: number for number, side in enumerate(sides)}
    order = [place.pop(side) for side in zip(theirs["antecedents"], theirs["consequents"], strict=True)]
    assert not place
    for figure in FIGURES:
        np.testing.assert_allclose(getattr(ours, figure)[order], theirs[figure], rtol=1e-9)
    return len(ours)


def promote_gb(study):
    """Run stage promote away from its results; give the peak memory of its process, None without its tables.

    Linux counts what the parent held when the process began: ask before the parent grows.
    """
    needs = [paths.settings(study, "promote"), paths.extra_table(study, "baskets")]
    needs += [paths.table(study, name) for name in ("complete", "segments")]
    if not all(path.exists() for path in needs):
        return None
    with tempfile.TemporaryDirectory() as folder:
        for path in needs:
            there = Path(folder, path)
            there.parent.mkdir(parents=True, exist_ok=True)
            there.symlink_to(path.resolve())
        process = subprocess.Popen([sys.executable, "-m", "personae.stages.promote", study], cwd=folder)
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0
    return usage.ru_maxrss * 1024 / 1e9


def main():
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    peak = promote_gb("journey")
    print(
        "stage promote of journey:", "no tables" if peak is None else f"peak memory {peak:.2f} GB", flush=True
    )
    baskets = journey_baskets()
    held = np.zeros((baskets.n, len(baskets.names)), dtype=bool)
    held[baskets.basket, baskets.item] = True
    table = pd.DataFrame(held)
    ours, found = timed(lambda: frequent(baskets, **SEARCH), 7)
    theirs, peer = timed(lambda: fpgrowth(table, min_support=0.01, max_len=3), 3)
    sets = {frozenset(codes): count / baskets.n for codes, count in found.items()}
    assert sets == dict(zip(peer["itemsets"], peer["support"], strict=True))
    print(f"journey: {baskets.n} baskets x {len(baskets.names)} categories, {len(sets)} itemsets, the same")
    print(f"  ours {ours:.3f} s, fpgrowth {theirs:.2f} s: {theirs / ours:.0f} times faster", flush=True)
    print(f"  {same_rules(found, baskets, peer, 0.1)} rules of confidence .1 or more, the same", flush=True)
    print(f"{'baskets':>10} {'itemsets':>9} {'seconds':>8} {'microseconds a basket':>22}")
    for size in (10**power for power in range(4, 8)):
        if size <= most:
            many = simulated(size, np.random.default_rng(1))
            seconds, found = timed(lambda many=many: frequent(many, memory_mb=4096, **SEARCH), 3)
            print(f"{size:>10} {len(found):>9} {seconds:>8.3f} {seconds / size * 1e6:>22.2f}", flush=True)


if __name__ == "__main__":
    main()
