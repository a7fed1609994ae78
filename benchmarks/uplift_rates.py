"""How often uplift is said to differ: in trials without and with real differences, and where contact was chosen.

python benchmarks/uplift_rates.py [files a line; default 100]
"""

import sys
import warnings
from collections import Counter

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from personae.targeting.uplift import uplift

ROWS = 1000


def sigmoid(log_odds):
    return 1 / (1 + np.exp(-log_odds))


def drawn(r, probability):
    return (r.random(len(probability)) < probability).astype(int)


def world(kind, r):
    """Columns, contact, response."""
    x, hidden = r.normal(size=(ROWS, 5)), r.normal(size=ROWS)
    chosen = {
        "chosen by what the file lacks, no effect": 1.2 * hidden * (x[:, 0] > 0),
        "chosen by a column, no effect": 0.5 * x[:, 0],
        "chosen by the square of a column, no effect": x[:, 0] ** 2 - 1,
        "trial, one in five contacted, no effect": np.full(ROWS, np.log(0.25)),
    }
    contact = drawn(r, sigmoid(chosen.get(kind, np.zeros(ROWS))))
    base = -1 + 1.2 * x[:, 0] + 0.8 * x[:, 1]
    answers = {
        "trial, an effect alike for all": base + 0.5 * contact,
        "trial, real differences": -1 + 0.5 * x[:, 1] + contact * 0.9 * x[:, 0],
        "chosen by what the file lacks, no effect": -1 + 1.5 * hidden,
    }
    return x, contact, drawn(r, sigmoid(answers.get(kind, base)))


LINES = {
    "trial, no effect": True,
    "trial, an effect alike for all": True,
    "trial, one in five contacted, no effect": True,
    "trial, real differences": True,
    "chosen by what the file lacks, no effect": False,
    "chosen by a column, no effect": True,
    "chosen by the square of a column, no effect": True,
}


def main():
    warnings.simplefilter("ignore")
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    for kind, stated in LINES.items():
        said = Counter()
        for seed in range(files):
            columns, contact, response = world(kind, np.random.default_rng([seed, 2]))
            options = {"randomised": stated, "model": LogisticRegression(), "resamples": 500, "seed": seed}
            found = uplift(columns, contact, response, **options)
            said[
                f"{found['verdict']}{' (arms not balanced)' if 'not balanced' in found['reason'] else ''}"
            ] += 1
        counted = "; ".join(f"{name}: {count} of {files}" for name, count in said.most_common())
        print(f"{kind}, {'said' if stated else 'not said'} to be dealt at random: {counted}", flush=True)


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        main()
