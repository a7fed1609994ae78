"""Equal rows: one customer recorded twice, or different but similar customers."""

import numpy as np

from personae.core.arrays import FloatArray, IntArray

# Other customers who are expected to be equal to one by coincidence, and the share of such coincidences among
# the pairs of rows that are taken for one customer: at most.
MAX_CHANCE = 0.05


def same_customers(codes: IntArray) -> IntArray:
    """Number customers; equal rows are one where coincidence is improbable.

    A pattern is one customer where at most one customer in twenty would meet another by coincidence
    (`chance_of_equals`). They are taken from the least probable on, as long as coincidence explains at most
    one in twenty of their equal pairs; every other row is a customer of its own.

    Parameters
    ----------
    codes : (rows, columns), the number of each cell's value within its column.

    Returns
    -------
    ndarray of shape (rows,)
        Numbers from 0 in the order of first appearance.

    Examples
    --------
    >>> coarse = np.random.default_rng(0).integers(3, size=(200, 2))
    >>> len(np.unique(same_customers(coarse)))
    200
    >>> fine = np.random.default_rng(0).integers(90, size=(200, 6))
    >>> len(np.unique(same_customers(np.vstack([fine, fine[:9]]))))
    200
    """
    codes = np.asarray(codes)
    group = equal_rows(codes)
    size = np.bincount(group)
    if len(size) == len(codes):
        return group
    first = np.unique(group, return_index=True)[1]
    chance = chance_of_equals(codes, group)[first]
    order = np.argsort(chance, kind="stable")
    expected = np.cumsum((size * chance)[order])
    observed = np.cumsum((size * (size - 1.0))[order])
    passed = np.flatnonzero((expected <= MAX_CHANCE * observed) & (chance[order] <= MAX_CHANCE))
    one = np.zeros(len(size), dtype=bool)
    one[order[: passed[-1] + 1 if len(passed) else 0]] = True
    return equal_rows(np.where(one[group], group, len(size) + np.arange(len(codes)))[:, None])


def equal_rows(codes: IntArray) -> IntArray:
    """Number groups of equal rows in the order of first appearance.

    Examples
    --------
    >>> equal_rows(np.array([[7, 1], [2, 1], [7, 1]])).tolist()
    [0, 1, 0]
    """
    _, first, number = np.unique(codes, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return np.asarray(order[number.ravel()], dtype=np.intp)


def chance_of_equals(codes: IntArray, group: IntArray) -> FloatArray:
    """Expected number of other customers equal to each row by coincidence.

    The larger of two estimates: under independent columns, (rows - 1) times the product of the shares of its
    values; and from near misses, the rows that differ from it in one column only, times the odds that this
    column agrees too. The second needs no independence: whoever buys nothing is equal in many columns at
    once, and so are near misses. A value that one other customer has counts by how often a value that was
    seen once is met again (Good 1953), so that a copy is no evidence for its own coincidence.

    Parameters
    ----------
    codes : (rows, columns).
    group : (rows,), number of the equal rows of each row.
    """
    rows = len(codes)
    copies = np.bincount(group)[group]
    first = np.unique(group, return_index=True)[1]
    rng = np.random.default_rng(0)
    product, odds = np.full(rows, rows - 1.0), np.zeros(rows)
    keys = []
    for column in codes.T:
        share = _shares(column, copies, first)
        product *= share
        odds += (1 - share) / share
        # Rows are equal in all but one column where their sums without that column's key are.
        keys.append(rng.integers(np.iinfo(np.int64).max, size=int(column.max()) + 1)[column])
    total = np.sum(keys, axis=0)
    near = np.zeros(rows)
    for key in keys:
        _, number, count = np.unique(total - key, return_inverse=True, return_counts=True)
        near += count[number] - copies
    return np.asarray(np.maximum(product, near / np.maximum(odds, 1e-9)))


def _shares(column: IntArray, copies: IntArray, first: IntArray) -> FloatArray:
    """Probability of each row's value in another row, copies counted once."""
    seen = np.bincount(column)[column] - copies + 1
    met = np.bincount(np.bincount(column[first]), minlength=3)
    once = min(1.0, 2 * (met[2] + 1) / (met[1] + 1))
    shares: FloatArray = np.where(seen == 1, once, seen) / len(column)
    return shares
