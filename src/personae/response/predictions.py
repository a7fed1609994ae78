"""What stage classify hands to stage target: probabilities out of fold, one row a customer."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from personae.core.arrays import FloatArray, IntArray

PREFIX = "probability_"


def responses(
    customers: Sequence[Any],
    units: IntArray,
    target: IntArray,
    *,
    classes: Sequence[Any],
    probabilities: FloatArray,
    reasons: Sequence[str],
) -> pd.DataFrame:
    """Lay out predictions of the procedure, shape (repeats, rows, classes), as a table.

    Returns
    -------
    pandas.DataFrame
        `customer`, `unit`, `target`, one column `probability_<repeat>_<class>` each (of two classes the event
        only), `reason`.

    Examples
    --------
    >>> told = {"classes": ["no", "yes"], "probabilities": np.array([[[0.2, 0.8]]]), "reasons": ["age"]}
    >>> found = responses([7], np.array([0]), np.array([1]), **told)
    >>> found.columns.tolist()
    ['customer', 'unit', 'target', 'probability_0_yes', 'reason']
    """
    shown = [1] if len(classes) == 2 else range(len(classes))
    figures = {
        f"{PREFIX}{repeat}_{classes[k]}": found[:, k]
        for repeat, found in enumerate(probabilities)
        for k in shown
    }
    known = {"customer": list(customers), "unit": units, "target": np.asarray(target)}
    return pd.DataFrame({**known, **figures, "reason": list(reasons)})


def event_probabilities(table: pd.DataFrame) -> FloatArray:
    """Read the probabilities of the event back, shape (repeats, rows)."""
    return np.ascontiguousarray(table.filter(like=PREFIX).to_numpy(dtype=np.float64).T)
