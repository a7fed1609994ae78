"""How often groups that differ, or are equal, may be merged: `python -m benchmarks.merge_rates [TABLES] [WHOLE]`.

A merge asks for equivalence in every column. Of groups that differ in one column, TABLES are counted that are
called equivalent in it: not fewer than are merged. Of equal pairs, and of pairs in which one cell is replaced,
WHOLE comparisons are made, with the eight features of `tests/planted/pairs.py` and three.
"""

import sys
from collections import Counter
from collections.abc import Callable
from functools import partial

import numpy as np
import polars as pl
from joblib import Parallel, delayed
from tests.planted.pairs import Scenario, planted

from personae.core.statistics import wilson
from personae.inference.compare import compare_groups
from personae.inference.margins import equivalence
from personae.inference.settings import ComparisonCriteria

RULES = ComparisonCriteria(permutations=99)
Maker = Callable[[np.random.Generator], pl.DataFrame]


def pair(a: np.ndarray, b: np.ndarray) -> pl.DataFrame:
    """Two groups of one column."""
    return pl.DataFrame({"x": np.concatenate([a, b]), "group": ["a"] * len(a) + ["b"] * len(b)})


def events(rng: np.random.Generator, rows: int, first: float, second: float) -> pl.DataFrame:
    """Two groups that respond at two rates."""
    return pair(*((rng.random(rows) < rate).astype(float) for rate in (first, second)))


def spends(rng: np.random.Generator, rows: int, sd: float, times: float, bought: float = 1.0) -> pl.DataFrame:
    """Two groups that spend log-normal amounts, the second `times` as much; some nothing."""
    a, b = (np.exp(4 + sd * rng.normal(size=rows)) * (rng.random(rows) < bought) for _ in range(2))
    return pair(a, times * b)


def whales(rng: np.random.Generator, rows: int) -> pl.DataFrame:
    """Two groups alike but for 2 % of the second, who spend thirty times as much."""
    a, b = (np.exp(4 + 0.5 * rng.normal(size=rows)) for _ in range(2))
    return pair(a, np.where(rng.random(rows) < 0.02, 30 * b, b))


DIFFERENT: dict[str, Maker] = {
    "response 2 and 6 %, 1,500 each": partial(events, rows=1500, first=0.02, second=0.06),
    "response 10 and 15 %, 1,500 each": partial(events, rows=1500, first=0.10, second=0.15),
    "response 1 and 2.5 %, 1,500 each": partial(events, rows=1500, first=0.01, second=0.025),
    "response 30 and 40 %, 1,500 each": partial(events, rows=1500, first=0.30, second=0.40),
    "spend x 1.3, sd of log 1.5, 1,500 each": partial(spends, rows=1500, sd=1.5, times=1.3),
    "spend x 1.5, sd of log 1.5, 800 each": partial(spends, rows=800, sd=1.5, times=1.5),
    "spend x 1.25, sd of log 1.0, 1,500 each": partial(spends, rows=1500, sd=1.0, times=1.25),
    "spend x 1.3, half buy nothing, 1,500 each": partial(spends, rows=1500, sd=1.0, times=1.3, bought=0.5),
    "2 % who spend 30 times as much, 1,500 each": partial(whales, rows=1500),
}
EQUAL: dict[str, Maker] = {
    "equal response of 10 %, 3,000 each": partial(events, rows=3000, first=0.10, second=0.10),
    "equal spend, sd of log 1.0, 1,500 each": partial(spends, rows=1500, sd=1.0, times=1.0),
}


def equal(make: Maker, seed: int) -> bool:
    """Whether one table's groups are called equivalent."""
    table = make(np.random.default_rng([seed, 77]))
    groups = (table.filter(pl.col("group") == name)["x"].to_numpy() for name in "ab")
    return equivalence("x", *groups, RULES).p <= RULES.alpha


def eight(sizes: tuple[int, int], seed: int) -> str:
    """Judge one equal pair of eight features."""
    table = planted(Scenario("equal", sizes, ""), seed)
    return str(compare_groups(table, "group", RULES, seed=seed).merge["verdict"][0])


def moved(seed: int) -> bool:
    """Whether one cell of any size, in one of three columns of 500 + 500, changes the verdict."""
    rng = np.random.default_rng([seed, 77])
    cells = rng.normal(size=(1000, 3))
    cells[500:, 0] += rng.choice([0.0, 0.2, 0.8])
    before, after = cells, cells.copy()
    after[rng.integers(1000), rng.integers(3)] = rng.choice([-1, 1]) * 10.0 ** rng.uniform(1, 9)
    verdicts = [
        compare_groups(
            pl.DataFrame(each, schema=["x", "y", "z"]).with_columns(
                group=pl.Series(["a"] * 500 + ["b"] * 500)
            ),
            "group",
            RULES,
            seed=seed,
        ).merge["verdict"][0]
        for each in (before, after)
    ]
    return bool(verdicts[0] != verdicts[1])


def share(count: int, total: int) -> str:
    """A rate with its 95 % Wilson interval."""
    low, high = wilson(count, total)
    return f"{100 * count / total:.0f} % ({100 * low:.0f}-{100 * high:.0f})"


def main() -> None:
    """Print the rates."""
    tables, whole = (int(given) for given in [*sys.argv[1:], *("400", "60")[len(sys.argv) - 1 :]])
    print(
        f"{tables} tables a line; 95 % Wilson interval in parentheses\n| one column | equivalent |\n|---|---|"
    )
    for name, make in (DIFFERENT | EQUAL).items():
        print(f"| {name} | {share(sum(equal(make, seed) for seed in range(tables)), tables)} |", flush=True)
    print(
        f"\n{whole} tables a line\n| eight equal features | merge | keep | inconclusive |\n|---|---|---|---|"
    )
    for a, b in ((500, 500), (500, 800)):
        found = Counter(Parallel(n_jobs=2)(delayed(eight)((a, b), seed) for seed in range(whole)))
        cells = [share(found[word], whole) for word in ("merge", "keep", "inconclusive")]
        print(f"| {a} + {b} | {' | '.join(cells)} |", flush=True)
    changed = sum(Parallel(n_jobs=2)(delayed(moved)(seed) for seed in range(whole)))
    print(f"\none cell of 3,000, 10 to 10^9 in size: another verdict in {share(changed, whole)}")


if __name__ == "__main__":
    main()
