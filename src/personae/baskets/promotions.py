"""Promotions: the offers that follow for a segment from its replicating rules and a playbook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from personae.baskets.replicate import EVERYBODY, Replayed


@dataclass(frozen=True, slots=True)
class ReplayFigures:
    """Figures of one rule on later baskets, as `Replay` has them."""

    support: float
    confidence: float
    lift: float
    lift_lower: float
    null_mean: float
    null_p95: float
    p_adjusted: float
    customers: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What an offer takes, for 100 baskets of the segment, while nobody changes what they do.

    Attributes
    ----------
    reached : baskets that hold the antecedent, which the offer reaches
    given_anyway : baskets that hold both sides, in which the discount is given for nothing
    discount : share of the consequent's price
    """

    reached: float
    given_anyway: float
    discount: float


@dataclass(frozen=True, slots=True)
class Promotion:
    """One offer for one segment; figures of learning and replay as in `Rules` and `Replay`."""

    segment: str
    antecedent: tuple[str, ...]
    consequent: tuple[str, ...]
    support: float
    confidence: float
    lift: float
    replay: ReplayFigures
    offer: str
    who: str
    why: str
    cost: Cost


@dataclass(frozen=True, slots=True)
class Play:
    """An offer's text and discount, and the leanings of the segments it is for."""

    text: str
    discount: float
    when: Mapping[str, float]

    def fits(self, leaning: Mapping[str, float]) -> bool:
        """Tell whether all conditions hold: at least this high, or at most this low."""
        return all(
            leaning[name] >= bound if bound > 0 else leaning[name] <= bound
            for name, bound in self.when.items()
        )


def leanings(
    customers: pl.DataFrame, segments: pl.DataFrame, columns: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Standardise how far the mean of each segment lies from that of everybody, in standard deviations.

    Examples
    --------
    >>> customers = pl.DataFrame({"customer": [1, 2], "spend": [0.0, 2.0]})
    >>> leanings(customers, pl.DataFrame({"customer": [1, 2], "segment": [0, 1]}), ["spend"])["1"]
    {'spend': 1.0}
    """
    joined = customers.select("customer", *columns).join(segments, on="customer")
    standard = joined.with_columns(
        ((pl.col(name) - pl.col(name).mean()) / pl.col(name).std(ddof=0)).fill_nan(0) for name in columns
    )
    means = (
        standard.group_by("segment").agg(pl.col(*columns).mean()) if columns else standard.unique("segment")
    )
    leaning = {
        str(row.pop("segment")): row for row in means.select("segment", *columns).iter_rows(named=True)
    }
    return {EVERYBODY: dict.fromkeys(columns, 0.0), **leaning}


def promotions(
    replayed: Mapping[str, Replayed],
    leaning: Mapping[str, Mapping[str, float]],
    plays: Sequence[Play],
    *,
    per_segment: int,
) -> list[Promotion]:
    """Choose for every group the replicating rules farthest above chance, one an itemset, with its offer.

    Parameters
    ----------
    replayed : as `replicate` returns them
    leaning : as `leanings` returns them
    plays : the first that fits a group counts
    per_segment : most promotions of a group
    """
    result = []
    for name, group in replayed.items():
        play = next((play for play in plays if play.fits(leaning[name])), None)
        if play is not None:
            best = _best(group)[:per_segment]
            result += [_promotion(name, group, int(rule), play) for rule in best]
    return result


def _best(group: Replayed) -> list[int]:
    """Rules farthest above chance first; of an itemset, the split with the highest confidence alone."""
    candidates = np.flatnonzero(group.replicates & ~group.superseded)
    confidence, above = group.replay.confidence, group.above_chance()
    seen: set[frozenset[int]] = set()
    best = []
    for rule in candidates[np.argsort(-confidence[candidates], kind="stable")]:
        items = frozenset(group.rules.antecedents[rule] + group.rules.consequents[rule])
        if items not in seen:
            seen.add(items)
            best.append(int(rule))
    return sorted(best, key=lambda rule: -above[rule])


def _promotion(name: str, group: Replayed, rule: int, play: Play) -> Promotion:
    found, played = group.rules, group.replay
    names = found.names
    antecedent = tuple(names[code] for code in found.antecedents[rule])
    consequent = tuple(names[code] for code in found.consequents[rule])
    figures = ReplayFigures(
        support=float(played.support[rule]),
        confidence=float(played.confidence[rule]),
        lift=float(played.lift[rule]),
        lift_lower=float(played.lift_lower[rule]),
        null_mean=float(played.null_mean[rule]),
        null_p95=float(played.null_p95[rule]),
        p_adjusted=float(group.p_adjusted[rule]),
        customers=int(played.customers[rule]),
    )
    words = {"antecedent": " and ".join(antecedent), "consequent": " and ".join(consequent)}
    return Promotion(
        segment=name,
        antecedent=antecedent,
        consequent=consequent,
        support=float(found.support[rule]),
        confidence=float(found.confidence[rule]),
        lift=float(found.lift[rule]),
        replay=figures,
        offer=play.text.format(**words, discount=f"{play.discount:.0%}"),
        who=f"{name if name == EVERYBODY else f'segment {name}'} with {words['antecedent']} in the basket",
        why=(
            f"on baskets that took no part in learning, lift {figures.lift:.2f} (at least "
            f"{figures.lift_lower:.2f}), where shuffled baskets reach {figures.null_p95:.2f}"
        ),
        cost=Cost(
            reached=100 * figures.support / figures.confidence,
            given_anyway=100 * figures.support,
            discount=play.discount,
        ),
    )
