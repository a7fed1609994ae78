"""Persona cards: who a segment is, how many, how sure, what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

from personae.core.numbers import rounded
from personae.core.statistics import bootstrap_counts, share
from personae.personas.settings import Profile

NOTABLE = 0.2
STABLE = 0.75
Array = np.ndarray


@dataclass(frozen=True, slots=True)
class Driver:
    """A feature in which a segment differs from all customers.

    Attributes
    ----------
    value, overall
        Means of the segment and of all customers, in the feature's unit.
    effect, ci
        Difference in standard deviations of all customers, with a 95 % bootstrap interval over units.
    """

    feature: str
    label: str
    value: float
    overall: float
    effect: float
    ci: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rule:
    """A plain description of a segment, checked on customers it was not learned from.

    Attributes
    ----------
    fidelity, fidelity_ci
        Share of the customers who meet the rule that belong to the segment, in [0, 1], and its 95 % interval;
        None where nobody was left to check it on.
    coverage, coverage_ci
        Share of the segment that meets the rule, likewise.
    """

    text: str
    fidelity: float | None
    fidelity_ci: tuple[float, float] | None
    coverage: float | None
    coverage_ci: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Persona:
    """The tested description of one segment."""

    id: int
    name: str
    size: int
    share: float
    drivers: tuple[Driver, ...]
    rule: Rule
    exemplar: Mapping[str, Any]
    response_rate: float | None
    response_rate_ci: tuple[float, float] | None
    action: str
    caveats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stage segment found about the segments, for the caveats.

    Attributes
    ----------
    verdict
        `supported`, `weak` or `not supported`.
    jaccard
        Bootstrap Jaccard of each segment, by id; None for given groups.
    far
        Whether a customer lies farther out than 99 % of those the segments come from; shape (n,).
    names
        Names that segments have from an anchor, by id; they stay.
    """

    verdict: str
    jaccard: Mapping[int, float] | None
    far: Array
    names: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def from_report(cls, report: Mapping[str, Any], far: Array) -> "Evidence":
        """Take it from the contents of `segment.json`, whose lists follow its `ids`."""
        jaccard = dict(zip(report["ids"], report["stability"]["jaccard"], strict=True))
        anchored = (report["identity"] or {}).get("names", {})
        return cls(report["verdict"], jaccard, far, {int(each): name for each, name in anchored.items()})


def persona_cards(
    customers: pd.DataFrame,
    segment: Array,
    unit: Array,
    *,
    settings: Profile,
    evidence: Evidence,
    seed: int,
    response: Array | None = None,
) -> list[Persona]:
    """Describe each segment.

    Parameters
    ----------
    customers
        One row a customer: the identifier `customer` and the features of the settings, complete.
    segment
        Segment of each customer, shape (n,); negative for customers in none.
    unit
        The independent unit of each customer, shape (n,): bootstraps resample units.
    settings
        Features, words for names, playbook.
    evidence
        What is known about the segments.
    seed
        For the bootstrap and the split that checks the rules.
    response
        1 where a customer accepted the offer, else 0; shape (n,).

    Returns
    -------
    list of Persona
        By id; names are unique.
    """
    table = customers[settings.features].astype(float)
    rng = np.random.default_rng(seed)
    ids = [int(each) for each in np.unique(segment) if each >= 0]
    drivers = all_drivers(table, segment, unit, settings, rng)
    held_out = rng.random(unit.max() + 1)[unit] < 0.3
    cards = []
    for each in ids:
        inside = segment == each
        rate, interval = _response_rate(response, inside)
        rule = plain_rule(table, inside, held_out, labels=settings.labels, seed=seed)
        cards.append(
            Persona(
                id=each,
                name="",
                size=int(inside.sum()),
                share=float(inside.mean()),
                drivers=tuple(drivers[each][: settings.drivers]),
                rule=rule,
                exemplar=exemplar(customers, table, inside),
                response_rate=rate,
                response_rate_ci=interval,
                action=action({driver.feature: driver.effect for driver in drivers[each]}, settings),
                caveats=_caveats(each, inside, evidence, settings),
            )
        )
    names = unique_names({each: drivers[each] for each in ids}, settings) | dict(evidence.names)
    return [replace(card, name=names[card.id]) for card in cards]


def all_drivers(
    table: pd.DataFrame, segment: Array, unit: Array, settings: Profile, rng: np.random.Generator
) -> dict[int, list[Driver]]:
    """Standardised difference of every feature in every segment, the largest first.

    The interval is the percentile bootstrap over units (Efron and Tibshirani 1993), means and standard
    deviation of all customers drawn anew with each sample.
    """
    values = table.to_numpy()
    ids = [int(each) for each in np.unique(segment) if each >= 0]
    units = int(unit.max()) + 1
    weights = np.vstack([np.ones(units), *bootstrap_counts(units, settings.bootstraps, rng)])

    def per_unit(rows: Array, columns: Array) -> Array:
        sums = np.zeros((units, columns.shape[1]))
        np.add.at(sums, unit[rows], columns[rows])
        return weights @ sums

    everyone = np.ones(len(values), dtype=bool)
    one = np.ones((len(values), 1))
    count = per_unit(everyone, one)
    mean = per_unit(everyone, values) / count
    # Centred first: the difference of two large squares would lose the digits of a small deviation.
    centred = values - values.mean(axis=0)
    variance = per_unit(everyone, centred**2) / count - (per_unit(everyone, centred) / count) ** 2
    deviation = np.sqrt(np.maximum(variance, 0))
    found = {}
    for each in ids:
        inside = segment == each
        own = per_unit(inside, values) / np.maximum(per_unit(inside, one), 1)
        effect = np.divide(own - mean, deviation, out=np.zeros_like(own), where=deviation > 0)
        low, high = np.percentile(effect[1:], [2.5, 97.5], axis=0)
        drivers = [
            Driver(
                feature,
                settings.labels.get(feature, feature),
                float(own[0, index]),
                float(mean[0, index]),
                float(effect[0, index]),
                (float(low[index]), float(high[index])),
            )
            for index, feature in enumerate(settings.features)
        ]
        found[each] = sorted(drivers, key=lambda driver: (-abs(driver.effect), driver.feature))
    return found


def plain_rule(
    table: pd.DataFrame,
    inside: Array,
    held_out: Array,
    *,
    labels: Mapping[str, str],
    seed: int,
    depth: int = 2,
) -> Rule:
    """Find the one path of a small tree that describes a segment best.

    Parameters
    ----------
    table
        Features, shape (n, f), complete.
    inside
        Whether a customer belongs to the segment, shape (n,).
    held_out
        Customers who are kept from learning; fidelity and coverage are theirs, shape (n,).
    labels
        Names of features for people.
    seed
        For ties between splits.
    depth
        Most conditions of the rule.
    """
    learn = ~held_out
    tree = DecisionTreeClassifier(
        max_depth=depth,
        class_weight="balanced",
        min_samples_leaf=max(5, int(learn.sum()) // 100),
        random_state=seed,
    ).fit(table[learn], inside[learn])
    leaves = tree.apply(table)
    inner = leaves[learn]

    def f1(leaf: int) -> float:
        hits = (inside[learn] & (inner == leaf)).sum()
        return float(2 * hits / (inside[learn].sum() + (inner == leaf).sum()))

    best = max(np.unique(inner), key=f1)
    meets = (leaves == best) & held_out
    both = int((meets & inside).sum())
    fidelity, fidelity_ci = share(both, int(meets.sum()))
    coverage, coverage_ci = share(both, int((inside & held_out).sum()))
    text = _path(tree, int(best), list(table.columns), labels)
    return Rule(text, fidelity, fidelity_ci, coverage, coverage_ci)


def _path(tree: DecisionTreeClassifier, leaf: int, features: Sequence[str], labels: Mapping[str, str]) -> str:
    nodes = tree.tree_
    bounds: dict[str, dict[str, float]] = {}
    node = leaf
    while node != 0:
        above = np.flatnonzero(nodes.children_right == node)
        parent = int(above[0]) if len(above) else int(np.flatnonzero(nodes.children_left == node)[0])
        sign = ">" if len(above) else "≤"
        own = bounds.setdefault(features[nodes.feature[parent]], {})
        own.setdefault(sign, float(nodes.threshold[parent]))
        node = parent
    if not bounds:
        return "everyone"
    return " and ".join(
        f"{labels.get(feature, feature)} {sign} {rounded(bound, plain=True)}"
        for feature, own in reversed(bounds.items())
        for sign, bound in own.items()
    )


def exemplar(customers: pd.DataFrame, table: pd.DataFrame, inside: Array) -> dict[str, Any]:
    """Pick the real customer nearest to the segment's mean in standardised features."""
    deviation = table.std().replace(0, 1)
    gap = (((table[inside] - table[inside].mean()) / deviation) ** 2).sum(axis=1)
    nearest = gap.idxmin()
    return {"customer": customers.loc[nearest, "customer"], **table.loc[nearest].to_dict()}


def action(effects: Mapping[str, float], settings: Profile) -> str:
    """Take the first play all of whose conditions hold: at least this high, or at most this low."""
    for play in settings.playbook:
        if all(
            effects[feature] >= bound if bound > 0 else effects[feature] <= bound
            for feature, bound in play.when.items()
        ):
            return play.action
    return settings.fallback


def unique_names(drivers: Mapping[int, Sequence[Driver]], settings: Profile) -> dict[int, str]:
    """Name segments by their strongest drivers, adding drivers until no two names are the same."""
    words = {each: _words(own, settings) for each, own in drivers.items()}
    names: dict[int, str] = {}
    for each, own in words.items():
        for length in range(2, max(len(own), 2) + 1):
            name = ", ".join(own[:length]) or "average customers"
            clash = any(other != each and name == ", ".join(words[other][:length]) for other in words)
            if not clash:
                break
        names[each] = name
    taken = list(names.values())
    return {each: f"{name} ({each})" if taken.count(name) > 1 else name for each, name in names.items()}


def _words(drivers: Sequence[Driver], settings: Profile) -> list[str]:
    words = []
    for driver in drivers:
        sure = driver.ci[0] > 0 or driver.ci[1] < 0
        if driver.feature in settings.words and sure and abs(driver.effect) >= NOTABLE:
            low, high = settings.words[driver.feature]
            words.append(high if driver.effect > 0 else low)
    return list(dict.fromkeys(words))


def _response_rate(response: Array | None, inside: Array) -> tuple[float | None, tuple[float, float] | None]:
    if response is None:
        return None, None
    return share(int(response[inside].sum()), int(inside.sum()))


def _caveats(each: int, inside: Array, evidence: Evidence, settings: Profile) -> tuple[str, ...]:
    jaccard = 1.0 if evidence.jaccard is None else evidence.jaccard.get(each, float("nan"))
    far = float(evidence.far[inside].mean())
    found = [
        (evidence.verdict == "not supported", "the data does not support these segments"),
        (evidence.verdict == "weak", "weak: the segments are not all stable"),
        (inside.sum() < settings.smallest, f"small: {inside.sum()} customers"),
        (not jaccard >= STABLE, f"unstable: Jaccard {jaccard:.2f} over bootstraps"),
        (far > 0.05, f"out of range: {far:.0%} of its customers are far from every segment"),
    ]
    return tuple(text for holds, text in found if holds)
