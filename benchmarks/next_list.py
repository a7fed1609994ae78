"""How often the next list is ranked by uplift: `python benchmarks/next_list.py [CAMPAIGNS]`.

Campaigns of 1,200 customers, half of them held out, logistic models. Without an effect, with one alike for all, with
one that grows with the response (there the response model ranks as well), and with one of its own column.
"""

import sys
import warnings

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from personae.core.statistics import wilson
from personae.targeting.next_list import UPLIFT, next_list

ROWS = 1200
EFFECTS = ("none", "alike", "with the response", "of its own")


def campaign(effect, rng):
    """A list that was sent, and its inputs."""
    x = rng.normal(size=(ROWS, 4))
    base, held = -1 + x[:, 0], rng.random(ROWS) < 0.5
    gain = {"none": 0, "alike": 0.6, "with the response": 0.6 * (x[:, 0] > 0), "of its own": 1.2 * x[:, 1]}[
        effect
    ]
    chance = 1 / (1 + np.exp(-(base + gain)))
    without = 1 / (1 + np.exp(-base))
    response = rng.random(ROWS) < np.where(held, without, chance)
    columns = {"customer": np.arange(ROWS), "decision": np.where(held, "control", "contact")}
    known = 1 / (1 + np.exp(-base))
    return pd.DataFrame(
        columns | {"probability": known, "response": response, "cost": 1.0, "revenue": 10.0}
    ), x


def main():
    warnings.simplefilter("ignore")
    campaigns = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    for effect in EFFECTS:
        hits = 0
        for seed in range(campaigns):
            sent, inputs = campaign(effect, np.random.default_rng([seed, 3]))
            model = LogisticRegression()
            hits += next_list(sent, inputs, model=model, resamples=300, seed=seed)[0]["rank_by"] == UPLIFT
        low, high = wilson(hits, campaigns)
        print(
            f"effect {effect}: by uplift in {hits} of {campaigns} ({float(low):.1%}-{float(high):.1%})",
            flush=True,
        )


if __name__ == "__main__":
    main()
