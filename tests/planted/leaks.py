"""Customer tables with one planted leak each, and clean ones: what the leakage guard must tell apart."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

Integers = npt.NDArray[np.intp]

CASES = ("clean", "duplicates", "conflicts", "proxy", "after_event", "oversampled", "interpolated")
TARGET = "answer"


def planted(case: str, seed: int, rows: int = 600) -> pd.DataFrame:
    """Simulate customers whose answer depends honestly on income and visits, with one leak on top.

    Parameters
    ----------
    case : one of `CASES`
        `duplicates`: a fifth of the customers occurs twice; `conflicts`: they also answer differently;
        `proxy`: a column that all but holds the answer; `after_event`: a column filled only for those who
        answered yes; `oversampled`: the rare answer copied until balanced; `interpolated`: the rare answer
        topped up with points between neighbours (SMOTE; Chawla et al. 2002).
    seed : of the simulation
    rows : before copies

    Examples
    --------
    >>> planted("oversampled", seed=0)["answer"].value_counts().nunique()
    1
    """
    rng = np.random.default_rng(seed)
    table = _customers(rows, rng)
    yes = (table[TARGET] == 1).to_numpy()
    if case in ("duplicates", "conflicts"):
        copies = table.iloc[rng.choice(rows, rows // 5, replace=False)].copy()
        if case == "conflicts":
            copies[TARGET] = 1 - copies[TARGET]
        table = pd.concat([table, copies], ignore_index=True)
    elif case == "proxy":
        table["orders_after_offer"] = yes * rng.poisson(8, rows) + rng.poisson(0.2, rows)
    elif case == "after_event":
        day = np.where(yes & (rng.random(rows) < 0.6), rng.integers(1, 60, rows), np.nan)
        table["days_to_delivery"] = day
    elif case == "oversampled":
        table = oversample(table, TARGET, rng)
    elif case == "interpolated":
        table = pd.concat(
            [table, _between(table[yes], int((~yes).sum() - yes.sum()), rng)], ignore_index=True
        )
    elif case != "clean":
        raise ValueError(f"no case {case!r}; cases are {', '.join(CASES)}")
    return table


def oversample(table: pd.DataFrame, target: str, rng: np.random.Generator) -> pd.DataFrame:
    """Copy random rows of the rarer answers until all are equally frequent, as fakes accuracy."""
    counts = table[target].value_counts()
    extra = [
        rng.choice(np.flatnonzero(table[target] == value), counts.max() - count)
        for value, count in counts.sort_index().items()
    ]
    return table.iloc[np.concatenate([np.arange(len(table)), *extra])].reset_index(drop=True)


def memorised(target: Integers) -> Callable[[Integers], npt.NDArray[np.float64]]:
    """Give a pipeline that looks at the answers of the rows that it predicts, whatever they are.

    It stands for target encoding, feature selection or resampling that is done once, before the folds.
    """
    classes = int(target.max()) + 1

    def run(answers: Integers) -> npt.NDArray[np.float64]:
        rng = np.random.default_rng(0)
        scores = rng.normal(size=(len(answers), classes)) + 0.5 * np.eye(classes)[answers]
        return np.asarray(np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True))

    return run


def _customers(rows: int, rng: np.random.Generator) -> pd.DataFrame:
    income, age = rng.normal(50_000, 15_000, rows).round(), rng.integers(20, 80, rows)
    visits, spend = rng.poisson(5, rows), rng.gamma(2, 150, rows).round(2)
    drive = (income - 50_000) / 15_000 + 0.3 * (visits - 5) - 2.2
    yes = rng.random(rows) < 1 / (1 + np.exp(-drive))
    table = {"income": income, "age": age.astype(float), "visits": visits.astype(float), "spend": spend}
    table["income"] = np.where(rng.random(rows) < 0.03, np.nan, income)
    earlier = (rng.random(rows) < np.where(yes, 0.35, 0.05)).astype(float)
    region = rng.choice(["north", "south", "west"], rows)
    return pd.DataFrame({**table, "accepted_earlier": earlier, "region": region, TARGET: yes.astype(int)})


def _between(rare: pd.DataFrame, rows: int, rng: np.random.Generator) -> pd.DataFrame:
    numeric = ["income", "age", "visits", "spend"]
    points = rare[numeric].fillna(rare[numeric].median()).to_numpy()
    scaled = (points - points.mean(axis=0)) / points.std(axis=0)
    apart = ((scaled[:, None] - scaled[None]) ** 2).sum(axis=2)
    near = np.argsort(apart, axis=1)[:, 1:6]
    one = rng.integers(0, len(points), rows)
    other = near[one, rng.integers(0, near.shape[1], rows)]
    made = rare.iloc[one].copy()
    made[numeric] = points[one] + rng.random((rows, 1)) * (points[other] - points[one])
    return made
