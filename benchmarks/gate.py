"""How often a challenger is promoted: `python benchmarks/gate.py [YEARS]`.

Months of 300 answers; the truth is logistic in two columns. Equal models know one column each, of equal weight; a
better one knows the champion's column and another, worth .016 in log loss; a worse one is the champion without it.
After a switch the models change roles, rows are counted again, and three months pass before the next.
"""

import sys

import numpy as np
from scipy.optimize import brentq

from personae.core.statistics import wilson
from personae.monitoring.gate import PROMOTE, Z, decide, log_loss

ROWS, BASE, OWN, GAIN = 300, -1.5, 0.8, 0.016
COST, REVENUE = 3.0, 11.0
GRID = np.random.default_rng(0).normal(size=(200_000, 2))


def probability(columns, weights):
    """Probability of a calibrated model that knows some columns: the others' part is averaged out."""
    spread = sum((w * (1 - known)) ** 2 for w, known in weights)
    known = sum(w * k * columns[:, j] for j, (w, k) in enumerate(weights))
    return 1 / (1 + np.exp(-(BASE + known) / np.sqrt(1 + np.pi * spread / 8)))


def gained(weight):
    """Log loss that knowing the second column, of some weight, takes away."""
    truth = probability(GRID, [(OWN, 1), (weight, 1)])
    less = probability(GRID, [(OWN, 1), (weight, 0)])
    return np.mean(truth * np.log(truth / less) + (1 - truth) * np.log((1 - truth) / (1 - less)))


def months(rng, weight, kind, count):
    """Gains of challenger over champion, and the profit of its decisions, of each month."""
    weights = {"equal": (OWN, OWN)}.get(kind, (OWN, weight))
    known = {"equal": ((1, 0), (0, 1)), "better": ((1, 0), (1, 1)), "worse": ((1, 1), (1, 0))}[kind]
    made = []
    for _ in range(count):
        columns = rng.normal(size=(ROWS, 2))
        truth = probability(columns, [(w, 1) for w in weights])
        response = (rng.random(ROWS) < truth).astype(float)
        models = [probability(columns, list(zip(weights, each, strict=True))) for each in known]
        loss = [log_loss(response, each) for each in models]
        earned = [np.where(each * REVENUE > COST, response * REVENUE - COST, 0.0) for each in models]
        made.append((loss[0] - loss[1], earned[1] - earned[0]))
    return made


def switches(rng, weight, kind, count):
    """Months in which the champion changes."""
    found, sign, since, rested = [], 1, 0, None
    made = months(rng, weight, kind, count)
    for place in range(count):
        gain, profit = (sign * np.concatenate([each[k] for each in made[since : place + 1]]) for k in (0, 1))
        if decide(gain, profit, rested=rested)["verdict"] == PROMOTE:
            found.append(place + 1)
            sign, since, rested = -sign, place + 1, 0
        rested = None if rested is None else rested + 1
    return found


def told(hits, total):
    """A share with its interval."""
    low, high = wilson(hits, total)
    return f"{hits} of {total}: {hits / total:.1%} ({float(low):.1%}-{float(high):.1%})"


def main():
    years = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    weight = brentq(lambda each: gained(each) - GAIN, 0.05, 2)
    for kind in ("equal", "worse", "better"):
        made = [switches(np.random.default_rng([year, 7]), weight, kind, 12) for year in range(years)]
        print(f"{kind}: switches within a year {told(sum(bool(each) for each in made), years)}", flush=True)
        if kind == "better":
            print(f"  by month 6 {told(sum(bool(each) and each[0] <= 6 for each in made), years)}")
    made = [switches(np.random.default_rng([year, 8]), weight, "equal", 36) for year in range(years)]
    print(f"equal: {np.mean([len(each) for each in made]):.3f} switches in three years; z {Z}")


if __name__ == "__main__":
    main()
