"""Null model of association: shuffles inside strata that keep basket sizes."""

from collections.abc import Iterator

import numpy as np

from personae.baskets.coding import Baskets, Integers, smallest_type

# Supports of consecutive tables correlate by about 0.6 (groceries, journey): after 20 rounds by 0.6 ** 20.
BURN_IN = 20


def shuffled(
    baskets: Baskets, rng: np.random.Generator, *, burn_in: int = BURN_IN, thin: int = 1
) -> Iterator[Baskets]:
    """Sample uniformly from tables with the same sizes and counts by stratum.

    A round pairs the baskets of each stratum at random; each pair pools the items that only one of them holds
    and deals them out again at random, to each as many as it gave (a global curveball trade). A stratum is a
    customer in a block of weeks in a shop, as far as known: what depends on who, when and where stays.

    Parameters
    ----------
    baskets : the observed ones
    rng : source of randomness
    burn_in : rounds before the first table
    thin : rounds between tables

    Yields
    ------
    Baskets, without end; customers stay with their baskets.

    References
    ----------
    Strona et al. (2014), A fast and unbiased procedure to randomize ecological binary matrices with fixed
    row and column totals, Nature Communications 5; Carstens et al. (2018), Parallel and I/O-efficient
    randomisation of massive networks using global curveball trades, ESA.

    Examples
    --------
    >>> from personae.baskets.coding import from_lists
    >>> baskets = from_lists([["a", "b"], ["c"], ["a"]])
    >>> null = next(shuffled(baskets, np.random.default_rng(1)))
    >>> null.sizes(), null.item_counts()
    (array([2, 1, 1]), array([2, 1, 1]))
    """
    strata = np.unique(baskets.strata, return_inverse=True)[1]
    codes = smallest_type((len(strata) + int(strata.max(initial=0)) + 2) << len(baskets.names).bit_length())
    basket, item = baskets.basket.astype(codes), baskets.item.astype(codes)
    strata = strata.astype(smallest_type(int(strata.max(initial=0))))
    rounds = burn_in
    while True:
        for _ in range(rounds):
            basket, item = trade(basket, item, strata, len(baskets.names), rng)
        yield baskets.with_entries(basket, item)
        rounds = thin


def trade(
    basket: Integers, item: Integers, strata: Integers, n_items: int, rng: np.random.Generator
) -> tuple[Integers, Integers]:
    """One global curveball trade inside each stratum of baskets.

    `basket` and `item` are of a type that holds two seats a basket times twice the items.
    """
    place = _seats(strata, rng).astype(basket.dtype)
    holder = np.empty(int(place.max(initial=0)) + 2, dtype=basket.dtype)
    holder[place] = np.arange(len(strata))
    bits = n_items.bit_length()
    seat = place[basket]
    key = np.sort((seat >> 1 << (bits + 1)) | (item << 1) | (seat & 1))
    twin = np.flatnonzero(key[1:] >> 1 == key[:-1] >> 1)
    shared = np.zeros(len(key), dtype=bool)
    shared[twin] = shared[twin + 1] = True

    both, alone = key[shared], key[~shared]
    low = (1 << bits) - 1
    kept = holder[(both >> (bits + 1) << 1) | (both & 1)]

    pair = alone >> (bits + 1)
    number = np.bincount(pair, minlength=len(holder) // 2 + 1)
    gave = np.bincount(pair[alone & 1 == 0], minlength=len(number))
    first = np.cumsum(number) - number
    pooled = _shuffle_within(pair, (alone >> 1) & low, rng)
    second = np.arange(len(pair)) >= (first + gave)[pair]
    return (
        np.concatenate([kept, holder[(pair << 1) | second]]),
        np.concatenate([(both >> 1) & low, pooled]),
    )


def _seats(strata: Integers, rng: np.random.Generator) -> Integers:
    """Pair the baskets of each stratum at random: seats 2k and 2k + 1."""
    order = rng.permutation(len(strata))
    order = order[np.argsort(strata[order], kind="stable")]
    size = np.bincount(strata)
    first = np.cumsum(size + size % 2) - (size + size % 2)
    seat = np.empty(len(strata), dtype=np.int64)
    rank = np.arange(len(strata)) - np.repeat(np.cumsum(size) - size, size)
    seat[order] = np.repeat(first, size) + rank
    return seat


def _shuffle_within(pair: Integers, item: Integers, rng: np.random.Generator) -> Integers:
    """Shuffle the items of each pair by one sort of 64-bit keys."""
    if not len(pair):
        return item
    item_bits = int(item.max()).bit_length()
    random_bits = 63 - item_bits - int(pair[-1]).bit_length()
    draw = rng.integers(0, 1 << random_bits, len(pair))
    key = np.sort((pair.astype(np.int64) << (random_bits + item_bits)) | (draw << item_bits) | item)
    return np.asarray(key & ((1 << item_bits) - 1)).astype(item.dtype)
