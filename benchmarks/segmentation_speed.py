"""Indices and bootstraps of k = 2 to 10, beside a plain loop over scikit-learn.

    python benchmarks/segmentation_speed.py            2,240 x 16 and 17,000 x 16
    python benchmarks/segmentation_speed.py million    1,000,000 x 20, everything, with its peak memory

The plain loop runs KMeans with 10 starts, the four indices, and a few of the 50 bootstraps, whose time is
scaled up; ours runs all 50. Nulls are in neither.
"""

import resource
import statistics
import sys
import time
from functools import partial

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_score,
)
from threadpoolctl import ThreadpoolController

from personae.core.parallel import parallel_map
from personae.segmentation.clusterers import KMeansClusterer
from personae.segmentation.quality import scatter, silhouettes
from personae.segmentation.segment import segment_customers
from personae.segmentation.settings import ReferenceSpace, SegmentSettings
from personae.segmentation.stability import bootstrap_once

KS = range(2, 11)
BOOTSTRAPS = 50


def customers(rows, axes, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(6, axes))[rng.integers(6, size=rows)] * 1.5 + rng.normal(size=(rows, axes))


def plain(points, bootstraps):
    """Do what a notebook does; give seconds, the bootstraps scaled to all, and inertias."""
    seconds, inertias = 0.0, []
    for k in KS:
        start = time.perf_counter()
        fitted = KMeans(k, n_init=10, random_state=0).fit(points)
        silhouette_score(points, fitted.labels_)
        calinski_harabasz_score(points, fitted.labels_)
        davies_bouldin_score(points, fitted.labels_)
        inertias.append(fitted.inertia_)
        middle = time.perf_counter()
        for seed in range(bootstraps):
            index = np.random.default_rng(seed).integers(len(points), size=len(points))
            again = KMeans(k, n_init=10, random_state=seed).fit(points[index])
            drawn = np.unique(index)
            first, second = fitted.labels_[drawn], again.predict(points[drawn])
            adjusted_rand_score(first, second)
            for segment in range(k):
                own = first == segment
                max((own & (second == other)).sum() / (own | (second == other)).sum() for other in range(k))
        seconds += middle - start + (time.perf_counter() - middle) * BOOTSTRAPS / bootstraps
    return seconds, np.array(inertias)


def ours(points):
    """Do the same with the functions of this project, over the cores and with one thread of BLAS as it does."""
    with ThreadpoolController().limit(limits=1):
        return all_candidates(points)


def all_candidates(points):
    start = time.perf_counter()

    def fit_all(points, weights, seed):
        return KMeansClusterer(random_state=seed).fit_all(points, list(KS), weights)

    fitted = parallel_map([partial(KMeansClusterer(k).fit, points) for k in KS], workers=-1)
    labelings = [one.labels_ for one in fitted]
    silhouettes(points, labelings, workers=-1)
    inertias = [scatter(points, labels)[0] for labels in labelings]
    groups = np.arange(len(points))
    tasks = [
        partial(bootstrap_once, points, labelings, groups, fit_all, np.random.default_rng(seed))
        for seed in range(BOOTSTRAPS)
    ]
    parallel_map(tasks, workers=-1)
    return time.perf_counter() - start, np.array(inertias)


def compare(rows, axes, runs, bootstraps):
    points = customers(rows, axes)
    pairs = [(plain(points, bootstraps), ours(points)) for _ in range(runs)]
    ratio = statistics.median(slow[0] / fast[0] for slow, fast in pairs)
    slow, fast = (statistics.median(pair[side][0] for pair in pairs) for side in (0, 1))
    worst = max(float((pair[1][1] / pair[0][1]).max()) for pair in pairs)
    print(f"{rows:7,} x {axes}: plain {slow:7.1f} s, ours {fast:6.1f} s, {ratio:4.1f} times", end="")
    print(f"; inertia at most {worst:.4f} of plain", flush=True)


def million():
    points = customers(1_000_000, 20)
    table = pd.DataFrame(points, columns=[f"x{axis}" for axis in range(20)])
    start = time.perf_counter()
    space = ReferenceSpace(name="million", columns=list(table.columns))
    found = segment_customers(table, SegmentSettings(space=space, candidates=list(KS), workers=-1))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"1,000,000 x 20: {time.perf_counter() - start:.0f} s, peak {peak:.2f} GB", end="")
    print(f"; k {found.report.k}, {found.report.verdict}, sampled {dict(found.report.sampled)}")


def main():
    if sys.argv[1:] == ["million"]:
        million()
        return
    compare(2_240, 16, runs=3, bootstraps=10)
    compare(17_000, 16, runs=1, bootstraps=2)


if __name__ == "__main__":
    main()
