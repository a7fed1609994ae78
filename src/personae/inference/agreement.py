"""How far two groupings of the same customers agree."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personae.core.statistics import adjusted_rand, contingency
from personae.inference.effects import cramers_v
from personae.inference.omnibus import association_test

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Agreement:
    """Crosstab of two groupings, their adjusted Rand index, and Cramér's V with interval and p-value."""

    crosstab: Mapping[str, Mapping[str, int]]
    ari: float
    cramers_v: float
    cramers_v_ci: tuple[float, float]
    test: str | None
    p: float


def agreement(first: NDArray[np.str_], second: NDArray[np.str_], seed: int) -> Agreement:
    """Compare two groupings; without a second group in one of them nothing can be tested.

    Parameters
    ----------
    first, second : (rows,), the group of each row.

    Examples
    --------
    >>> groups = np.repeat(["a", "b"], 20)
    >>> round(agreement(groups, np.repeat(["x", "y"], 20), seed=0).ari, 3)
    1.0
    """
    (rows, of_row), (columns, of_column) = (np.unique(each, return_inverse=True) for each in (first, second))
    counts = contingency(of_row, of_column)
    crosstab = {
        str(a): {str(b): int(counts[i, j]) for j, b in enumerate(columns)} for i, a in enumerate(rows)
    }
    ari = adjusted_rand(of_row, of_column)
    if min(counts.shape) < 2:
        return Agreement(crosstab, ari, NAN, (NAN, NAN), None, NAN)
    size, tested = cramers_v(counts), association_test(counts, seed)
    return Agreement(crosstab, ari, size.value, (size.low, size.high), tested.name, tested.p)
