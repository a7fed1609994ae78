"""Out-of-fold probabilities in long form: one row a case, repeat and class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from personae.core.arrays import FloatArray, IntArray


def responses(
    customers: Sequence[Any],
    units: IntArray,
    target: IntArray,
    *,
    classes: Sequence[Any],
    probabilities: FloatArray,
    reasons: Sequence[str],
) -> pd.DataFrame:
    """Predictions, shape (repeats, rows, classes), as a long table.

    Returns
    -------
    pandas.DataFrame
        `row` (number of the case), `customer`, `unit`, `target`, `reason`, `repeat`, `class` (of two classes
        the event only) and `probability`, NaN where the case was never tested.

    Examples
    --------
    >>> given = {"classes": ["no", "yes"], "probabilities": np.array([[[0.2, 0.8]]]), "reasons": ["age"]}
    >>> responses([7], np.array([0]), np.array([1]), **given)[["customer", "repeat", "class", "probability"]]
       customer  repeat class  probability
    0         7       0   yes          0.8
    """
    shown = [1] if len(classes) == 2 else list(range(len(classes)))
    cases = pd.DataFrame(
        {
            "row": np.arange(len(target)),
            "customer": list(customers),
            "unit": units,
            "target": np.asarray(target),
            "reason": list(reasons),
        }
    )
    parts = [
        cases.assign(**{"repeat": repeat, "class": str(classes[k]), "probability": one[:, k]})
        for repeat, one in enumerate(probabilities)
        for k in shown
    ]
    return pd.concat(parts, ignore_index=True)


def by_case(table: pd.DataFrame) -> tuple[pd.DataFrame, FloatArray]:
    """Split a table of `responses` into its cases and their probabilities.

    Returns
    -------
    tuple
        A table of `customer`, `unit`, `target` and `reason`, one row a case; probabilities of shape
        (repeats, rows, classes), of two classes the event only.
    """
    rows, repeats = int(table["row"].max()) + 1, int(table["repeat"].max()) + 1
    cases = table.iloc[:rows][["customer", "unit", "target", "reason"]]
    given = table["probability"].to_numpy(dtype=np.float64).reshape(repeats, -1, rows)
    return cases, np.ascontiguousarray(given.swapaxes(1, 2))
