"""Simulated treadmill buyers: two products bought by one kind of customer, a third by another kind."""

from dataclasses import dataclass

import numpy as np
import polars as pl

PRODUCTS = {"KP281": 4 / 9, "KP481": 3 / 9, "KP781": 2 / 9}
PREMIUM = "KP781"
HEADER = [
    "Product",
    "Age",
    "Gender",
    "Education",
    "MaritalStatus",
    "Usage",
    "Fitness",
    "Income",
    "Miles",
]


@dataclass(frozen=True, slots=True)
class Simulated:
    """A table in the publisher's layout and what was planted in it.

    Attributes
    ----------
    table
        Columns in the publisher's order, sorted by product and age.
    equal
        Products whose buyers were drawn from one distribution.
    """

    table: pl.DataFrame
    equal: tuple[str, str]


def simulate(customers: int, seed: int) -> Simulated:
    """Draw customers; buyers of the premium product are fitter, richer and better educated.

    Parameters
    ----------
    customers
        Rows, at least 9: four ninths, three ninths and two ninths of them buy the three products.
    seed
        Same seed, same table.
    """
    rng = np.random.default_rng(seed)
    sizes = np.diff(np.round(np.cumsum([0, *PRODUCTS.values()]) * customers).astype(int))
    product = np.repeat(list(PRODUCTS), sizes)
    premium = product == PREMIUM
    age = 18 + rng.gamma(2.2, 5.0, customers).clip(0, 32).astype(int)
    usage = rng.binomial(5, np.where(premium, 0.56, 0.22)) + 2
    fitness = 1 + rng.binomial(4, np.where(premium, 0.88, 0.5))
    income = 28_000 + 650 * age + np.where(premium, 26_000, 0) + rng.normal(0, 7_500, customers)
    miles = 26 * usage * rng.lognormal(0, 0.25, customers) * np.where(premium, 1.3, 1.0)
    table = pl.DataFrame(
        {
            "Product": product,
            "Age": age,
            "Gender": np.where(rng.random(customers) < np.where(premium, 0.82, 0.52), "Male", "Female"),
            "Education": rng.choice([14, 16, 18], customers, p=[0.35, 0.5, 0.15]) + 2 * premium,
            "MaritalStatus": np.where(rng.random(customers) < 0.6, "Partnered", "Single"),
            "Usage": usage,
            "Fitness": fitness,
            "Income": income.clip(25_000).astype(int),
            "Miles": miles.astype(int),
        }
    )
    return Simulated(table.select(HEADER).sort("Product", "Age", maintain_order=True), ("KP281", "KP481"))


def to_text(table: pl.DataFrame) -> str:
    """Write the table as the publisher does: comma separated, LF line ends, a byte-order mark in front."""
    return "\ufeff" + table.write_csv()
