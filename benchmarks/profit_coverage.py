"""How often the 95 % interval of the profit holds what it estimates: the mean profit on new files of that size.

python benchmarks/profit_coverage.py [files a line; default 500]
"""

import sys
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from personae.core.statistics import wilson
from personae.targeting.profit import contact, economics, profit_interval

SIGNAL = np.array([0.8, 0.5, 0.3, *[0.0] * 7])
# Customers, log-odds of each column, log-odds of the rest, cost, revenue.
LINES = {
    "400 customers, 3-4 % respond, revenue 30": (400, SIGNAL, -3.5, 3.0, 30.0),
    "300 customers, no signal, 12 %, revenue 30": (300, 0 * SIGNAL, -2.0, 3.0, 30.0),
    "1,000 customers, 5 %, revenue 60": (1000, 0.5 * SIGNAL, -3.0, 3.0, 60.0),
}


def file_of(line, seed):
    """Profit's interval, expected profit on new files by this procedure, and that of these very decisions."""
    rows, weights, base, cost, revenue = LINES[line]
    r = np.random.default_rng([seed, rows])
    x = r.normal(size=(rows, len(weights)))
    truth = 1 / (1 + np.exp(-(base + x @ weights)))
    response = (r.random(rows) < truth).astype(int)
    money = economics(rows, cost, np.full(rows, revenue))
    rounds = np.empty((3, rows))
    for repeat in range(3):
        dealt = StratifiedKFold(5, shuffle=True, random_state=10 * seed + repeat)
        for train, test in dealt.split(x, response):
            fitted = LogisticRegression().fit(x[train], response[train])
            rounds[repeat, test] = fitted.predict_proba(x[test])[:, 1]
    _, lower, upper = profit_interval(response, rounds, money, np.arange(rows), resamples=500, seed=seed)
    fresh = r.normal(size=(40_000, len(weights)))
    p = 1 / (1 + np.exp(-(base + fresh @ weights)))
    given = LogisticRegression().fit(x, response).predict_proba(fresh)[:, 1]
    new = ((given * revenue >= cost) * (p * revenue - cost)).mean() * rows
    here = (contact(rounds, money) * (truth * money.revenue - money.cost)).mean(axis=0).sum()
    return lower, upper, new, float(here)


def main():
    warnings.simplefilter("ignore")
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    for line in LINES:
        lower, upper, new, here = np.array([file_of(line, seed) for seed in range(files)]).T
        shown = np.isfinite(lower)
        for what, truth in (
            ("this procedure's profit on a new file", new),
            ("these decisions' expected profit", here),
        ):
            held = int(((lower <= truth) & (truth <= upper))[shown].sum())
            low, high = wilson(held, shown.sum())
            print(
                f"{line}: {what} held in {held} of {int(shown.sum())} intervals, {held / shown.sum():.1%} "
                f"({low:.1%} to {high:.1%}); no interval for {int((~shown).sum())} files",
                flush=True,
            )


if __name__ == "__main__":
    main()
