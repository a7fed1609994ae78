"""Pairs of groups that are equal or differ in one planted way: what the merge verdict must tell apart."""

from dataclasses import dataclass

import numpy as np
import polars as pl


@dataclass(frozen=True, slots=True)
class Scenario:
    """Two groups of eight features, of which the second may differ.

    Attributes
    ----------
    name : what is planted.
    sizes : rows of the two groups.
    promise : what the verdicts on such pairs have to be.
    shift : difference in standard deviations of the feature `shifted`, "income" (normal) or "spend" (skewed).
    dependence : correlation of income and age in the second group.
    """

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


def planted(scenario: Scenario, seed: int) -> pl.DataFrame:
    """Draw normal, skewed, tied and categorical features of groups "a" and "b", in column `group`.

    Examples
    --------
    >>> planted(SCENARIOS[0], seed=0)["group"].value_counts(sort=True)["count"].to_list()
    [12, 8]
    """
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
