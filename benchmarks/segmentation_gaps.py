"""How often a table of a known shape is called supported: continua of many kinds, and planted segments.

    python -m benchmarks.segmentation_gaps [tables=100] [rows=300] [named|others|all|KIND;KIND]

Right and wrong: the number of segments supported is, or is not, the planted one. `held out` kinds were looked
at only once the rule was fixed. Behind each rate: its 95 % interval (Wilson). The verdict without the nulls of
one cloud, then with them; the rest of the table is the rule's parts left out one at a time.
"""

import sys
import time
from functools import cache

import numpy as np
from joblib import Parallel, delayed
from statsmodels.stats.proportion import proportion_confint
from tests.planted.shapes import NAMED, OTHERS, table_of
from threadpoolctl import threadpool_limits

from personae.segmentation.borders import borders
from personae.segmentation.clusterers import KMeansClusterer
from personae.segmentation.copula import fit_copula
from personae.segmentation.natural import supported_k
from personae.segmentation.null_models import LAWS, fit_null
from personae.segmentation.procedure import mean_known
from personae.segmentation.quality import silhouettes
from personae.segmentation.space import Space
from personae.segmentation.stability import agreement, refit_once, smallest_jaccard

KS = range(2, 8)
BOOTSTRAPS = 20
NULL_TABLES = 39
STARTS = 4
SHOWN_ROWS = 1_000


def fit_all(points, weights, seed, ks=KS):
    return [KMeansClusterer(k, n_init=STARTS, random_state=seed).fit(points, weights) for k in ks]


def units_of(points):
    """Equal rows are one customer where a coincidence is improbable."""
    _, units, counts = np.unique(points, axis=0, return_inverse=True, return_counts=True)
    pairs = (counts * (counts - 1)).sum() / 2
    alike = [((np.unique(column, return_counts=True)[1] / len(points)) ** 2).sum() for column in points.T]
    chance = len(points) ** 2 / 2 * np.prod(alike)
    return units if pairs and chance < 0.05 * pairs else np.arange(len(points))


def one_cloud(points, groups, columns, labels, k, rng):
    """The largest p value of the silhouette of k over the laws of one cloud, on a sample of the customers."""
    observed = mean_known(silhouettes(points, [labels]))[0]
    laws = [fit_null(law, points, groups) for law in LAWS] + [fit_copula(points, groups, columns)]
    worst = 0.0
    for law in laws:
        reached = 0
        for _ in range(NULL_TABLES):
            table = law.draw(groups, rng)
            again = fit_all(table, None, int(rng.integers(2**31)), [k])[0].labels_
            reached += mean_known(silhouettes(table, [again]))[0] >= observed
        worst = max(worst, (1 + reached) / (1 + NULL_TABLES))
    return worst


def judge_table(kind, rows, seed):
    """Give the planted k, the supported k, and the same where one cloud does as well."""
    with threadpool_limits(1):
        table, truth = table_of(kind, rows, seed)
        numbers = [name for name in table if name.startswith("x")]
        categories = [name for name in table if name.startswith("c")]
        space = Space(kind, numbers, categorical=categories).fit(table)
        points = space.transform(table)
        sizes = [1] * len(numbers) + [len(levels) for levels in space.levels_]
        columns = np.repeat(np.arange(len(sizes)), sizes)
        groups, rng = units_of(points), np.random.default_rng(seed)
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
            return truth, None, None, cost
        some = np.sort(rng.choice(len(points), min(len(points), SHOWN_ROWS), replace=False))
        _, units = np.unique(groups[some], return_inverse=True)
        p_value = one_cloud(points[some], units, columns, labelings[k][some], k, rng)
        return truth, k, k if p_value <= 0.05 else None, cost


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    wanted = sys.argv[3] if len(sys.argv) > 3 else "all"
    groups = {"named": list(NAMED), "others": list(OTHERS), "all": [*NAMED, *OTHERS]}
    jobs = int(sys.argv[4]) if len(sys.argv) > 4 else -1
    print(f"{count} tables a kind, {rows} rows; supported in % (without the nulls of one cloud)")
    for kind in groups.get(wanted, wanted.split(";")):
        found = Parallel(n_jobs=jobs)(
            delayed(judge_table)(kind, rows, seed) for seed in range(1000, 1000 + count)
        )
        truth = found[0][0]
        wrong = sum(k not in (None, truth) for _, _, k, _ in found)
        right = sum(k == truth for _, _, k, _ in found)
        before = sum(k is not None for _, k, _, _ in found)
        shown = f"wrong {rate(wrong, count)}" + (f"  right {rate(right, count)}" if truth > 1 else "")
        cost = np.mean([seconds for *_, seconds in found])
        held = "held out" if kind in OTHERS else ""
        print(f"{kind:24s} k {truth} {shown} ({100 * before / count:.0f} %) {cost:.2f} s {held}", flush=True)


def rate(hits, count):
    low, high = proportion_confint(hits, count, method="wilson")
    return f"{100 * hits / count:3.0f} % ({100 * low:.0f}-{100 * high:.0f})"


if __name__ == "__main__":
    main()
