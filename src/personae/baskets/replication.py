"""Whether rules hold on baskets they were not learned from, beyond what basket sizes and item counts do."""

from itertools import islice

import numpy as np
import polars as pl
from joblib import Parallel, delayed
from scipy import sparse

from personae.baskets.coding import Baskets, Integers, pack
from personae.baskets.curveball import shuffled
from personae.baskets.itemsets import Itemset, count_sets, intersect
from personae.baskets.rules import NORMAL_95, RuleSet, lift
from personae.core.arrays import FloatArray
from personae.core.errors import PersonaeError
from personae.core.statistics import bootstrap_counts

# Independent walks: a fixed number, so that the figures do not depend on the number of workers.
WALKS = 4


def replay(
    found: RuleSet,
    later: Baskets,
    *,
    shuffles: int = 200,
    thin: int = 4,
    resamples: int = 500,
    min_customers: int = 1,
    seed: int = 0,
    workers: int = 1,
) -> pl.DataFrame:
    """Replay rules on later baskets, beside shuffles of these that keep basket sizes and item counts.

    Lift above 1 proves nothing: items meet in large baskets without having to do with each other. So a
    rule's lift is compared with the 95th percentile of its lift in shuffled baskets; its standard error,
    on the log scale, comes from a bootstrap of customers, whose baskets are not independent.

    Parameters
    ----------
    found : rules learned elsewhere, with the item codes of `later`
    later : baskets that took no part in learning
    shuffles : number of shuffled tables
    thin : rounds of trades between two shuffled tables of a walk; neighbours correlate by about 0.6 ** thin
    resamples : bootstrap samples of customers
    min_customers : least customers who must hold a rule
    seed : same seed, same figures, for any number of workers
    workers : threads

    Returns
    -------
    polars.DataFrame
        One row a rule: `support`, `confidence` and `lift` on the later baskets; `lift_lower`, its one-sided
        95 % lower bound; `null_mean` and `null_p95`, mean and 95th percentile in shuffled baskets;
        `customers` with a basket that holds both sides; `p_value` of the hypothesis that the lift is at most
        `null_p95`, 1 where too few customers hold the rule.

    Raises
    ------
    PersonaeError
        If the rules were coded with other items.

    Examples
    --------
    >>> from personae.baskets.coding import from_lists
    >>> from personae.baskets.itemsets import frequent
    >>> from personae.baskets.rules import rules
    >>> baskets = from_lists([["a", "b"], ["a", "b"], ["c"], ["c", "d"], ["d"], ["e"]] * 30)
    >>> found = rules(frequent(baskets, min_support=0.3, max_length=2), baskets, min_confidence=0.5)
    >>> figures = replay(found, baskets, shuffles=40, seed=1)
    >>> bool((figures["lift_lower"] > figures["null_p95"]).all())
    True
    """
    if found.names != later.names:
        raise PersonaeError(
            "baskets: rules and later baskets are coded with different items; code them together"
        )
    sets, (antecedent, consequent, both) = _sides(found)
    counts = count_sets(later, sets)
    observed = lift(counts[both], counts[antecedent], counts[consequent], later.n)
    null = null_lifts(found, later, shuffles, thin=thin, seed=seed, workers=workers)
    error, customers = _bootstrap(found, later, resamples, seed)
    null_p95 = np.quantile(null, 0.95, axis=0) if len(found) else observed
    enough = (customers >= max(min_customers, 1)) & (observed > 0)
    return pl.DataFrame(
        {
            "support": counts[both] / max(later.n, 1),
            "confidence": counts[both] / np.maximum(counts[antecedent], 1),
            "lift": observed,
            "lift_lower": observed * np.exp(-NORMAL_95 * error),
            "null_mean": null.mean(axis=0),
            "null_p95": null_p95,
            "customers": customers,
            "p_value": _p_values(observed, null_p95, error, enough),
        }
    )


def null_lifts(
    found: RuleSet, baskets: Baskets, shuffles: int, *, thin: int = 4, seed: int, workers: int = 1
) -> FloatArray:
    """Lift of each rule in shuffled tables that keep basket sizes and item counts, (shuffles, rules)."""
    if not len(found):
        return np.empty((shuffles, 0))
    sets, places = _sides(found)
    lengths = [len(part) for part in np.array_split(np.arange(shuffles), WALKS)]

    def walk(stream: np.random.SeedSequence, length: int) -> FloatArray:
        tables = islice(shuffled(baskets, np.random.default_rng(stream), thin=thin), length)
        lifts = [_lifts(count_sets(table, sets), places, baskets.n) for table in tables]
        return np.array(lifts).reshape(length, len(found))

    streams = np.random.SeedSequence(seed).spawn(WALKS)
    walks = Parallel(n_jobs=workers, prefer="threads")(
        delayed(walk)(stream, length) for stream, length in zip(streams, lengths, strict=True)
    )
    return np.concatenate(walks)


def _sides(found: RuleSet) -> tuple[list[Itemset], Integers]:
    """Give the distinct itemsets of rules, and the places of antecedent, consequent, both, (3, rules)."""
    both = [tuple(sorted((*a, *c))) for a, c in zip(found.antecedents, found.consequents, strict=True)]
    sides = found.antecedents, found.consequents, both
    sets = sorted({codes for side in sides for codes in side})
    place = {codes: number for number, codes in enumerate(sets)}
    return sets, np.array([[place[codes] for codes in side] for side in sides], dtype=np.int64)


def _lifts(
    counts: FloatArray | Integers, places: Integers, n_baskets: FloatArray | Integers | int
) -> FloatArray:
    """Lift of each rule, from counts whose last axis is the sets."""
    antecedent, consequent, both = (counts[..., place] for place in places)
    return lift(both, antecedent, consequent, n_baskets)


def _bootstrap(found: RuleSet, later: Baskets, resamples: int, seed: int) -> tuple[FloatArray, Integers]:
    """Standard error of each rule's log lift over resampled customers, and its number of customers."""
    sets, places = _sides(found)
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
    """Count for each customer the baskets that hold each set, (people, sets); most hold few sets."""
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
