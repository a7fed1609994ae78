"""How often the scorecard's verdict is right on tables with planted truth, and what its intervals cost.

Run: python -m benchmarks.imputation [tables]
"""

import sys
import time
from statistics import median

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from personae.imputation.completion import impute_table
from personae.imputation.scorecard import measures, plan
from personae.imputation.settings import ImputationCriteria, Impute, RidgeImputer

SETTINGS = Impute(
    columns=["value"],
    predictors=["level", "day", "noise"],
    imputer=RidgeImputer(alpha=1.0),
    others=[],
    rules=ImputationCriteria(unseen_customers=2, known_customers=2),
    resamples=500,
)
TRUTHS = {"noise": (0.0, 0.0), "between users": (1.0, 0.0), "within users": (0.0, 1.0), "both": (1.0, 1.0)}


def planted(users, between, within, seed, per_user=12):
    """User-days; a signal of the given size between users, within users, or none; users differ in level."""
    rng = np.random.default_rng(seed)
    user = np.repeat(np.arange(users), per_user)
    level, day = rng.normal(size=users)[user], rng.normal(size=len(user))
    values = between * level + within * day + rng.normal(size=users)[user] + rng.normal(size=len(user))
    missing = (user % 4 == 0) | (rng.random(len(user)) < 0.2)
    table = pd.DataFrame({"user": user, "level": level, "day": day, "noise": rng.normal(size=len(user))})
    return table.assign(value=np.where(missing, np.nan, values))


def verdicts(users, truth, seed):
    table = planted(users, *truth, seed)
    scorecard = impute_table(table, SETTINGS, seed=seed, customer="user", unit=None).scorecard
    verdict = plan(scorecard["columns"]["value"])
    return verdict["unseen"] == "impute", verdict["known"] == "impute"


def truth_study(tables):
    print(f"Share of {tables} planted tables with verdict `impute` (ridge; of the users, 3 in 4 have values)")
    print(f"{'truth':<15}{'users':>6}{'unseen':>9}{'known':>9}")
    for name, truth in TRUTHS.items():
        for users in (12, 24, 48):
            seen = Parallel(n_jobs=2)(delayed(verdicts)(users, truth, seed) for seed in range(tables))
            unseen, known = np.mean(seen, axis=0)
            print(f"{name:<15}{users:>6}{unseen:>9.1%}{known:>9.1%}")


def resampled_in_a_loop(errors, truth, groups, resamples, *, seed):
    """Straightforward: draw the groups, gather their rows, compute, again and again."""
    rng = np.random.default_rng(seed)
    rows = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    figures = []
    for _ in range(resamples):
        drawn = np.concatenate([rows[choice] for choice in rng.integers(len(rows), size=len(rows))])
        squared, values = errors[:, 0, drawn] ** 2, truth[drawn]
        rmse, baseline = np.sqrt(squared.mean(axis=1))
        figures.append((rmse, 1 - squared[0].mean() / values.var(), rmse - baseline))
    return np.percentile(figures, (2.5, 97.5), axis=0)


def interval_speed(runs=5):
    rng = np.random.default_rng(0)
    groups = np.arange(2240) // 2
    truth, errors = rng.normal(size=2240), rng.normal(size=(2, 1, 2240))
    taken = {}
    for function in (measures, resampled_in_a_loop):
        times = []
        for _ in range(runs):
            start = time.perf_counter()
            function(errors, truth, groups, 1000, seed=0)
            times.append(time.perf_counter() - start)
        taken[function.__name__] = median(times)
    ratio = taken["resampled_in_a_loop"] / taken["measures"]
    print(f"\nIntervals of 2,240 cells, 1,120 groups, 1,000 resamples: {ratio:.0f} times as fast as a loop")


def main():
    truth_study(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
    interval_speed()


if __name__ == "__main__":
    main()
