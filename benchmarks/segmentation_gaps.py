"""How often a table of a known shape is called supported: continua of many kinds, and planted segments.

    python -m benchmarks.segmentation_gaps [tables=100] [rows=300] [named|others|unseen|all|KIND;KIND] [seed=1000] [jobs]

Right and wrong: the number of segments supported is, or is not, the planted one; by gaps alone, and where the
silhouette must exceed that of simulated tables, too. `held out` kinds were looked at only once the rule was fixed.
Behind each rate in %: its 95 % interval (Wilson); seconds: CPU of a table.
"""

import sys
import time
from functools import cache

import numpy as np
from joblib import Parallel, delayed
from sklearn import config_context
from tests.planted.shapes import NAMED, OTHERS, UNSEEN, table_of
from threadpoolctl import threadpool_limits

from personae.core.statistics import STABLE, wilson
from personae.segmentation.borders import borders
from personae.segmentation.clusterers import KMeansClusterer
from personae.segmentation.natural import supported_k
from personae.segmentation.null_models import NULL_MODELS, fit_null_model
from personae.segmentation.quality import mean_known, silhouettes
from personae.segmentation.space import Space
from personae.segmentation.stability import agreement, resample, smallest_jaccard
from personae.segmentation.within import gap_within

KS = range(2, 8)
BOOTSTRAPS = 20
NULL_TABLES = 19
FEW = 6
STARTS = 4
SHOWN_ROWS = 1_000


def fit(points, weights, k, seed, starts=STARTS):
    return KMeansClusterer(k, n_init=starts, random_state=seed).fit(points, weights)


class Refits:
    """Bootstrap fits of one table, made where they are asked for; a k that is plainly unstable gets few."""

    def __init__(self, points, groups, labelings, seed):
        self.points, self.labelings, self.seed = points, labelings, seed
        rng = np.random.default_rng([seed, 1])
        self.weights = [resample(groups, rng) for _ in range(BOOTSTRAPS)]
        self.once = cache(self._once)

    def _once(self, k, number):
        weights = self.weights[number]
        drawn = weights > 0
        return drawn, fit(self.points[drawn], weights[drawn], k, self.seed * BOOTSTRAPS + number).labels_

    def of(self, k):
        return [self.once(k, number) for number in range(BOOTSTRAPS)]

    def min_jaccard(self, k):
        runs = []
        for number in range(BOOTSTRAPS):
            runs.append(agreement(self.labelings[k], *self.once(k, number))[1])
            least = smallest_jaccard(np.array(runs))
            if number == FEW - 1 and least < STABLE - 0.2:
                break
        return least


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
        reached, drawn = 0, 0
        while drawn < NULL_TABLES and not reached:
            table = model.draw(groups, rng)
            again = fit(table, None, k, int(rng.integers(2**31))).labels_
            reached += mean_known(silhouettes(table, [again]))[0] >= observed
            drawn += 1
        p_values[kind] = (1 + reached) / (1 + drawn)
    return p_values["copula"], max(p_values.values())


def judge_table(kind, rows, seed):
    """Give the planted k, the supported k, its p values beside one cloud, and CPU seconds."""
    start = time.process_time()
    with threadpool_limits(1), config_context(assume_finite=True, skip_parameter_validation=True):
        return (*_judge(*table_of(kind, rows, seed), seed), time.process_time() - start)


def _judge(table, truth, seed):
    numbers = [name for name in table if name.startswith("x")]
    categories = [name for name in table if name.startswith("c")]
    space = Space("planted", numbers, categorical=categories).fit(table)
    points, columns = space.transform(table), space.axis_columns
    groups, rng = group_ids(points), np.random.default_rng(seed)
    ks = [k for k in KS if 3 * k < len(np.unique(points, axis=0))]
    labelings = {k: fit(points, None, k, seed, 2 * STARTS).labels_ for k in ks}
    refits = Refits(points, groups, labelings, seed)

    @cache
    def borders_of(k):
        return borders(
            points,
            labelings[k],
            refits.of(k),
            np.random.default_rng([seed, k]),
            columns=columns,
            groups=groups,
        )

    def column_within(k):
        column = gap_within(points, labelings[k], np.random.default_rng(seed), columns=columns, groups=groups)
        return None if column is None else str(column)

    k, _ = supported_k(labelings, {k: refits.min_jaccard(k) for k in ks}, borders_of, column_within)
    if k is None:
        return truth, None, 1.0, 1.0
    some = np.sort(rng.choice(len(points), min(len(points), SHOWN_ROWS), replace=False))
    _, units = np.unique(groups[some], return_inverse=True)
    return truth, k, *one_cloud(points[some], units, columns, labelings[k][some], k, rng)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    wanted = sys.argv[3] if len(sys.argv) > 3 else "all"
    first = int(sys.argv[4]) if len(sys.argv) > 4 else 1000
    jobs = int(sys.argv[5]) if len(sys.argv) > 5 else -1
    groups = {
        "named": list(NAMED),
        "others": list(OTHERS),
        "unseen": list(UNSEEN),
        "all": [*NAMED, *OTHERS, *UNSEEN],
    }
    print(f"{count} tables a kind, {rows} rows: gaps alone; then beyond one cloud (copula; every null model)")
    for kind in groups.get(wanted, wanted.split(";")):
        seeds = range(first, first + count)
        found = Parallel(n_jobs=jobs)(delayed(judge_table)(kind, rows, seed) for seed in seeds)
        truth = found[0][0]
        shown = ""
        for least in ([0.0] * count, [one[2] for one in found], [one[3] for one in found]):
            kept = [one[1] for one, p in zip(found, least, strict=True) if one[1] and p <= 0.05]
            shown += f" | wrong {rate(sum(k != truth for k in kept), count)}"
            shown += f" right {rate(sum(k == truth for k in kept), count)}" if truth > 1 else ""
        cost = np.mean([one[-1] for one in found])
        print(f"{kind:24s} k {truth}{shown} | {cost:.2f} s{' held out' * (kind not in NAMED)}", flush=True)


def rate(hits, count):
    low, high = wilson(hits, count)
    return f"{100 * hits / count:3.0f} ({100 * low:.0f}-{100 * high:.0f})"


if __name__ == "__main__":
    main()
