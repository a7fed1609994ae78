"""How far two groupings of the same customers agree."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from personae.core.statistics import adjusted_rand, contingency
from personae.inference.effects import NAN, cramers_v
from personae.inference.omnibus import association_test


def agreement(first: NDArray[np.str_], second: NDArray[np.str_], seed: int) -> dict[str, Any]:
    """Compare two groupings; without a second group in one of them nothing can be tested.

    Parameters
    ----------
    first, second : (rows,), the group of each row.

    Returns
    -------
    dict
        Their `crosstab`, adjusted Rand index `ari`, `cramers_v` with its interval, and the `test` with `p`.

    Examples
    --------
    >>> groups = np.repeat(["a", "b"], 20)
    >>> round(agreement(groups, np.repeat(["x", "y"], 20), seed=0)["ari"], 3)
    1.0
    """
    (rows, of_row), (columns, of_column) = (np.unique(each, return_inverse=True) for each in (first, second))
    counts = contingency(of_row, of_column)
    size, interval, test, p = NAN, (NAN, NAN), None, NAN
    if min(counts.shape) > 1:
        size, interval = cramers_v(counts)
        test, _, p = association_test(counts, seed)
    return {
        "crosstab": {
            str(name): dict(zip(columns.tolist(), row, strict=True))
            for name, row in zip(rows, counts.astype(int).tolist(), strict=True)
        },
        "ari": adjusted_rand(of_row, of_column),
        "cramers_v": size,
        "cramers_v_ci": interval,
        "test": test,
        "p": p,
    }
