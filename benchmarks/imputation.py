"""How often the scorecard's verdict is right on tables with planted truth, and what its intervals cost.

Run: python -m benchmarks.imputation [tables]
"""

import sys
import time
from statistics import median

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from personae.core.statistics import wilson
from personae.imputation.completion import impute_table
from personae.imputation.scorecard import measures, plan, predict_hidden
from personae.imputation.settings import ImputationCriteria, Impute, KnnImputer, RidgeImputer

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


def linear_mar(rows, explained, slope, rng):
    """Customers whose value follows the first of six columns, and lacks where that column is high."""
    columns = rng.normal(size=(rows, 6))
    value = np.sqrt(explained) * columns[:, 0] + np.sqrt(1 - explained) * rng.normal(size=rows)
    missing = rng.random(rows) < 1 / (1 + np.exp(-slope * (columns[:, 0] - 0.8)))
    return pd.DataFrame(columns).add_prefix("x"), value, missing


def mar_case(rows, explained, slope, method, seed):
    """Verdict; whether the baseline is worse beyond chance on the missing cells; which intervals hold."""
    table, value, missing = linear_mar(rows, explained, slope, np.random.default_rng([seed, 6]))
    settings = Impute(
        columns=["value"], predictors=list(table), imputer=method, others=[], resamples=400, folds=10
    )
    done = impute_table(
        table.assign(value=np.where(missing, np.nan, value)), settings, customer=None, unit=None
    )
    score, model = done.scorecard["columns"]["value"]["unseen"], done.imputer
    filled, mean = predict_hidden(model.set_params(plan=None), "value", table[missing].assign(value=np.nan))
    gain = (mean - value[missing]) ** 2 - (filled - value[missing]) ** 2
    worse = gain.mean() > 1.645 * gain.std(ddof=1) / np.sqrt(len(gain))
    fresh, truth, lacks = linear_mar(20_000, explained, slope, np.random.default_rng([seed, 7]))
    fresh, truth = fresh[~lacks], truth[~lacks]
    guessed, mean = predict_hidden(model, "value", fresh.assign(value=np.nan))
    error, base = (np.sqrt(np.mean((each - truth) ** 2)) for each in (guessed, mean))
    held = [
        low <= x <= high
        for (low, high), x in ((score["rmse_ci"], error), (score["difference_ci"], error - base))
    ]
    return score["verdict"], worse, *held


def mar_study(tables):
    """Verdicts where cells lack by a linear rule of an observed column."""
    print(
        f"\nLinear MAR, {tables} tables a line; worse: the mean, beyond chance, on the cells that are missing"
    )
    print(
        "| rows | R2 | slope | method | impute | baseline | refuse | baseline though worse | rmse held | difference held |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    total = np.zeros(2, dtype=int)
    for rows, explained, slope in (
        (150, 0.3, 1.0),
        (400, 0.1, 2.0),
        (400, 0.5, 1.0),
        (400, 0.7, 4.0),
        (1000, 0.3, 2.0),
    ):
        for method in (RidgeImputer(alpha=1.0), KnnImputer()):
            done = Parallel(n_jobs=2)(
                delayed(mar_case)(rows, explained, slope, method, seed) for seed in range(tables)
            )
            verdicts = [case[0] for case in done]
            wrong = sum(case[0] == "baseline" and case[1] for case in done)
            held = [f"{np.mean([case[place] for case in done]):.0%}" for place in (2, 3)]
            counts = [str(verdicts.count(word)) for word in ("impute", "baseline", "refuse")]
            print(
                f"| {rows} | {explained} | {slope} | {method.method} | {' | '.join([*counts, str(wrong), *held])} |",
                flush=True,
            )
            total += wrong, tables
    low, high = wilson(*total)
    print(
        f"the mean is filled in where it is worse beyond chance: {total[0]} of {total[1]} ({low:.1%} to {high:.1%})"
    )


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
    tables = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    truth_study(tables)
    mar_study(tables)
    interval_speed()


if __name__ == "__main__":
    main()
