"""Frequent itemsets by Eclat on bit sets (Zaki 2000)."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from personae.baskets.coding import Baskets, Integers, pack
from personae.core.arrays import BoolArray
from personae.core.errors import PersonaeError

Words = NDArray[np.uint64]
Itemset = tuple[int, ...]

# A block of 1,000 words holds 64,000 baskets: its count fits 16 bits, its rows stay in the processor's cache.
BLOCK = 1_000


def frequent(
    baskets: Baskets,
    *,
    min_support: float = 0.01,
    max_length: int = 3,
    max_itemsets: int = 1_000_000,
    memory_mb: int = 1_024,
) -> dict[Itemset, int]:
    """Count all itemsets that at least `min_support` of the baskets hold.

    Parameters
    ----------
    baskets : coded baskets; empty ones count in the denominator
    min_support : share of baskets, in (0, 1]
    max_length : most items of a set
    max_itemsets : stop with advice where there are more
    memory_mb : stop with advice where the bit sets would need more than this

    Returns
    -------
    dict
        Baskets that hold the whole set, by item codes; ordered by length, then codes.

    Raises
    ------
    PersonaeError
        If a limit would be passed.

    References
    ----------
    Zaki (2000), Scalable algorithms for association mining, IEEE TKDE 12(3).

    Examples
    --------
    >>> from personae.baskets.coding import from_lists
    >>> frequent(from_lists([["a", "b"], ["a", "b"], ["a"]]), min_support=0.5, max_length=2)
    {(0,): 3, (1,): 2, (0, 1): 2}
    """
    least = max(1, math.ceil(min_support * baskets.n))
    counts = baskets.item_counts()
    items = np.flatnonzero(counts >= least)
    items = items[np.argsort(counts[items], kind="stable")]  # rare first: the smallest search tree
    _check_memory(len(items), baskets.n, max_length, memory_mb)
    counted: dict[Itemset, int] = {(int(code),): int(counts[code]) for code in items}
    if max_length > 1 and len(items) > 1:
        for codes, count in _search(pack(baskets, items), least, max_length):
            counted[tuple(sorted(int(items[code]) for code in codes))] = count
            if len(counted) > max_itemsets:
                raise PersonaeError(
                    f"baskets: more than {max_itemsets} itemsets at min_support {min_support}; "
                    "raise min_support or lower max_length"
                )
    return {codes: counted[codes] for codes in sorted(counted, key=lambda codes: (len(codes), codes))}


def count_sets(baskets: Baskets, sets: list[Itemset]) -> Integers:
    """Count the baskets that hold each of the given sets.

    Examples
    --------
    >>> from personae.baskets.coding import from_lists
    >>> count_sets(from_lists([["a", "b"], ["a"]]), [(0,), (0, 1)])
    array([2, 1])
    """
    items = np.array(sorted({code for codes in sets for code in codes}), dtype=np.int64)
    row = {int(code): number for number, code in enumerate(items)}
    bits = pack(baskets, items)
    return np.array(
        [np.bitwise_count(intersect(bits, [row[code] for code in codes])).sum() for codes in sets],
        dtype=np.int64,
    )


def intersect(bits: Words, rows: list[int]) -> Words:
    """AND the given rows of packed bits."""
    return np.asarray(np.bitwise_and.reduce(bits[rows]))


def _search(bits: Words, least: int, max_length: int) -> Iterator[tuple[Itemset, int]]:
    """Search itemsets of two and more items depth first."""
    size = len(bits)
    paired = np.zeros((size, size), dtype=bool)
    for first in range(size - 1):
        counts = _counts(bits[first + 1 :], bits[first])
        paired[first, first + 1 :] = counts >= least
        for second in first + 1 + np.flatnonzero(counts >= least):
            yield (first, int(second)), int(counts[second - first - 1])
    if max_length > 2:
        for first in range(size - 2):
            others = np.flatnonzero(paired[first])
            yield from _extend(
                (first,),
                others,
                bits[others] & bits[first],
                paired=paired,
                least=least,
                max_length=max_length,
            )


def _extend(
    prefix: Itemset, others: Integers, bits: Words, *, paired: BoolArray, least: int, max_length: int
) -> Iterator[tuple[Itemset, int]]:
    """Extend each frequent set by one later item."""
    for place, code in enumerate(others[:-1]):
        head = (*prefix, int(code))
        after = place + 1 + np.flatnonzero(paired[code, others[place + 1 :]])
        candidates = bits[after]
        counts = _counts(candidates, bits[place])
        hits = np.flatnonzero(counts >= least)
        yield from (((*head, int(others[after[hit]])), int(counts[hit])) for hit in hits)
        if len(head) + 1 < max_length and len(hits) > 1:
            yield from _extend(
                head,
                others[after[hits]],
                candidates[hits] & bits[place],
                paired=paired,
                least=least,
                max_length=max_length,
            )


def _counts(bits: Words, row: Words) -> Integers:
    """Count the baskets that each row of `bits` shares with `row`."""
    total = np.zeros(len(bits), dtype=np.int64)
    shared = np.empty((len(bits), min(BLOCK, bits.shape[1])), dtype=np.uint64)
    ones = np.empty(shared.shape, dtype=np.uint8)
    for start in range(0, bits.shape[1], BLOCK):
        width = min(BLOCK, bits.shape[1] - start)
        part = slice(start, start + width)
        np.bitwise_and(bits[:, part], row[part], out=shared[:, :width])
        np.bitwise_count(shared[:, :width], out=ones[:, :width])
        total += ones[:, :width].sum(axis=1, dtype=np.uint16)
    return total


def _check_memory(items: int, baskets: int, max_length: int, memory_mb: int) -> None:
    need = items * (baskets / 8) * max_length / 2**20  # one set of rows at each depth of the search
    if need > memory_mb:
        raise PersonaeError(
            f"baskets: {items} frequent items in {baskets} baskets need about {need:.0f} MB, more than "
            f"memory_mb {memory_mb}; raise min_support, mine categories instead of items, or raise memory_mb"
        )
