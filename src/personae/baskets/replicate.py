"""Rules of everybody and of each segment: learned on some baskets, replayed on others, corrected together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from personae.baskets.coding import Baskets, encode
from personae.baskets.itemsets import frequent
from personae.baskets.replication import Replay, null_lifts, replay
from personae.baskets.rules import Rules, fisher, not_redundant, rules
from personae.core.arrays import BoolArray, FloatArray
from personae.core.statistics import Correction, adjust

EVERYBODY = "everybody"
SCREENING_SHUFFLES = 12


@dataclass(frozen=True, slots=True)
class Search:
    """How rules are learned and replayed.

    Attributes
    ----------
    min_support, least_baskets : share and number of the learning baskets that must hold a rule
    min_confidence, max_length : as in `rules` and `frequent`
    max_rules : rules of a group that go to replay
    min_customers : customers who must hold a rule in the replay
    correction, alpha : over all rules of all groups, and the level that a rule must reach
    shuffles, thin, resamples : as in `replay`
    memory_mb : as in `frequent`
    """

    min_support: float
    least_baskets: int
    min_confidence: float
    max_length: int
    max_rules: int
    min_customers: int
    correction: Correction
    alpha: float
    shuffles: int
    thin: int
    resamples: int
    memory_mb: int


@dataclass(frozen=True, slots=True)
class Halves:
    """Baskets of one group of customers to learn from and to replay on, with the same item codes."""

    early: Baskets
    later: Baskets


@dataclass(frozen=True, slots=True)
class Replayed:
    """Rules of one group with their replay.

    Attributes
    ----------
    rules, replay : as learned, and on the later baskets
    p_adjusted : of `replay.p_value`, over the rules of all groups
    replicates : whether it is at most alpha
    superseded : whether it adds nothing sure to a replicating rule of fewer antecedents
    """

    rules: Rules
    replay: Replay
    p_adjusted: FloatArray
    replicates: BoolArray
    superseded: BoolArray

    def above_chance(self) -> FloatArray:
        """Lower bound of the lift over the 95th percentile in shuffled baskets: above 1 beyond chance."""
        return _ratio(self.replay.lift_lower, self.replay.null_p95)


def halve(
    lines: pl.DataFrame,
    segments: pl.DataFrame,
    *,
    level: str,
    early_weeks: int | None,
    exclude: Sequence[str],
    smallest: int,
    seed: int,
) -> dict[str, Halves]:
    """Divide the baskets of everybody and of each segment into those to learn from and those to replay on.

    Parameters
    ----------
    lines : one row a basket and item: `basket`, `customer`, `item`, `category`, `week`
    segments : `customer`, `segment`; below 0 is none
    level : the column whose values are the items of rules
    early_weeks : weeks to learn from; None to learn from a random half of the customers
    exclude : items that are left out
    smallest : fewest customers of a segment of its own
    seed : of the random half
    """
    sold = lines.filter(~pl.col(level).is_in(list(exclude)))
    if sold.is_empty():
        return {}
    baskets, heads = encode(sold, item=level, customer="customer")
    if early_weeks is None:
        people = int(baskets.customer.max()) + 1
        chosen = np.random.default_rng(seed).permutation(people) < people // 2
        early = chosen[baskets.customer]
    else:
        early = (heads["week"] <= early_weeks).to_numpy()
    segment = heads.join(segments, on="customer", how="left", maintain_order="left")["segment"]
    sizes = dict(segments["segment"].value_counts().iter_rows())
    names = sorted(name for name, size in sizes.items() if size >= smallest and name >= 0)
    groups = {EVERYBODY: np.ones(baskets.n, dtype=bool)}
    groups |= {str(name): (segment == name).fill_null(value=False).to_numpy() for name in names}
    return {
        name: Halves(baskets.where(inside & early), baskets.where(inside & ~early))
        for name, inside in groups.items()
    }


def learn(early: Baskets, search: Search, *, seed: int, workers: int = 1) -> Rules:
    """Learn the rules of one group that are worth replaying.

    They pass the exact test, are not redundant, and rank among the first by the lower bound of their lift
    over its mean in a few shuffles. Without these, long rules would come first: large baskets make them.
    """
    support = min(max(search.min_support, search.least_baskets / max(early.n, 1)), 1.0)
    itemsets = frequent(early, min_support=support, max_length=search.max_length, memory_mb=search.memory_mb)
    found = rules(itemsets, min_confidence=search.min_confidence, max_consequent=1)
    screened = (adjust(fisher(found), search.correction) <= search.alpha) & not_redundant(found)
    found = found.at(np.flatnonzero(screened))
    null = null_lifts(found, early, SCREENING_SHUFFLES, seed=seed, workers=workers)
    above = _ratio(found.lift_lower, null.mean(axis=0))
    first = np.argsort(-above, kind="stable")[: search.max_rules]
    return found.at(np.sort(first[above[first] > 1]))


def replicate(
    groups: Mapping[str, Halves], search: Search, *, seed: int, workers: int = 1
) -> dict[str, Replayed]:
    """Learn the rules of every group on its early baskets and replay them on its later ones.

    p values are corrected over the rules of all groups together. Same seed, same figures.
    """
    learned = {
        name: learn(halves.early, search, seed=seed + 1, workers=workers) for name, halves in groups.items()
    }
    replays = {
        name: replay(
            found,
            groups[name].later,
            shuffles=search.shuffles,
            thin=search.thin,
            resamples=search.resamples,
            min_customers=search.min_customers,
            seed=seed,
            workers=workers,
        )
        for name, found in learned.items()
    }
    p_values = np.concatenate([np.empty(0), *(each.p_value for each in replays.values())])
    ends = np.cumsum([len(found) for found in learned.values()])
    adjusted = np.split(adjust(p_values, search.correction), ends[:-1]) if learned else []
    result = {}
    for (name, found), p_adjusted in zip(learned.items(), adjusted, strict=True):
        holds = p_adjusted <= search.alpha
        result[name] = Replayed(
            found, replays[name], p_adjusted, holds, _superseded(found, replays[name], holds)
        )
    return result


def _superseded(found: Rules, played: Replay, holds: BoolArray) -> BoolArray:
    """Mark rules whose lift over that of shuffles is not surely above a shorter rule's, same consequent."""
    excess, surely = _ratio(played.lift, played.null_mean), _ratio(played.lift_lower, played.null_mean)
    by_consequent: dict[tuple[int, ...], list[int]] = {}
    for rule in np.flatnonzero(holds):
        by_consequent.setdefault(found.consequents[rule], []).append(int(rule))
    return np.array(
        [
            any(
                set(found.antecedents[other]) < set(antecedent) and excess[other] >= surely[rule]
                for other in by_consequent.get(found.consequents[rule], [])
            )
            for rule, antecedent in enumerate(found.antecedents)
        ],
        dtype=bool,
    )


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)


def rules_table(replayed: Mapping[str, Replayed]) -> pl.DataFrame:
    """One row a group and rule that went to replay, with its figures on both sides and its verdict."""
    replayed = replayed or {EVERYBODY: _NOTHING}
    tables = []
    for name, group in replayed.items():
        played = group.replay
        again = {
            f"replay_{figure}": getattr(played, figure)
            for figure in (
                "support",
                "confidence",
                "lift",
                "lift_lower",
                "null_mean",
                "null_p95",
                "customers",
            )
        }
        verdicts = np.where(
            group.replicates, np.where(group.superseded, "superseded", "replicates"), "does not replicate"
        )
        tables.append(
            group.rules.table().with_columns(
                pl.Series("segment", [name] * len(group.rules), dtype=pl.String),
                *(pl.Series(column, values) for column, values in again.items()),
                pl.Series("p_adjusted", group.p_adjusted),
                pl.Series("verdict", verdicts.tolist(), dtype=pl.String),
            )
        )
    return pl.concat(tables).select("segment", pl.exclude("segment"))


def _empty() -> Replayed:
    none, count = np.empty(0), np.empty(0, dtype=np.int64)
    flag = np.empty(0, dtype=bool)
    found = Rules((), (), count, count, count, 0, ())
    return Replayed(found, Replay(none, none, none, none, none, none, count, none), none, flag, flag)


_NOTHING = _empty()
