"""How often months alarm: `python benchmarks/drift.py [YEARS [SIZE ...]]`.

A year without drift is twelve months of customers from the law of the reference (5,000 customers, four numbers and
a category, three segments, responses that swing by a fifth between times as six earlier times did). Years of the
same size are counted that had an alarm. Then what must be found: a dependence alone, and half a standard
deviation in one column; and 100,000 customers who moved by .01 standard deviations, which is no drift.
"""

import sys

import numpy as np

from personae.core.statistics import wilson
from personae.monitoring.drift import CALIBRATION, DRIFT, calibration, joint_change, segment_shares

REFERENCE, MONTHS, TIMES, SWING = 5000, 12, 6, 0.2
CORRELATION = 0.6
# Permutations that reach the effect after which no alarm is left (3 of 1,999 are more than .05 / 36): no more are drawn.
ALARM = 3
# Customers a month, months in which it is to be found (the last line: is not to be), what changes.
CHANGES = [
    (300, 2, {"correlation": -CORRELATION}),
    (300, 2, {"correlation": 0.0}),
    (300, 1, {"shift": 0.5}),
    (100, 1, {"shift": 0.5}),
    (100_000, 1, {"shift": 0.01}),
]


def customers(rng, rows, *, correlation=CORRELATION, shift=0.0):
    """Columns, segments and probabilities of customers; `shift` in standard deviations of the first column."""
    first = rng.normal(size=rows)
    second = correlation * first + np.sqrt(1 - correlation**2) * rng.normal(size=rows)
    first = first + shift
    amount, visits = rng.lognormal(3, 0.8, rows), rng.poisson(4, rows).astype(float)
    home = rng.choice(["flat", "house", ""], rows, p=[0.5, 0.4, 0.1])
    segment = np.digitize(first + 0.5 * rng.normal(size=rows), [-0.6, 0.6])
    probability = 1 / (1 + np.exp(2 - 0.8 * second + 0.02 * visits))
    return [first, second, amount, visits, home], segment, probability


def answered(rng, probability):
    """Answers of a time: its own level, then chance."""
    level = rng.lognormal(-(SWING**2) / 2, SWING)
    return (rng.random(len(probability)) < np.minimum(level * probability, 1)).astype(float)


def earlier_times(rng, rows):
    """Six times of as many customers."""
    came, expected, variance = [], [], []
    for _ in range(TIMES):
        probability = customers(rng, rows)[2]
        came.append(answered(rng, probability).sum())
        expected.append(probability.sum())
        variance.append((probability * (1 - probability)).sum())
    return np.array([came, expected, variance])


def alarms(rng, reference, times, rows, **moved):
    """Tests that alarm in a month."""
    columns, segment, probability = customers(rng, rows, **moved)
    seed = int(rng.integers(2**31))
    tests = [
        joint_change(reference[0], columns, seed=seed, exceedances=ALARM),
        segment_shares(reference[1], segment),
        calibration(answered(rng, probability), probability, times),
    ]
    return [each["test"] for each in tests if each["word"] == DRIFT]


def year(seed, rows, months=MONTHS, **moved):
    """Alarms of each month."""
    rng = np.random.default_rng([seed, rows])
    reference, times = customers(rng, REFERENCE), earlier_times(rng, rows)
    return [alarms(rng, reference, times, rows, **moved) for _ in range(months)]


def told(hits, total):
    """A share with its interval."""
    low, high = wilson(hits, total)
    return f"{hits} of {total}: {hits / total:.1%} ({float(low):.1%}-{float(high):.1%})"


def main():
    years = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    sizes = [int(each) for each in sys.argv[2:]] or [100, 300, 5000]
    for rows in sizes:
        made = [year(seed, rows) for seed in range(years)]
        print(
            f"months of {rows}: years with an alarm {told(sum(any(each) for each in made), years)}",
            flush=True,
        )
    few = min(years, 100)
    for rows, months, moved in CHANGES:
        found = [year(seed, rows, months, **moved) for seed in range(few)]
        hits = [any(set(month) - {CALIBRATION} for month in each) for each in found]
        print(f"months of {rows}, {moved}: within {months} {told(sum(hits), few)}", flush=True)


if __name__ == "__main__":
    main()
