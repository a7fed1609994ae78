"""Promotions: offers for a segment from replicating rules and a playbook."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from personae.baskets.replicate import ALL_CUSTOMERS, Replayed, halve, replicate, rules_table
from personae.baskets.rules import RuleSet
from personae.baskets.settings import BasketOffer, Promote
from personae.core.numbers import percent
from personae.core.settings import fits


def promote(
    lines: pl.DataFrame,
    customers: pl.DataFrame,
    segments: pl.DataFrame,
    settings: Promote | None = None,
    *,
    seed: int = 0,
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """Find the rules that replicate and the offers that rest on them.

    Parameters
    ----------
    lines, segments
        As for `halve`.
    customers
        `customer` and the columns that the offers' conditions name.

    Returns
    -------
    table
        Every rule that went to replay, see `rules_table`.
    promotions
        Of every group, see `promotions`.
    """
    settings = settings or Promote()
    groups = halve(lines, segments, settings, seed=seed)
    replayed = replicate(groups, settings.search, seed=seed, workers=settings.workers)
    columns = sorted({column for offer in settings.offers for column in offer.when})
    effects = segment_effects(customers, segments, columns)
    offered = promotions(
        replayed, effects, settings.offers, per_segment=settings.per_segment, margin=settings.margin
    )
    return rules_table(replayed), offered


def segment_effects(
    customers: pl.DataFrame, segments: pl.DataFrame, columns: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Standardised difference of each segment's mean from that of all customers.

    Examples
    --------
    >>> customers = pl.DataFrame({"customer": [1, 2], "spend": [0.0, 2.0]})
    >>> segments = pl.DataFrame({"customer": [1, 2], "segment": [0, 1]})
    >>> segment_effects(customers, segments, ["spend"])["1"]
    {'spend': 1.0}
    """
    joined = customers.select("customer", *columns).join(segments, on="customer")
    standard = joined.with_columns(
        ((pl.col(name) - pl.col(name).mean()) / pl.col(name).std(ddof=0)).fill_nan(0) for name in columns
    )
    means = standard.group_by("segment").agg(pl.col(name).mean() for name in columns)
    effects = {str(row.pop("segment")): row for row in means.iter_rows(named=True)}
    return {ALL_CUSTOMERS: dict.fromkeys(columns, 0.0), **effects}


def promotions(
    replayed: Mapping[str, Replayed],
    effects: Mapping[str, Mapping[str, float]],
    offers: Sequence[BasketOffer],
    *,
    per_segment: int = 5,
    margin: float = 0.3,
) -> list[dict[str, Any]]:
    """Choose each group's replicating rules of highest lift, with their offers.

    Parameters
    ----------
    replayed : as `replicate` returns them
    effects : as `segment_effects` returns them
    offers : the first that fits a group counts
    per_segment : most promotions of a group
    margin : share of a price that is earned at full price

    Returns
    -------
    list of dict
        `segment`, `antecedent`, `consequent`; figures of learning and, under `replay`, on later baskets;
        `offer`, `who`, `why`; and `cost`, for 100 baskets of the segment as they are: baskets
        `reached`, which hold the antecedent, those with both sides, where the discount is
        `given_anyway` for nothing, the `discount` as a share of the consequent's price, and how many
        more baskets must add the consequent for the discount to pay at this `margin`: `break_even`, null
        where that is more than there are.
    """
    return [
        _promotion(name, rule_set, figures.row(rule, named=True), rule, offer)
        | {"cost": _cost(figures.row(rule, named=True), offer.discount, margin)}
        for name, (rule_set, figures) in replayed.items()
        for offer in [offer for offer in offers if fits(effects[name], offer.when)][:1]
        for rule in _best(rule_set, figures)[:per_segment]
    ]


def _best(rule_set: RuleSet, figures: pl.DataFrame) -> list[int]:
    """Sort rules by the bound of their lift, one rule an itemset."""
    candidates = np.flatnonzero((figures["replicates"] & ~figures["superseded"] & figures["own"]).to_numpy())
    confidence, bound = figures["confidence"].to_numpy(), figures["lift_lower"].to_numpy()
    best: dict[frozenset[int], int] = {}
    for rule in candidates[np.argsort(-confidence[candidates], kind="stable")]:
        best.setdefault(frozenset(rule_set.antecedents[rule] + rule_set.consequents[rule]), int(rule))
    return sorted(best.values(), key=lambda rule: -bound[rule])


def _promotion(
    name: str, rule_set: RuleSet, again: Mapping[str, Any], rule: int, offer: BasketOffer
) -> dict[str, Any]:
    antecedent = [rule_set.names[code] for code in rule_set.antecedents[rule]]
    consequent = [rule_set.names[code] for code in rule_set.consequents[rule]]
    sides = {"antecedent": " and ".join(antecedent), "consequent": " and ".join(consequent)}
    replayed = (
        "support",
        "confidence",
        "lift",
        "lift_lower",
        "null_mean",
        "null_p95",
        "p_adjusted",
        "customers",
        "everybody_lift",
        "everybody_null",
    )
    group = "all customers" if name == ALL_CUSTOMERS else f"segment {name}"
    return {
        "segment": name,
        "antecedent": antecedent,
        "consequent": consequent,
        "support": rule_set.support[rule],
        "confidence": rule_set.confidence[rule],
        "lift": rule_set.lift[rule],
        "replay": {figure: again[figure] for figure in replayed},
        "offer": offer.text.format(**sides, discount=percent(offer.discount)),
        "who": f"{group} with {sides['antecedent']} in the basket",
        "why": _why(name, again),
    }


def _cost(again: Mapping[str, Any], discount: float, margin: float) -> dict[str, float | None]:
    """Baskets of 100 that a discount reaches, those that hold both anyway, and those it must win.

    Each basket won earns margin less discount, each that holds both anyway costs the discount.

    Examples
    --------
    >>> again = {"support": 0.04, "confidence": 0.4}
    >>> _cost(again, 0.1, 0.3)["break_even"], _cost(again, 0.3, 0.3)["break_even"]
    (2.0, None)
    """
    given = 100 * again["support"]
    reached = given / again["confidence"]
    needed = given * discount / (margin - discount) if margin > discount else None
    possible = needed is not None and needed <= reached - given
    return {
        "reached": reached,
        "given_anyway": given,
        "discount": discount,
        "margin": margin,
        "break_even": round(needed, 6) if needed is not None and possible else None,
    }


def _why(name: str, again: Mapping[str, Any]) -> str:
    """Compare the lift with that of shuffles, and of all customers."""
    text = (
        f"on baskets that took no part in learning, lift {again['lift']:.2f} (at least "
        f"{again['lift_lower']:.2f}), where baskets shuffled inside customer, weeks and shop reach "
        f"{again['null_p95']:.2f}"
    )
    if name == ALL_CUSTOMERS:
        return text
    return (
        f"{text}; all customers together have lift {again['everybody_lift']:.2f}, their shuffles "
        f"{again['everybody_null']:.2f}"
    )
