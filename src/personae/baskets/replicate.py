"""Association rules by group: learned on some baskets, replayed on others."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from personae.baskets.coding import Baskets, encode, from_lists
from personae.baskets.itemsets import frequent
from personae.baskets.replication import lifts, null_lifts, replay
from personae.baskets.rules import NORMAL_95, RuleSet, fisher, not_redundant, rules
from personae.baskets.settings import Promote, RuleSearch
from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.core.statistics import adjust

ALL_CUSTOMERS = "everybody"
SCREENING_SHUFFLES = 12
SURELY = 2.5758  # standard normal, one-sided 99.5 %
# Baskets of one group of customers to learn from and to replay on, with the same item codes.
Halves = tuple[Baskets, Baskets]
# Rules of one group, and the table of their replay.
Replayed = tuple[RuleSet, pl.DataFrame]


def halve(
    lines: pl.DataFrame, segments: pl.DataFrame, settings: Promote | None = None, *, seed: int = 0
) -> dict[str, Halves]:
    """Split the baskets of each group into training and replay baskets.

    Parameters
    ----------
    lines : one row a basket and item: `basket`, `customer`, `item`, `category`, `week`, and `shop` if known
    segments : `customer`, `segment`; below 0 is none
    settings : the study's section `promote`
    seed : of the random half of the customers, where there are no weeks
    """
    settings = settings or Promote()
    sold = lines.filter(~pl.col(settings.level).is_in(settings.exclude))
    if sold.is_empty():
        return {}
    baskets, heads = encode(sold, item=settings.level, customer="customer")
    baskets = replace(baskets, stratum=_strata(heads, settings.block_weeks))
    if settings.early_weeks is None:
        people = int(baskets.customer.max()) + 1
        chosen = np.random.default_rng(seed).permutation(people) < people // 2
        early = chosen[baskets.customer]
    else:
        early = (heads["week"] <= settings.early_weeks).to_numpy()
    segment = heads.join(segments, on="customer", how="left", maintain_order="left")["segment"]
    sizes = dict(segments["segment"].value_counts().iter_rows())
    names = sorted(name for name, size in sizes.items() if size >= settings.smallest and name >= 0)
    groups = {ALL_CUSTOMERS: np.ones(baskets.n, dtype=bool)}
    groups |= {str(name): (segment == name).fill_null(value=False).to_numpy() for name in names}
    return {
        name: (baskets.where(inside & early), baskets.where(inside & ~early))
        for name, inside in groups.items()
    }


def _strata(heads: pl.DataFrame, block_weeks: int) -> IntArray:
    """Number strata of baskets by customer, block of weeks and shop."""
    known = [pl.col("customer")]
    if "week" in heads.columns:
        known.append((pl.col("week").fill_null(0) - 1) // block_weeks)
    if "shop" in heads.columns:
        known.append(pl.col("shop"))
    return np.asarray(heads.select(pl.struct(known).rank("dense")).to_series().to_numpy() - 1, dtype=np.intp)


def learn(early: Baskets, search: RuleSearch, *, seed: int = 0, workers: int = 1) -> RuleSet:
    """Learn the rules of one group that are worth replaying.

    They pass the exact test, are not redundant, and rank among the first by the lower bound of their lift
    over its mean in a few shuffles. Without these, long rules would come first: large baskets make them.
    """
    support = min(max(search.min_support, search.least_baskets / max(early.n, 1)), 1.0)
    itemsets = frequent(early, min_support=support, max_length=search.max_length, memory_mb=search.memory_mb)
    rule_set = rules(itemsets, early, min_confidence=search.min_confidence, max_consequent=1)
    screened = (adjust(fisher(rule_set), search.correction) <= search.alpha) & not_redundant(rule_set)
    rule_set = rule_set.at(np.flatnonzero(screened))
    null = null_lifts(rule_set.sides, early, SCREENING_SHUFFLES, seed=seed, workers=workers)
    above = _ratio(rule_set.lift_lower, null.mean(axis=0))
    first = np.argsort(-above, kind="stable")[: search.max_rules]
    return rule_set.at(np.sort(first[above[first] > 1]))


def replicate(
    groups: Mapping[str, Halves], search: RuleSearch | None = None, *, seed: int = 0, workers: int = 1
) -> dict[str, Replayed]:
    """Learn every group's rules on early baskets, replay them on later ones.

    p values are corrected over the rules of all groups together. Same seed, same figures.

    Returns
    -------
    dict
        By group its rules and the figures of `replay`, with `p_adjusted`; `replicates`, whether it is at most
        alpha; `superseded`, whether the rule adds nothing sure to a replicating one of fewer antecedents;
        `everybody_lift` and `everybody_null`, the lift on all customers' later baskets and its mean in their
        shuffles; and `own`, whether a segment's lift over that of shuffles surely exceeds all customers'.
    """
    search = search or RuleSearch()
    learned = {
        name: learn(early, search, seed=seed + 1, workers=workers) for name, (early, _) in groups.items()
    }
    replays = {
        name: replay(rule_set, groups[name][1], search, seed=seed, workers=workers)
        for name, rule_set in learned.items()
    }
    replays = _against_all(learned, replays, groups, seed=seed, workers=workers)
    p_values = np.concatenate([np.empty(0), *(figures["p_value"] for figures in replays.values())])
    ends = np.cumsum([len(rule_set) for rule_set in learned.values()])
    adjusted = np.split(adjust(p_values, search.correction), ends[:-1])
    replayed = {}
    for (name, rule_set), p_adjusted in zip(learned.items(), adjusted, strict=False):
        figures, holds = replays[name], p_adjusted <= search.alpha
        replayed[name] = (
            rule_set,
            figures.with_columns(
                pl.Series("p_adjusted", p_adjusted),
                pl.Series("replicates", holds),
                pl.Series("superseded", _superseded(rule_set, figures, holds)),
            ),
        )
    return replayed


def _against_all(
    learned: Mapping[str, RuleSet],
    replays: Mapping[str, pl.DataFrame],
    groups: Mapping[str, Halves],
    *,
    seed: int,
    workers: int,
) -> dict[str, pl.DataFrame]:
    """Add the lift among all customers, and whether a segment exceeds it."""
    segments = [name for name in learned if name != ALL_CUSTOMERS] if ALL_CUSTOMERS in groups else []
    rules_of = [each for name in segments for each in learned[name].sides]
    lift = null = np.empty(0)
    if rules_of:
        _, later = groups[ALL_CUSTOMERS]
        lift = lifts(rules_of, later)
        null = null_lifts(rules_of, later, SCREENING_SHUFFLES, seed=seed, workers=workers).mean(axis=0)
    ends = np.cumsum([len(learned[name]) for name in segments])
    parts = zip(np.split(lift, ends), np.split(null, ends), strict=True)
    everybody = dict(zip(segments, parts, strict=False))
    return {
        name: figures.with_columns(_excess(figures, everybody.get(name))) for name, figures in replays.items()
    }


def _excess(figures: pl.DataFrame, everybody: tuple[FloatArray, FloatArray] | None) -> list[pl.Series]:
    """Compare a segment's lifts with those of all customers."""
    lift, null = figures["lift"].to_numpy(), figures["null_mean"].to_numpy()
    own = np.ones(len(lift), dtype=bool)
    if everybody is not None:
        # One-sided 99.5 %: a segment has many rules, and each is compared.
        error = np.log(np.maximum(_ratio(lift, figures["lift_lower"].to_numpy()), 1)) / NORMAL_95
        segments_excess = _ratio(lift * np.exp(-SURELY * error), null)
        lift, null = everybody
        own = segments_excess > _ratio(lift, null)
    named = {"everybody_lift": lift, "everybody_null": null, "own": own}
    return [pl.Series(name, values) for name, values in named.items()]


def _superseded(rule_set: RuleSet, figures: pl.DataFrame, holds: BoolArray) -> BoolArray:
    """Mark rules that a shorter rule with the same consequent explains."""
    null = figures["null_mean"].to_numpy()
    excess, surely = (_ratio(figures[name].to_numpy(), null) for name in ("lift", "lift_lower"))
    by_consequent: dict[tuple[int, ...], list[int]] = {}
    for rule in np.flatnonzero(holds):
        by_consequent.setdefault(rule_set.consequents[rule], []).append(int(rule))
    return np.array(
        [
            any(
                set(rule_set.antecedents[other]) < set(antecedent) and excess[other] >= surely[rule]
                for other in by_consequent.get(rule_set.consequents[rule], [])
            )
            for rule, antecedent in enumerate(rule_set.antecedents)
        ],
        dtype=bool,
    )


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)


def rules_table(replayed: Mapping[str, Replayed]) -> pl.DataFrame:
    """One row a group and replayed rule, with figures and verdict."""
    replayed = replayed or replicate({ALL_CUSTOMERS: (from_lists([]), from_lists([]))})
    verdict = (
        pl.when(~pl.col("replicates"))
        .then(pl.lit("does not replicate"))
        .when("superseded")
        .then(pl.lit("superseded"))
        .when(~pl.col("own"))
        .then(pl.lit("as for all customers"))
        .otherwise(pl.lit("replicates"))
    )
    again = pl.exclude("p_value", "p_adjusted", "replicates", "superseded", "own").name.prefix("replay_")
    tables = [
        pl.concat(
            [
                pl.DataFrame({"segment": [name] * len(rule_set)}, schema={"segment": pl.String}),
                rule_set.table(),
                figures.select(again, "p_adjusted", verdict.alias("verdict")),
            ],
            how="horizontal",
        )
        for name, (rule_set, figures) in replayed.items()
    ]
    return pl.concat(tables)
