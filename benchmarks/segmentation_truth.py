"""How often planted segments are found and noise is called noise, with the full choice of k inside.

    python -m benchmarks.segmentation_truth [planted tables, and as many of noise] [rule that chooses k]

Planted: k of 2 to 7 in turn, 250 customers, 4 columns, centres at least 8 standard deviations apart.
Noise in turn: uniform, one Gaussian, correlated Gaussian, skewed margins, 250 customers, 4 columns.
"""

import sys
import time
from collections import Counter

from joblib import Parallel, delayed
from tests.planted.blobs import NOISES, noise_table, planted_segments
from tests.planted.segments import segment

from personae.core.statistics import adjusted_rand
from personae.segmentation.settings import KMeans, Resampling

EFFORT = Resampling(bootstraps=20, splits=1, null_tables=19, null_bootstraps=10)
KS = list(range(2, 9))
SIZE = {"customers": 250, "axes": 4}


def ours(table, seed, rule):
    return segment(table, clusterer=KMeans(n_init=8), candidates=KS, rule=rule, effort=EFFORT, seed=seed)


def planted(seed, rule):
    k = 2 + seed % 6
    table, labels = planted_segments(k, seed=seed, **SIZE)
    found = ours(table, seed, rule)
    recovered = adjusted_rand(labels, found.customers["segment"].to_numpy())
    return found.report.k == k, recovered >= 0.95, found.report.verdict


def noise(kind, seed, rule):
    return ours(noise_table(kind, seed=seed, **SIZE), seed, rule).report.verdict


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    rule = sys.argv[2] if len(sys.argv) > 2 else "stability"
    start = time.perf_counter()
    run = Parallel(n_jobs=-1)
    results = run(delayed(planted)(seed, rule) for seed in range(count))
    print(f"planted k of 2 to 7, {count} tables")
    print(f"  k found            {sum(one[0] for one in results) / count:.1%}")
    print(f"  ARI at least .95   {sum(one[1] for one in results) / count:.1%}")
    print(f"  verdict            {dict(Counter(one[2] for one in results))}", flush=True)
    kinds = [NOISES[seed % len(NOISES)] for seed in range(count)]
    verdicts = run(delayed(noise)(kind, 1000 + seed, rule) for seed, kind in enumerate(kinds))
    print(f"noise, {count} tables: not called supported {1 - verdicts.count('supported') / count:.1%}")
    for kind in NOISES:
        print(f"  {kind:12s}{dict(Counter(verdicts[NOISES.index(kind) :: len(NOISES)]))}")
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
