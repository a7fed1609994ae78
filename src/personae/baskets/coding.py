"""Baskets as integer codes, for mining, shuffling and replaying."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from personae.core.arrays import BoolArray
from personae.core.errors import PersonaeError

Integers = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Baskets:
    """Customer and items of every basket.

    Attributes
    ----------
    basket, item : (n_entries,) integer arrays
        One entry for each item of each basket, each pair once, ordered by item, then basket.
    names : tuple of str
        The item of each item code.
    customer : (n_baskets,) integer array
        The customer code of each basket; every basket its own customer where none is known.
    stratum : (n_baskets,) integer array, optional
        Customer, block of weeks and shop of each basket, as one code; without it the customer alone.
    """

    basket: Integers
    item: Integers
    names: tuple[str, ...]
    customer: Integers
    stratum: Integers | None = None

    @property
    def strata(self) -> Integers:
        """Strata of baskets inside which items may be exchanged; all if customers have one basket."""
        if self.stratum is not None:
            return self.stratum
        return self.customer if len(np.unique(self.customer)) < self.n else np.zeros(self.n, dtype=np.int64)

    @property
    def n(self) -> int:
        """Number of baskets, the empty ones included."""
        return len(self.customer)

    def item_counts(self) -> Integers:
        """Count the baskets of each item."""
        return np.bincount(self.item, minlength=len(self.names))

    def sizes(self) -> Integers:
        """Count the items of each basket."""
        return np.bincount(self.basket, minlength=self.n)

    def where(self, keep: BoolArray) -> "Baskets":
        """Keep the marked baskets, renumbered; item and customer codes stay."""
        number = np.cumsum(keep) - 1
        entries = keep[self.basket]
        stratum = None if self.stratum is None else self.stratum[keep]
        return Baskets(
            number[self.basket[entries]], self.item[entries], self.names, self.customer[keep], stratum
        )

    def with_entries(self, basket: Integers, item: Integers) -> "Baskets":
        """Put other entries (of any order) into the same baskets."""
        codes = smallest_type(len(self.names) * self.n)
        keys = np.sort(item.astype(codes) * codes.type(self.n) + basket.astype(codes))
        sorted_items, sorted_baskets = np.divmod(keys.astype(np.int64), max(self.n, 1))
        return Baskets(sorted_baskets, sorted_items, self.names, self.customer, self.stratum)


def encode(
    table: pl.DataFrame, *, basket: str = "basket", item: str = "item", customer: str | None = None
) -> tuple[Baskets, pl.DataFrame]:
    """Code basket lines as integers, without null items and repeated lines.

    Parameters
    ----------
    table : one row a basket line
    basket, item, customer : column names; without `customer` every basket stands for itself

    Returns
    -------
    The baskets, ordered by customer and basket, and a table with one row a basket in that order (the
    basket's first line), so that its other columns, such as time, can select baskets.

    Raises
    ------
    PersonaeError
        If a basket belongs to more than one customer.

    Examples
    --------
    >>> lines = pl.DataFrame({"basket": [7, 7, 9], "item": ["milk", "bread", "milk"]})
    >>> baskets, _ = encode(lines)
    >>> baskets.names, baskets.item_counts()
    (('bread', 'milk'), array([1, 2]))
    """
    owner = [customer] if customer else []
    heads = table.unique(basket, keep="first", maintain_order=True).sort(*owner, basket)
    if customer:
        owners = table.select(basket, customer).unique().group_by(basket).len().filter(pl.col("len") > 1)
        if owners.height:
            raise PersonaeError(
                f"baskets: {basket} {owners[basket].min()!s} belongs to {owners['len'].max()!s} values of "
                f"{customer}; expected one"
            )
    names = table[item].drop_nulls().unique().sort()
    pairs = (
        table.lazy()
        .select(basket, item)
        .drop_nulls()
        .unique()
        .join(heads.lazy().select(basket).with_row_index("_basket"), on=basket)
        .join(pl.LazyFrame({item: names}).with_row_index("_item"), on=item)
        .select("_basket", "_item")
        .sort("_item", "_basket")
        .collect()
    )
    customers = heads[customer].rank("dense").to_numpy() - 1 if customer else np.arange(heads.height)
    coded = Baskets(
        pairs["_basket"].to_numpy().astype(np.int64),
        pairs["_item"].to_numpy().astype(np.int64),
        tuple(str(name) for name in names),
        customers.astype(np.int64),
    )
    return coded, heads


def from_lists(lists: Iterable[Iterable[str]]) -> Baskets:
    """Code baskets that are given as lists of items.

    Examples
    --------
    >>> from_lists([["milk", "milk"], [], ["bread"]]).sizes()
    array([1, 0, 1])
    """
    sets = [sorted(set(items)) for items in lists]
    names = sorted({name for items in sets for name in items})
    code = {name: number for number, name in enumerate(names)}
    basket = np.repeat(np.arange(len(sets)), [len(items) for items in sets])
    item = np.array([code[name] for items in sets for name in items], dtype=np.int64)
    empty = Baskets(basket[:0], item[:0], tuple(names), np.arange(len(sets)))
    return empty.with_entries(basket, item)


def smallest_type(largest: int) -> np.dtype[np.integer[Any]]:
    """Give the shortest type that holds codes up to a number: short ones are sorted in half the time.

    Examples
    --------
    >>> smallest_type(300), smallest_type(70_000), smallest_type(2**40)
    (dtype('uint16'), dtype('uint32'), dtype('int64'))
    """
    unsigned = np.min_scalar_type(largest)
    return unsigned if unsigned.itemsize < 8 else np.dtype(np.int64)


def pack(baskets: Baskets, items: Integers) -> NDArray[np.uint64]:
    """Pack which baskets hold an item into bits.

    Returns
    -------
    (len(items), ceil(n_baskets / 64)) array of words; bit b of a row says whether basket b holds the item.

    Examples
    --------
    >>> pack(from_lists([["milk"], ["bread"], ["milk"]]), np.array([1]))
    array([[5]], dtype=uint64)
    """
    words = -(-baskets.n // 64)
    bits = np.empty((len(items), words), dtype=np.uint64)
    first = np.searchsorted(baskets.item, items, side="left")
    last = np.searchsorted(baskets.item, items, side="right")
    mark = np.zeros(words * 64, dtype=np.uint8)
    for row, (start, stop) in enumerate(zip(first, last, strict=True)):
        held = baskets.basket[start:stop]
        mark[held] = 1
        bits[row] = np.packbits(mark, bitorder="little").view(np.uint64)
        mark[held] = 0
    return bits
