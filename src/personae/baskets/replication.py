"""Replication of rules on later baskets, beyond customer, time and shop."""

from collections.abc import Sequence
from itertools import islice

import numpy as np
import polars as pl
from joblib import Parallel, delayed
from scipy import sparse

from personae.baskets.coding import Baskets, Integers, pack
from personae.baskets.curveball import shuffled
from personae.baskets.itemsets import Itemset, count_sets, intersect
from personae.baskets.rules import NORMAL_95, RuleSet, Sides, lift_of
from personae.baskets.settings import RuleSearch
from personae.core.arrays import FloatArray
from personae.core.errors import PersonaeError
from personae.core.statistics import bootstrap_counts

# Independent walks: a fixed number, so that the figures do not depend on the number of workers.
WALKS = 4


def replay(
    rule_set: RuleSet,
    later: Baskets,
    search: RuleSearch | None = None,
    *,
    seed: int = 0,
    workers: int = 1,
) -> pl.DataFrame:
    """Replay rules on later baskets and on their shuffles inside strata.

    Lift above 1 proves nothing: unrelated items meet in large baskets, and in those of a kind of customer, a
    season or a shop. So a rule's lift is compared with the 95th percentile of its lift in shuffled baskets;
    its standard error, on the log scale, comes from a bootstrap of customers.

    Parameters
    ----------
    rule_set, later : rules learned elsewhere; baskets that took no part, coded with the same items
    search : shuffled tables, bootstrap samples, and the customers who must hold a rule
    seed : same seed, same figures, for any number of workers (threads)

    Returns
    -------
    polars.DataFrame
        One row a rule: `support`, `confidence`, `lift`; `lift_lower`, its one-sided 95 % lower bound;
        `null_mean` and `null_p95` of the lift in shuffled baskets; `customers` with a basket that holds both
        sides; `p_value` of a lift of at most `null_p95`, 1 where too few customers hold the rule.

    Examples
    --------
    >>> from personae.baskets.coding import from_lists
    >>> from personae.baskets.itemsets import frequent
    >>> from personae.baskets.rules import rules
    >>> baskets = from_lists([["a", "b"], ["a", "b"], ["c"], ["c", "d"], ["d"], ["e"]] * 30)
    >>> rule_set = rules(frequent(baskets, min_support=0.3), baskets, min_confidence=0.5)
    >>> figures = replay(rule_set, baskets)
    >>> bool((figures["lift_lower"] > figures["null_p95"]).all())
    True
    """
    if rule_set.names != later.names:
        raise PersonaeError("baskets: rules and later baskets have different items; code them together")
    search = search or RuleSearch()
    sets, places = _places(rule_set.sides)
    counts = count_sets(later, sets)
    antecedent, _, both = counts[places]
    lift = _lifts(counts, places, later.n)
    null = null_lifts(rule_set.sides, later, search.shuffles, thin=search.thin, seed=seed, workers=workers)
    null_p95 = np.quantile(null, 0.95, axis=0) if len(rule_set) else lift
    error, customers = _bootstrap(rule_set, later, search.resamples, seed)
    enough = (customers >= search.min_customers) & (lift > 0)
    figures = {
        "support": both / max(later.n, 1),
        "confidence": both / np.maximum(antecedent, 1),
        "lift": lift,
        "lift_lower": lift * np.exp(-NORMAL_95 * error),
        "null_mean": null.mean(axis=0),
        "null_p95": null_p95,
        "customers": customers,
        "p_value": _p_values(lift, null_p95, error, enough),
    }
    return pl.DataFrame(figures)


def null_lifts(
    rules: Sequence[Sides], baskets: Baskets, shuffles: int, *, thin: int = 4, seed: int = 0, workers: int = 1
) -> FloatArray:
    """Null distribution of each rule's lift, shuffled inside strata, shape (shuffles, rules).

    Neighbouring tables of a walk, `thin` rounds of trades apart, correlate by about 0.6 ** thin.
    """
    if not rules:
        return np.empty((shuffles, 0))
    sets, places = _places(rules)
    lengths = [len(part) for part in np.array_split(np.arange(shuffles), WALKS)]

    def walk(stream: np.random.SeedSequence, length: int) -> FloatArray:
        tables = islice(shuffled(baskets, np.random.default_rng(stream), thin=thin), length)
        lifts = [_lifts(count_sets(table, sets), places, baskets.n) for table in tables]
        return np.array(lifts).reshape(length, len(rules))

    streams = np.random.SeedSequence(seed).spawn(WALKS)
    walks = Parallel(n_jobs=workers, prefer="threads")(
        delayed(walk)(stream, length) for stream, length in zip(streams, lengths, strict=True)
    )
    return np.concatenate(walks)


def lifts(rules: Sequence[Sides], baskets: Baskets) -> FloatArray:
    """Lift of rules in some baskets; 0 without both sides."""
    sets, places = _places(rules)
    return _lifts(count_sets(baskets, sets), places, baskets.n)


def _places(rules: Sequence[Sides]) -> tuple[list[Itemset], Integers]:
    """Give distinct itemsets, and each rule's antecedent, consequent and union among them."""
    wanted = [(a, c, tuple(sorted((*a, *c)))) for a, c in rules]
    sets = sorted({codes for three in wanted for codes in three})
    place = {codes: number for number, codes in enumerate(sets)}
    return sets, np.array([[place[codes] for codes in three] for three in wanted], dtype=np.int64).reshape(
        -1, 3
    ).T


def _lifts(
    counts: FloatArray | Integers, places: Integers, n_baskets: FloatArray | Integers | int
) -> FloatArray:
    """Lift of each rule, from counts whose last axis is the sets."""
    antecedent, consequent, both = (counts[..., place] for place in places)
    return lift_of(both, antecedent, consequent, n_baskets)


def _bootstrap(rule_set: RuleSet, later: Baskets, resamples: int, seed: int) -> tuple[FloatArray, Integers]:
    """Bootstrap standard error of each log lift over customers, and their number."""
    sets, places = _places(rule_set.sides)
    customer = np.unique(later.customer, return_inverse=True)[1]
    people = int(customer.max(initial=0)) + 1
    held = _held(sets, later, customer, people)
    sizes = np.bincount(customer, minlength=people)
    lifts = np.concatenate(
        [
            _lifts(draws.astype(float) @ held, places, (draws @ sizes)[:, None])
            for draws in bootstrap_counts(people, resamples, np.random.default_rng([seed, WALKS]))
        ]
    )
    occurs = lifts > 0
    logs = np.log(lifts, out=np.zeros_like(lifts), where=occurs)
    number = np.maximum(occurs.sum(axis=0), 2)
    mean = logs.sum(axis=0) / number
    squares = np.where(occurs, (logs - mean) ** 2, 0).sum(axis=0)
    return np.sqrt(squares / (number - 1)), np.diff(held.indptr)[places[2]]


def _held(sets: list[Itemset], later: Baskets, customer: Integers, people: int) -> sparse.csc_array:
    """Count each customer's baskets that hold each set, as a sparse matrix."""
    items = np.array(sorted({code for codes in sets for code in codes}), dtype=np.int64)
    row = {int(code): number for number, code in enumerate(items)}
    bits = pack(later, items)
    columns = []
    for codes in sets:
        words = intersect(bits, [row[code] for code in codes])
        baskets = np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little"))
        columns.append(np.unique(customer[baskets], return_counts=True))
    who = np.concatenate([customer[:0], *(each for each, _ in columns)])
    counts = np.concatenate([customer[:0], *(each for _, each in columns)])
    ends = np.cumsum([0, *(len(each) for each, _ in columns)])
    return sparse.csc_array((counts.astype(float), who, ends), shape=(people, len(columns)))


def _p_values(
    observed: FloatArray, reference: FloatArray, error: FloatArray, enough: np.ndarray
) -> FloatArray:
    """One-sided normal test of log lift against log of the reference."""
    from scipy.special import ndtr  # noqa: PLC0415 - half a second to import

    above = np.log(np.where(enough, observed, 1)) - np.log(np.maximum(reference, 1e-12))
    z = np.divide(above, error, out=np.where(above > 0, np.inf, -np.inf), where=error > 0)
    return np.asarray(np.where(enough, ndtr(-z), 1.0))
