"""A bank's calls to its customers, with planted truth: `python -m tests.planted.bank FILE [ROWS]`.

The call's length follows the answer and was not known before it; age, balance, season and the last campaign tell a
little; 82 % were never contacted before, which `pdays` says with -1.
"""

import sys
from pathlib import Path

import numpy as np
import polars as pl

JOBS = ["admin", "blue-collar", "entrepreneur", "management", "retired", "services", "student", "technician"]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def bank(rows: int = 45_211, seed: int = 11) -> pl.DataFrame:
    """Draw a table of customers and their answers, yes or no, of which about an eighth are yes."""
    rng = np.random.default_rng(seed)
    age = np.clip(rng.gamma(12, 3.4, rows), 18, 95).round().astype(int)
    job = rng.choice(JOBS, rows, p=[0.12, 0.23, 0.04, 0.22, 0.06, 0.1, 0.03, 0.2])
    balance = (rng.lognormal(6.4, 1.3, rows) - 300 * (rng.random(rows) < 0.15)).round().astype(int)
    housing, loan = rng.random(rows) < 0.55, rng.random(rows) < 0.16
    month = rng.choice(12, rows, p=[0.03, 0.06, 0.02, 0.06, 0.31, 0.12, 0.15, 0.14, 0.01, 0.02, 0.07, 0.01])
    known = rng.random(rows) < 0.18
    won = known & (rng.random(rows) < 0.2)
    score = (
        -2.9
        + 0.7 * np.log1p(np.clip(balance, 0, None)) / 3
        + 0.03 * np.abs(age - 45)
        - 0.8 * housing
        - 0.5 * loan
        + 2.3 * won
        + 1.2 * np.isin(month, [2, 8, 9, 11])
        - 0.5 * (month == 4)
    )
    yes = rng.random(rows) < 1 / (1 + np.exp(-score))
    duration = rng.lognormal(np.where(yes, 6.1, 5.15), 0.75).round().astype(int)
    return pl.DataFrame(
        {
            "age": age,
            "job": job,
            "marital": rng.choice(["married", "single", "divorced"], rows, p=[0.6, 0.28, 0.12]),
            "education": rng.choice(
                ["primary", "secondary", "tertiary", "unknown"], rows, p=[0.15, 0.51, 0.3, 0.04]
            ),
            "default": np.where(rng.random(rows) < 0.018, "yes", "no"),
            "balance": balance,
            "housing": np.where(housing, "yes", "no"),
            "loan": np.where(loan, "yes", "no"),
            "contact": rng.choice(["cellular", "telephone", "unknown"], rows, p=[0.65, 0.06, 0.29]),
            "day": rng.integers(1, 32, rows),
            "month": np.array(MONTHS)[month],
            "duration": duration,
            "campaign": rng.geometric(0.37, rows),
            "pdays": np.where(known, rng.integers(1, 400, rows), -1),
            "previous": np.where(known, rng.geometric(0.4, rows), 0),
            "poutcome": np.where(won, "success", np.where(known, "failure", "unknown")),
            "deposit": np.where(yes, "yes", "no"),
        }
    )


if __name__ == "__main__":
    bank(int(sys.argv[2]) if len(sys.argv) > 2 else 45_211).write_csv(Path(sys.argv[1]), separator=";")
