"""Which columns move a customer's probability most, for any response model."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from personae.core.arrays import FloatArray
from personae.response.calibration import margins
from personae.response.explanations import reasons as worded
from personae.response.model import ResponseModel

AT_ONCE = 2000
MOST_REASONS = 3


def typical_values(table: pl.DataFrame, columns: list[str]) -> dict[str, Any]:
    """Median of numbers, most frequent word of categories; None for a column without values.

    Examples
    --------
    >>> typical_values(pl.DataFrame({"age": [30, 50], "home": ["flat", "flat"]}), ["age", "home"])
    {'age': 40.0, 'home': 'flat'}
    """
    found: dict[str, Any] = {}
    for name in columns:
        given = table[name].drop_nulls()
        if given.dtype.is_numeric() or given.dtype == pl.Boolean:
            found[name] = given.cast(pl.Float64).median()
        else:
            words = given.cast(pl.String).value_counts().sort("count", name, descending=[True, False])
            found[name] = words[name][0] if words.height else None
    return found


def reasons(
    model: ResponseModel, table: pd.DataFrame, typical: Mapping[str, Any], count: int
) -> dict[str, list[str | None]]:
    """Name the columns without which a customer's score would change most.

    Each column in turn gets its typical value, as in an ablation of one customer; what the log-odds of the
    event (of more than two answers, of the most probable) lose is the column's part. Parts need not add up.

    Returns
    -------
    `reason_1`, `reason_2`, ... such as `recency 3 (+0.90)`, strongest first; None where nothing changes it.
    """
    if not count:
        return {}
    texts: list[list[str | None]] = []
    for start in range(0, len(table), AT_ONCE):
        rows = table.iloc[start : start + AT_ONCE]
        parts = pd.DataFrame(_parts(model, rows, typical), columns=list(model.columns))
        for place in range(len(rows)):
            row = parts.iloc[[place]]
            moving = row.loc[:, (row != 0).to_numpy()[0]]
            order = moving.iloc[0].abs().sort_values(ascending=False, kind="stable").index[:count]
            said = [worded(rows.iloc[[place]], moving[[name]], count=1)[0] for name in order]
            texts.append([*said, *[None] * (count - len(said))])
    return {f"reason_{place + 1}": [row[place] for row in texts] for place in range(count)}


def _parts(model: ResponseModel, rows: pd.DataFrame, typical: Mapping[str, Any]) -> FloatArray:
    """Log-odds lost with each column, shape (rows, columns)."""
    copies = [rows, *(rows.assign(**{name: typical[name]}) for name in model.columns)]
    pieces = np.split(margins(model.scores(pd.concat(copies, ignore_index=True))), len(copies))
    whole = pieces[0]
    likeliest = whole.argmax(axis=1)
    each = np.arange(len(rows))
    return np.column_stack([(whole - piece)[each, likeliest] for piece in pieces[1:]])
