"""How often the merge verdict is right, and its interval holds: `python -m benchmarks.inference_verdicts [SEEDS]`."""

import sys
from collections import Counter

import numpy as np
from joblib import Parallel, delayed
from tests.planted.pairs import SCENARIOS, Scenario, planted

from personae.core.statistics import wilson
from personae.inference.compare import compare_groups
from personae.inference.settings import ComparisonCriteria
from personae.inference.twosample import TwoSample, two_sample_test

RULES = ComparisonCriteria(permutations=199)

SAMPLES = (
    (12, 8, 0.0),
    (12, 8, 1.5),
    (30, 25, 0.0),
    (30, 25, 0.8),
    (80, 60, 0.0),
    (80, 60, 0.5),
    (80, 40, 3.3),
    (500, 500, 0.4),
)


def verdict(scenario: Scenario, seed: int) -> str:
    """Judge one table."""
    return str(compare_groups(planted(scenario, seed), "group", RULES, seed=seed).merge["verdict"][0])


def two_sample(a: int, b: int, shift: float, seed: int) -> TwoSample:
    """Test two normal groups of four features, one of them shifted."""
    features, second = np.random.default_rng(seed).normal(size=(a + b, 4)), np.arange(a + b) >= a
    features[second, 0] += shift
    return two_sample_test(features, second, seed=seed, permutations=40)


def print_coverage(seeds: range) -> None:
    """Print how many intervals of the two-sample AUC hold the mean AUC of all tables."""
    print("| rows | shift | mean AUC | intervals that hold it |\n|---|---|---|---|")
    for a, b, shift in SAMPLES:
        found = Parallel(n_jobs=2)(delayed(two_sample)(a, b, shift, seed) for seed in seeds)
        mean = np.mean([one.auc for one in found])
        held = sum(one.low <= mean <= one.high for one in found)
        print(f"| {a} + {b} | {shift} | {mean:.3f} | {100 * held / len(seeds):.1f} % |", flush=True)


def main() -> None:
    """Print the rates."""
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
    print_coverage(seeds)
    print(f"\n{len(seeds)} tables a line, eight features; 95 % Wilson interval in parentheses")
    print("| planted | rows | promised | merge | keep | inconclusive |\n|---|---|---|---|---|---|")
    for scenario in SCENARIOS:
        found = Counter(Parallel(n_jobs=2)(delayed(verdict)(scenario, seed) for seed in seeds))
        cells = []
        for name in ("merge", "keep", "inconclusive"):
            low, high = wilson(found[name], len(seeds))
            cells.append(f"{100 * found[name] / len(seeds):.1f} % ({100 * low:.1f}-{100 * high:.1f})")
        sizes = " + ".join(map(str, scenario.sizes))
        print(f"| {scenario.name} | {sizes} | {scenario.promise} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
