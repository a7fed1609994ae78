"""How often promotions are found where there are none, and planted rules where they are.

    python benchmarks/baskets_nulls.py [shuffles of groceries, of journey, planted samples; default 100 20 20]

Shuffles keep basket sizes and item counts; then rules are learned on half of the baskets (journey: the first
26 weeks) and replayed on the rest, as in stage promote. `groceries.csv` and `Groceries_dataset.csv` are read
from ORIGINALS/grocery/standin where they are there.
"""

import os
import sys
import time
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl
from joblib import Parallel, delayed
from tests.planted.households import below_true_lift, by_kind_season_and_shop

from personae.baskets.coding import encode, from_lists
from personae.baskets.curveball import shuffled
from personae.baskets.itemsets import frequent
from personae.baskets.replicate import ALL_CUSTOMERS, halve, replicate
from personae.baskets.rules import rules
from personae.baskets.settings import Promote, RuleSearch
from personae.studies.grocery import source as grocery
from personae.studies.grocery.simulate import RULES, SEGMENTS, simulate
from personae.studies.journey import source as journey
from personae.studies.journey.settings import JourneyPrepare

STANDIN = Path(os.environ.get("ORIGINALS", "../shared/data"), "grocery", "standin")
SMALL = RuleSearch(min_support=0.005, shuffles=100, resamples=300)
WEAK = SMALL.model_copy(
    update={"min_support": 0.002, "least_baskets": 10, "min_confidence": 0.02, "min_customers": 5}
)
SAMPLE = SMALL.model_copy(update={"min_support": 0.01})
LARGE = SAMPLE.model_copy(update={"least_baskets": 100, "min_customers": 25})


def halves(baskets, seed):
    people = int(baskets.customer.max()) + 1
    early = (np.random.default_rng(seed).permutation(people) < people // 2)[baskets.customer]
    return baskets.where(early), baskets.where(~early)


def replicating(parts, search, seed):
    found, figures = replicate({"everybody": parts}, search, seed=seed)["everybody"]
    kept = np.flatnonzero(figures["replicates"] & ~figures["superseded"])
    return [(found.words(found.antecedents[i]), found.words(found.consequents[i])) for i in kept]


def naive(parts):
    """Count rules whose bound is above 1 on the later half, as the usual null of independence has it."""
    early, later = parts
    found = rules(frequent(early, min_support=0.005), early, min_confidence=0.2, max_consequent=1)
    again = rules(frequent(later, min_support=1e-9), later, min_confidence=0, max_consequent=1)
    place = {
        sides: number for number, sides in enumerate(zip(again.antecedents, again.consequents, strict=True))
    }
    same = [
        place[sides] for sides in zip(found.antecedents, found.consequents, strict=True) if sides in place
    ]
    return len(found), int((again.lift_lower[same] > 1).sum())


def control(baskets, divide, search, count, label):
    start = time.perf_counter()
    tables = list(islice(shuffled(baskets, np.random.default_rng(11), thin=20), count))
    tasks = (delayed(replicating)(divide(table), search, seed) for seed, table in enumerate(tables))
    found = Parallel(n_jobs=2)(tasks)
    clean = sum(not each for each in found)
    print(
        f"{label}: {clean} of {count} shuffles without promotion, {sum(map(len, found))} false rules, "
        f"{time.perf_counter() - start:.0f} s",
        flush=True,
    )


def main():
    shuffles, weeks, samples = [*map(int, sys.argv[1:]), *(100, 20, 20)[len(sys.argv) - 1 :]]
    if STANDIN.is_dir():
        standin(shuffles)
    planted(samples)
    for holidays in (False, True):
        conditional(shuffles, holidays)
    by_customer, as_if_independent = below_true_lift(800)
    print(
        f"bound below the true lift in {by_customer:.1%} of 800 tables; {as_if_independent:.1%} as if baskets "
        "were independent",
        flush=True,
    )
    settings = JourneyPrepare(
        early_weeks=26,
        history_weeks=1,
        largest_basket=1000,
        departments={},
    )
    lines = journey.prepare(Path(), settings).tables["baskets"]
    baskets, heads = encode(lines, item="category", customer="customer")
    early = (heads["week"] <= 26).to_numpy()
    control(baskets, lambda each: (each.where(early), each.where(~early)), LARGE, weeks, "journey")


def conditional(tables, holidays):
    """Items independent given kind of customer, season, shop and holiday, and the same with one rule."""
    segments = pl.DataFrame({"customer": range(400), "segment": [number % 3 for number in range(400)]})

    def found(seed, planted):
        lines = by_kind_season_and_shop(seed, holidays=holidays, planted=planted)
        groups = halve(lines, segments, Promote(smallest=20, early_weeks=13), seed=seed)
        kept = []
        for name, (learned, figures) in replicate(groups, SAMPLE, seed=seed).items():
            passed = figures["replicates"] & ~figures["superseded"] & figures["own"]
            rows = learned.at(np.flatnonzero(passed)).table().select("antecedent", "consequent").rows()
            kept += [(name, frozenset(row)) for row in rows]
        return kept

    none = sum(not each for each in Parallel(n_jobs=2)(delayed(found)(seed, False) for seed in range(tables)))
    pair = ALL_CUSTOMERS, frozenset(("item 14", "item 15"))
    hits = sum(
        pair in each for each in Parallel(n_jobs=2)(delayed(found)(seed, True) for seed in range(tables))
    )
    print(
        f"independent given customer, season and shop{', holidays and assortments' * holidays}: no promotion in {none} of {tables} tables; the planted "
        f"rule found in {hits} of {tables}",
        flush=True,
    )


def standin(shuffles):
    text = (STANDIN / "groceries.csv").read_text().splitlines()
    baskets = from_lists([line.split(",") for line in text])
    found = rules(frequent(baskets, min_support=0.005, max_length=2), baskets, min_confidence=0.2)
    table = found.table().filter(pl.col("antecedent") == "herbs", pl.col("consequent") == "root vegetables")
    print(f"groceries.csv: lift of herbs -> root vegetables {table['lift'].item():.2f}")
    real = replicating(halves(baskets, 1), SMALL, 1)
    print(f"groceries.csv: {len(real)} rules replicate, such as {real[:4]}")
    null = next(shuffled(baskets, np.random.default_rng(5)))
    print(
        "shuffled once: of {} rules, {} have a lift surely above 1 on the later half".format(
            *naive(halves(null, 1))
        )
    )
    dated = pl.read_csv(STANDIN / "Groceries_dataset.csv").with_columns(
        basket=pl.format("{} {}", "Member_number", "Date")
    )
    trips, _ = encode(dated, item="itemDescription", customer="Member_number")
    print(f"Groceries_dataset.csv: {len(replicating(halves(trips, 1), WEAK, 1))} rules replicate", flush=True)
    control(baskets, lambda each: halves(each, 1), SMALL, shuffles, "groceries.csv")


def planted(samples):
    """Simulate files, divide the customers as planted, and look for the planted rules where they hold."""
    results = Parallel(n_jobs=2)(delayed(recovered)(seed) for seed in range(samples))
    hits, chances, false = (sum(each) for each in zip(*results, strict=True))
    print(
        f"planted rules: {hits} of {chances} found in their segments; other rules there {false}", flush=True
    )


def recovered(seed):
    """Planted rules found in the segment where they hold (else in everybody), planted, other rules of segments."""
    made, segment = simulate(2000, 10_000, seed)
    lines = [
        (invoice, customer, item)
        for invoice, goods, customer in made["baskets"].iter_rows()
        for item in grocery.parse(Path("simulated"), 0, goods)
    ]
    table = pl.DataFrame(lines, schema=["basket", "customer", "item"], orient="row")
    segments = pl.DataFrame({"customer": made["customers"]["customer_id"], "segment": segment})
    groups = halve(table, segments, Promote(), seed=seed)
    found = {}
    for name, (learned, figures) in replicate(groups, SAMPLE, seed=seed).items():
        kept = learned.at(np.flatnonzero(figures["replicates"] & ~figures["superseded"] & figures["own"]))
        sides = zip(kept.antecedents, kept.consequents, strict=True)
        found[name] = {frozenset(kept.names[code] for code in a + c) for a, c in sides}
    home = {only: str(number) for number, only in enumerate(SEGMENTS)} | {None: ALL_CUSTOMERS}
    wanted = {(home[only], frozenset((a, c))) for a, c, _, only in RULES}
    hits = sum(pair in found.get(name, ()) for name, pair in wanted)
    pairs = {frozenset(rule[:2]) for rule in RULES}
    others = sum(len(sets - pairs) for name, sets in found.items() if name != ALL_CUSTOMERS)
    return hits, len(wanted), others


if __name__ == "__main__":
    main()
