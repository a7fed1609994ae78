"""How often the check of calibration says `beyond chance`: of right probabilities, of too low ones, of too extreme ones.

python benchmarks/calibration_rates.py [files a line; default 100]
"""

import sys

import numpy as np

from personae.core.statistics import wilson
from personae.response.calibration_check import calibration_figures


def expit(log_odds):
    return 1 / (1 + np.exp(-log_odds))


# Rows, log-odds of the mean customer and their spread, rows of a unit (alike in all), probabilities that are given.
LINES = {
    "right, 200 rows of 10 %, far apart": (200, -3.0, 4.0, 1, lambda z, base: expit(z)),
    "right, 300 rows of 20 %": (300, -1.5, 1.0, 1, lambda z, base: expit(z)),
    "right, 1,000 rows of 15 %": (1000, -2.0, 1.0, 1, lambda z, base: expit(z)),
    "right, 600 rows, three of a unit alike": (600, -1.5, 1.0, 3, lambda z, base: expit(z)),
    "a fifth too low, 1,000 rows": (1000, -2.0, 1.0, 1, lambda z, base: expit(z) / 1.25),
    "too extreme (slope .7), 1,000 rows": (
        1000,
        -1.5,
        1.0,
        1,
        lambda z, base: expit((z - base) / 0.7 + base),
    ),
}


def verdict(line, seed):
    rows, base, spread, unit, given = LINES[line]
    rng = np.random.default_rng([seed, rows])
    log_odds = base + spread * rng.normal(size=rows // unit)
    event = rng.random(len(log_odds)) < expit(log_odds)
    units = np.arange(rows) // unit
    probability = given(log_odds, base)[units]
    return calibration_figures(event[units].astype(int), probability, units, seed=seed)["verdict"]


def main():
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    for line in LINES:
        said = [verdict(line, seed) for seed in range(files)]
        judged, beyond = len(said) - said.count("too few"), said.count("beyond chance")
        low, high = wilson(beyond, judged)
        print(f"{line}: beyond chance in {beyond} of {judged} ({low:.1%} to {high:.1%})", flush=True)


if __name__ == "__main__":
    main()
