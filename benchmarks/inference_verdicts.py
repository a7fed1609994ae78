"""How often the merge verdict is right: `python benchmarks/inference_verdicts.py [SEEDS]`."""

import sys
from collections import Counter

from joblib import Parallel, delayed

from personae.inference.compare import compare
from personae.inference.probabilities import wilson
from personae.inference.rules import Rules
from personae.simulate.pairs import SCENARIOS, Scenario, planted

RULES = Rules(
    alpha=0.05,
    correction="holm",
    rank_test="mann-whitney",
    margin=0.3,
    auc_bound=0.6,
    power_effect=0.3,
    min_group=5,
    permutations=199,
    on_inconclusive="keep",
)


def verdict(scenario: Scenario, seed: int) -> str:
    """Judge one table."""
    return compare(planted(scenario, seed), "group", RULES, seed=seed).merge[0].verdict


def main() -> None:
    """Print the rates."""
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
    print(f"{len(seeds)} tables a line, eight features; 95 % Wilson interval in parentheses")
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
