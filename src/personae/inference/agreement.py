"""How far two groupings of the same customers agree."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personae.core.arrays import FloatArray
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

    References
    ----------
    Hubert and Arabie (1985), Comparing partitions.

    Examples
    --------
    >>> groups = np.repeat(["a", "b"], 20)
    >>> round(agreement(groups, np.repeat(["x", "y"], 20), seed=0).ari, 3)
    1.0
    """
    rows, columns = np.unique(first), np.unique(second)
    counts = np.array([[np.sum((first == a) & (second == b)) for b in columns] for a in rows])
    crosstab = {
        str(a): {str(b): int(counts[i, j]) for j, b in enumerate(columns)} for i, a in enumerate(rows)
    }
    ari = adjusted_rand_index(counts)
    if min(counts.shape) < 2:
        return Agreement(crosstab, ari, NAN, (NAN, NAN), None, NAN)
    size, tested = cramers_v(counts.astype(float)), association_test(counts.astype(float), seed)
    return Agreement(crosstab, ari, size.value, (size.low, size.high), tested.name, tested.p)


def adjusted_rand_index(counts: NDArray[np.int_]) -> float:
    """Adjusted Rand index of a crosstab: 0 on average for unrelated groupings, 1 for equal ones.

    Examples
    --------
    >>> adjusted_rand_index(np.array([[10, 0], [0, 10]]))
    1.0
    """
    total, of_rows, of_columns = (
        pairs.sum() for pairs in (_pairs(counts), _pairs(counts.sum(axis=1)), _pairs(counts.sum(axis=0)))
    )
    expected = of_rows * of_columns / _pairs(counts.sum())
    most = (of_rows + of_columns) / 2
    return 1.0 if most == expected else float((total - expected) / (most - expected))


def _pairs(count: NDArray[np.int_]) -> FloatArray:
    pairs: FloatArray = count * (count - 1) / 2
    return pairs
