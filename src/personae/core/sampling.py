"""A sample of whole units by their hash, for what is fitted on part of a large table."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from personae.core.arrays import IntArray


def sample_by_hash(units: Sequence[Any], rows: int) -> IntArray:
    """Sample whole units of about `rows` rows; all of them where there are no more.

    A unit is drawn where the hash of its value lies below `rows` per row of the table. So one unit's rows
    stay together, the order of the rows does not matter, of other rows only their number does, and a smaller
    sample is part of a larger one.

    Parameters
    ----------
    units : who each row belongs to (household, customer), shape (n,): whole numbers or text
    rows : at least 1

    Returns
    -------
    ndarray
        Positions of the sampled rows, ascending.

    Examples
    --------
    >>> sample_by_hash([7, 7, 8], 5).tolist()
    [0, 1, 2]
    >>> units = np.arange(10_000)
    >>> drawn = sample_by_hash(units, 1000)
    >>> len(drawn), set(sample_by_hash(units[::-1], 1000).tolist()) == set((9999 - drawn).tolist())
    (1030, True)
    """
    if len(units) <= rows:
        return np.arange(len(units))
    import pandas as pd  # noqa: PLC0415 - slow to import

    place = pd.util.hash_pandas_object(pd.Series(units), index=False).to_numpy()
    return np.flatnonzero(place < np.uint64(rows / len(units) * 2**64))
