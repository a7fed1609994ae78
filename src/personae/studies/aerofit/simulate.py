"""Simulated treadmill buyers: two products share a customer kind, one differs."""

import numpy as np
import polars as pl

from personae.studies.aerofit.source import FILE

PRODUCTS = {"KP281": 4 / 9, "KP481": 3 / 9, "KP781": 2 / 9}
PREMIUM = "KP781"
EQUAL = ("KP281", "KP481")  # whose buyers are drawn from one distribution


def simulate(customers: int, seed: int) -> pl.DataFrame:
    """Draw customers; premium buyers are fitter, richer and better educated.

    Parameters
    ----------
    customers
        Rows, at least 9: four ninths, three ninths and two ninths of them buy the three products.
    seed
        Same seed, same table.

    Returns
    -------
    Columns in the publisher's order, sorted by product and age.
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
    return table.sort("Product", "Age", maintain_order=True)


def to_files(table: pl.DataFrame) -> dict[str, bytes]:
    """Write the table in the publisher's format, comma separated with BOM."""
    return {FILE: ("\ufeff" + table.write_csv()).encode()}
