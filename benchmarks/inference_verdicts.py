"""How often the merge verdict is right: `python benchmarks/inference_verdicts.py [SEEDS]`."""

import sys
from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl
from joblib import Parallel, delayed

from personae.inference.compare import compare
from personae.inference.probabilities import wilson
from personae.inference.rules import Rules

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


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    sizes: tuple[int, int]
    promise: str
    shift: float = 0.0
    shifted: str = "income"
    dependence: float = 0.0


SCENARIOS = (
    Scenario("equal", (12, 8), "inconclusive; keep <= 5 %"),
    Scenario("equal", (30, 25), "inconclusive; keep <= 5 %"),
    Scenario("equal", (80, 60), "inconclusive; keep <= 5 %"),
    Scenario("d = 0.8 in one normal feature", (80, 60), "keep >= 95 %", 0.8),
    Scenario("d = 0.8 in one skewed feature", (80, 60), "keep >= 95 %", 0.8, "spend"),
    Scenario("equal", (500, 500), "merge >= 90 %"),
    Scenario("equal", (500, 800), "merge >= 90 %"),
    Scenario("d = 0.8 in one normal feature", (500, 500), "keep >= 95 %", 0.8),
    Scenario("d = 0.3, the margin, in one normal feature", (500, 500), "merge <= 5 %", 0.3),
    Scenario("correlation 0 and 0.9 of two features", (500, 500), "never merge", 0.0, "income", 0.9),
)


def customers(scenario: Scenario, seed: int) -> pl.DataFrame:
    """Draw eight features: normal, skewed, tied and categorical; the second group may differ in one."""
    rng = np.random.default_rng(seed)
    n = sum(scenario.sizes)
    second = np.arange(n) >= scenario.sizes[0]
    moved = {name: scenario.shift * second * (name == scenario.shifted) for name in ("income", "spend")}
    income, age = rng.normal(size=n), rng.normal(size=n)
    linked = scenario.dependence * income + np.sqrt(1 - scenario.dependence**2) * age
    return pl.DataFrame(
        {
            "group": np.where(second, "b", "a"),
            "income": income + moved["income"],
            "age": np.where(second, linked, age),
            "spend": rng.gamma(2.0, 1 / np.sqrt(2), n) + moved["spend"],
            "miles": rng.lognormal(0, 0.5, n),
            "visits": rng.integers(2, 8, n),
            "fitness": 1 + rng.binomial(4, 0.5, n),
            "sex": rng.choice(["m", "f"], n),
            "city": rng.choice(["x", "y", "z"], n, p=[0.6, 0.3, 0.1]),
        }
    )


def verdict(scenario: Scenario, seed: int) -> str:
    """Judge one table."""
    return compare(customers(scenario, seed), "group", RULES, seed=seed).merge[0].verdict


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
