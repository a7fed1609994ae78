"""Out-of-fold probabilities in long form: one row a case, repeat and class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError


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


def with_others(
    table: pd.DataFrame,
    drawn: IntArray,
    customers: Sequence[Any],
    units: Sequence[Any],
    target: Sequence[Any],
    *,
    classes: Sequence[Any],
    probabilities: FloatArray,
) -> pd.DataFrame:
    """Extend the `responses` of a sample to all rows.

    Parameters
    ----------
    table, drawn : responses of some rows, and their positions among all; whole units
    customers, units, target : of all rows
    classes : of which the responses are
    probabilities : of the other rows by models that learned from none of them, shape (others, classes), the
        same in all repeats

    Raises
    ------
    PersonaeError
        If another row has an answer that no drawn row has.
    """
    cases, given = by_case(table)
    rows, codes = len(target), pd.Index(list(classes)).get_indexer(pd.Index(target))
    if (codes < 0).any():
        absent = pd.Index(target)[codes < 0][0]
        raise PersonaeError(
            f"classify: the answer {absent} is too rare: of {len(drawn)} rows that were drawn none has it; "
            "leave it out, or raise classify.fit_rows"
        )
    others = np.setdiff1d(np.arange(rows), drawn)
    whole = np.full((len(given), rows, len(classes)), np.nan)
    whole[:, drawn, -given.shape[2] :] = given
    whole[:, others] = probabilities
    numbers, reasons = np.empty(rows, dtype=np.intp), np.full(rows, "", dtype=object)
    numbers[drawn], reasons[drawn] = cases["unit"], cases["reason"]
    numbers[others] = 1 + cases["unit"].max() + pd.factorize(np.asarray(units)[others])[0]
    return responses(
        customers, numbers, codes, classes=classes, probabilities=whole, reasons=reasons.tolist()
    )


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
