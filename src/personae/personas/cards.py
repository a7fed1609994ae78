"""Persona cards: description, size, evidence and offer of each segment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.core.numbers import rounded
from personae.core.pooling import pooled_rates
from personae.core.settings import fits
from personae.core.statistics import share
from personae.personas.caveats import UNSUPPORTED, caveats, neighbours
from personae.personas.drivers import driver_table, indicators, named_levels
from personae.personas.settings import Profile

NOTABLE = 0.2
NO_RATE: Mapping[str, Any] = {"rate": None, "ci": None, "raw": None}


@dataclass(frozen=True, slots=True)
class Persona:
    """The tested description of one segment.

    Attributes
    ----------
    drivers
        Features in which it differs from all customers, see `driver_table`.
    rule
        A plain description, see `plain_rule`.
    exemplar
        A real customer of the segment.
    response_rate, response_rate_raw
        Drawn to the other segments' rates by what its size leaves open, see `pooled_rates`; and as counted.
    borders
        Sentences on what lies between this segment and its neighbours: a gap, or customers.
    """

    id: int
    name: str
    size: int
    share: float
    drivers: Sequence[Mapping[str, Any]]
    rule: Mapping[str, Any]
    exemplar: Mapping[str, Any]
    response_rate: float | None
    response_rate_ci: tuple[float, float] | None
    action: str
    caveats: tuple[str, ...]
    borders: tuple[str, ...] = ()
    response_rate_raw: float | None = None


def segment_evidence(report: Mapping[str, Any]) -> dict[str, Any]:
    """Evidence in `segment.json`, as keyword arguments of `persona_cards`.

    Examples
    --------
    >>> report = {"ids": [0], "verdict": "weak", "stability": {"jaccard": [0.6]}, "identity": None}
    >>> segment_evidence(report)
    {'verdict': 'weak', 'headline': '', 'jaccard': {0: 0.6}, 'names': {}, 'borders': (), 'could_be_noise': []}
    """
    anchored = (report["identity"] or {}).get("names", {})
    return {
        "verdict": report["verdict"],
        "headline": report.get("headline", ""),
        "jaccard": dict(zip(report["ids"], report["stability"]["jaccard"], strict=True)),
        "names": {int(segment): name for segment, name in anchored.items()},
        "borders": report.get("borders", ()),
        "could_be_noise": [
            each["column"] for each in report.get("columns_that_matter", ()) if each["could_be_noise"]
        ],
    }


def segment_cards(
    customers: pd.DataFrame,
    segments: pd.DataFrame,
    report: Mapping[str, Any],
    *,
    settings: Profile,
    seed: int = 0,
) -> list[Persona]:
    """Describe the segments of stage segment.

    Parameters
    ----------
    customers
        As for `persona_cards`, with `unit` and the column `response` of the settings.
    segments
        `segment` and `far` of each customer.
    report
        Contents of `segment.json`.
    """
    return persona_cards(
        customers,
        segments["segment"].to_numpy(),
        customers["unit"].to_numpy(),
        settings=settings,
        response=events(customers, settings.response),
        far=segments["far"].to_numpy(),
        seed=seed,
        **segment_evidence(report),
    )


def events(customers: pd.DataFrame, response: str | None) -> FloatArray | None:
    """Give 1 where a customer's answer is the event, as the models count it, 0 or NaN without an answer.

    Raises
    ------
    PersonaeError
        If there are more than two answers.

    Examples
    --------
    >>> events(pd.DataFrame({"renewed": ["yes", "no", None]}), "renewed").tolist()
    [1.0, 0.0, nan]
    """
    if response is None:
        return None
    answers = customers[response]
    given = sorted(answers.dropna().unique())
    if not set(given) <= {0, 1}:
        if len(given) > 2:
            raise PersonaeError(
                f"profile: response {response!r} has {len(given)} answers; expected two, one an event"
            )
        answers = (answers == given[-1]).where(answers.notna())
    return np.asarray(answers.to_numpy(dtype=float, na_value=np.nan), dtype=float)


def persona_cards(
    customers: pd.DataFrame,
    segment: IntArray,
    unit: IntArray | None = None,
    *,
    settings: Profile,
    response: FloatArray | None = None,
    verdict: str = "",
    headline: str = "",
    jaccard: Mapping[int, float] | None = None,
    far: BoolArray | None = None,
    names: Mapping[int, str] | None = None,
    borders: Sequence[Mapping[str, Any]] = (),
    could_be_noise: Sequence[str] = (),
    seed: int = 0,
) -> list[Persona]:
    """Describe each segment, by id; unsupported ones are "group 1", "group 2".

    Parameters
    ----------
    customers : one row each: `customer` and the features of the settings; a category counts by its levels
    segment, unit : of each customer, shape (n,): negative in none; what bootstraps resample, None: customers
    settings : features, words for names, playbook
    response : 1 where a customer accepted the offer, else 0, NaN without an answer; shape (n,)
    verdict, headline : on the segments: `supported`, `weak` or `not supported`; how many groups are natural
    jaccard, names : bootstrap Jaccard of each segment (None: given groups), and names that stay, by id
    far : whether a customer lies farther out than 99 % of those the segments come from; shape (n,)
    borders, could_be_noise : of `segment.json`, and the columns that noise replaces without loss
    seed : of the bootstrap and the split that checks the rules
    """
    table = indicators(customers, settings.features)
    settings = named_levels(settings, list(table.columns))
    unit, rng = np.arange(len(customers)) if unit is None else unit, np.random.default_rng(seed)
    drivers = driver_table(table, segment, unit, settings, rng)
    held_out, unsupported = rng.random(unit.max() + 1)[unit] < 0.3, verdict == UNSUPPORTED
    all_names = _numbered(drivers) if unsupported else unique_names(drivers, settings) | dict(names or {})
    caveats_of = partial(caveats, verdict, noise=could_be_noise, settings=settings, headline=headline)
    rates = {} if response is None else _response_rates(response, segment, list(drivers))
    cards = []
    for each, own in drivers.items():
        inside, rate = segment == each, rates.get(each, NO_RATE)
        size, distant = int(inside.sum()), 0.0 if far is None else float(far[inside].mean())
        stability = 1.0 if jaccard is None else jaccard.get(each, float("nan"))
        card = Persona(
            id=each,
            name=all_names[each],
            size=size,
            share=float(inside.mean()),
            drivers=own[: settings.drivers],
            rule=plain_rule(table, inside, held_out, labels=settings.labels, seed=seed),
            exemplar=exemplar(customers, table, inside),
            response_rate=rate["rate"],
            response_rate_ci=rate["ci"],
            response_rate_raw=rate["raw"],
            action="" if unsupported else action({row["feature"]: row["effect"] for row in own}, settings),
            caveats=caveats_of(size, stability, far=distant),
            borders=neighbours(each, borders, all_names),
        )
        cards.append(card)
    return cards


def _numbered(segments: Iterable[int]) -> dict[int, str]:
    """Names that claim nothing, for segments that the data does not support."""
    return {segment: f"group {number}" for number, segment in enumerate(segments, 1)}


def _response_rates(response: FloatArray, segment: IntArray, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Pooled response rates of the segments that have a customer with an answer."""
    answers = {each: response[(segment == each) & ~np.isnan(response)] for each in ids}
    answers = {each: given for each, given in answers.items() if len(given)}
    if not answers:
        return {}
    events, rows = ([int(count(given)) for given in answers.values()] for count in (np.sum, len))
    return dict(zip(answers, pooled_rates(events, rows), strict=True))


def plain_rule(
    table: pd.DataFrame,
    inside: BoolArray,
    held_out: BoolArray,
    *,
    labels: Mapping[str, str],
    seed: int = 0,
    depth: int = 2,
) -> dict[str, Any]:
    """Find the path of a small tree that describes a segment best.

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

    Returns
    -------
    dict
        `text`; `fidelity`, the share of the customers who meet the rule that belong to the segment, and
        `coverage`, the share of the segment that meets the rule, each with its 95 % interval `_ci`, on held
        out customers; None where there are none.
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
    return {
        "text": _path(tree, int(best), list(table.columns), labels),
        "fidelity": fidelity,
        "fidelity_ci": fidelity_ci,
        "coverage": coverage,
        "coverage_ci": coverage_ci,
    }


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


def exemplar(customers: pd.DataFrame, table: pd.DataFrame, inside: BoolArray) -> dict[str, Any]:
    """Pick the real customer nearest to the segment's mean in standardised features."""
    deviation = table.std().replace(0, 1)
    gap = (((table[inside] - table[inside].mean()) / deviation) ** 2).sum(axis=1)
    nearest = gap.idxmin()
    return {"customer": customers.loc[nearest, "customer"], **table.loc[nearest].to_dict()}


def action(effects: Mapping[str, float], settings: Profile) -> str:
    """Take the first offer of the playbook all of whose conditions hold."""
    fitting = (offer.action for offer in settings.playbook if fits(effects, offer.when))
    return next(fitting, settings.fallback)


def unique_names(drivers: Mapping[int, Sequence[Mapping[str, Any]]], settings: Profile) -> dict[int, str]:
    """Name segments by their strongest drivers, as many as make names unique."""
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


def _words(drivers: Sequence[Mapping[str, Any]], settings: Profile) -> list[str]:
    words = []
    for driver in drivers:
        low, high = driver["ci"]
        if driver["feature"] in settings.words and (low > 0 or high < 0) and abs(driver["effect"]) >= NOTABLE:
            words.append(settings.words[driver["feature"]][driver["effect"] > 0])
    return list(dict.fromkeys(words))
