"""How often a table of a known shape is called supported: continua of many kinds, and planted segments.

    python -m benchmarks.segmentation_gaps [tables=100] [rows=300] [named|others|all|KIND;KIND]

Right and wrong: the number of segments supported is, or is not, the planted one. `held out` kinds were looked
at only once the rule was fixed. Behind each rate in %: its 95 % interval (Wilson); seconds: CPU of the borders of
a table.
"""

import sys
import time
from functools import cache

import numpy as np
from joblib import Parallel, delayed
from tests.planted.shapes import NAMED, OTHERS, table_of
from threadpoolctl import threadpool_limits

from personae.core.statistics import wilson
from personae.segmentation.borders import borders
from personae.segmentation.clusterers import KMeansClusterer
from personae.segmentation.natural import supported_k
from personae.segmentation.null_models import NULL_MODELS, fit_null_model
from personae.segmentation.quality import mean_known, silhouettes
from personae.segmentation.space import Space
from personae.segmentation.stability import agreement, refit_once, smallest_jaccard

KS = range(2, 8)
BOOTSTRAPS = 20
NULL_TABLES = 39
STARTS = 4
SHOWN_ROWS = 1_000


def fit_all(points, weights, seed, ks=KS):
    return [KMeansClusterer(k, n_init=STARTS, random_state=seed).fit(points, weights) for k in ks]


def group_ids(points):
    """Equal rows are one customer where a coincidence is improbable."""
    _, units, counts = np.unique(points, axis=0, return_inverse=True, return_counts=True)
    pairs = (counts * (counts - 1)).sum() / 2
    alike = [((np.unique(column, return_counts=True)[1] / len(points)) ** 2).sum() for column in points.T]
    chance = len(points) ** 2 / 2 * np.prod(alike)
    return units if pairs and chance < 0.05 * pairs else np.arange(len(points))


def one_cloud(points, groups, columns, labels, k, rng):
    """p values of the silhouette of k beside tables of one cloud: the copula's, and the largest of all null models."""
    observed = mean_known(silhouettes(points, [labels]))[0]
    p_values = {}
    for kind in NULL_MODELS:
        model = fit_null_model(kind, points, groups, columns)
        reached = 0
        for _ in range(NULL_TABLES):
            table = model.draw(groups, rng)
            again = fit_all(table, None, int(rng.integers(2**31)), [k])[0].labels_
            reached += mean_known(silhouettes(table, [again]))[0] >= observed
        p_values[kind] = (1 + reached) / (1 + NULL_TABLES)
    return p_values["copula"], max(p_values.values())


def judge_table(kind, rows, seed):
    """Give the planted k, the supported k, its p values beside one cloud, and seconds for the borders."""
    with threadpool_limits(1):
        table, truth = table_of(kind, rows, seed)
        numbers = [name for name in table if name.startswith("x")]
        categories = [name for name in table if name.startswith("c")]
        space = Space(kind, numbers, categorical=categories).fit(table)
        points = space.transform(table)
        sizes = [1] * len(numbers) + [len(levels) for levels in space.levels_]
        columns = np.repeat(np.arange(len(sizes)), sizes)
        groups, rng = group_ids(points), np.random.default_rng(seed)
        ks = [k for k in KS if 3 * k < len(np.unique(points, axis=0))]
        fitted = [KMeansClusterer(k, n_init=2 * STARTS, random_state=seed).fit(points) for k in ks]
        labelings = {k: one.labels_ for k, one in zip(ks, fitted, strict=True)}
        refits = [
            refit_once(points, groups, lambda p, w, s: fit_all(p, w, s, ks), rng) for _ in range(BOOTSTRAPS)
        ]
        jaccard = {
            k: smallest_jaccard(
                np.array([agreement(labelings[k], drawn, again[i])[1] for drawn, again in refits])
            )
            for i, k in enumerate(ks)
        }

        @cache
        def borders_of(k):
            own = [(drawn, again[ks.index(k)]) for drawn, again in refits]
            return borders(
                points, labelings[k], own, np.random.default_rng([seed, k]), columns=columns, groups=groups
            )

        start = time.process_time()
        k, _ = supported_k(labelings, jaccard, borders_of)
        cost = time.process_time() - start
        if k is None:
            return truth, None, 1.0, 1.0, cost
        some = np.sort(rng.choice(len(points), min(len(points), SHOWN_ROWS), replace=False))
        _, units = np.unique(groups[some], return_inverse=True)
        return truth, k, *one_cloud(points[some], units, columns, labelings[k][some], k, rng), cost


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    wanted = sys.argv[3] if len(sys.argv) > 3 else "all"
    jobs = int(sys.argv[4]) if len(sys.argv) > 4 else -1
    groups = {"named": list(NAMED), "others": list(OTHERS), "all": [*NAMED, *OTHERS]}
    print(f"{count} tables a kind, {rows} rows: gaps alone; then beyond one cloud (copula; every law)")
    for kind in groups.get(wanted, wanted.split(";")):
        seeds = range(1000, 1000 + count)
        found = Parallel(n_jobs=jobs)(delayed(judge_table)(kind, rows, seed) for seed in seeds)
        truth = found[0][0]
        shown = ""
        for least in ([0.0] * count, [one[2] for one in found], [one[3] for one in found]):
            kept = [one[1] for one, p in zip(found, least, strict=True) if one[1] and p <= 0.05]
            shown += f" | wrong {rate(sum(k != truth for k in kept), count)}"
            shown += f" right {rate(sum(k == truth for k in kept), count)}" if truth > 1 else ""
        cost = np.mean([one[-1] for one in found])
        print(f"{kind:24s} k {truth}{shown} | {cost:.2f} s{' held out' * (kind in OTHERS)}", flush=True)


def rate(hits, count):
    low, high = wilson(hits, count)
    return f"{100 * hits / count:3.0f} ({100 * low:.0f}-{100 * high:.0f})"


if __name__ == "__main__":
    main()
