"""Response rates of groups, drawn together; who is on the contact list, by group."""

from typing import Any

import numpy as np
import pandas as pd

from personae.core.arrays import BoolArray, IntArray
from personae.core.pooling import pooled_rates
from personae.core.statistics import share

MOST_GROUPS = 60
BANDS = 4


def rates_by(groups: pd.Series, response: IntArray) -> list[dict[str, Any]]:
    """Pooled response rates of the groups of a column, the largest first; empty for one group or many."""
    names = groups.astype("object").where(groups.notna(), "unknown").astype(str).to_numpy()
    levels, member = np.unique(names, return_inverse=True)
    if not 2 <= len(levels) <= MOST_GROUPS:
        return []
    rows, events = np.bincount(member), np.bincount(member, response).astype(int)
    found = [
        {"group": str(name), **row} for name, row in zip(levels, pooled_rates(events, rows), strict=True)
    ]
    return sorted(found, key=lambda row: (-row["rows"], row["group"]))


def contacted_by(column: pd.Series, contacted: BoolArray, response: IntArray) -> list[dict[str, Any]]:
    """Share contacted and precision of the list by group, numbers in quarters; a table, not a verdict."""
    values = column
    if pd.api.types.is_numeric_dtype(column) and column.nunique() > BANDS + 2:
        values = pd.qcut(column, BANDS, duplicates="drop").astype(str)
    names = values.astype("object").where(column.notna(), "unknown").astype(str).to_numpy()
    rows = []
    for name in dict.fromkeys(sorted(names)) if len(np.unique(names)) <= MOST_GROUPS else ():
        inside = names == name
        chosen = inside & contacted
        part, interval = share(int(chosen.sum()), int(inside.sum()))
        precision, bounds = share(int(response[chosen].sum()), int(chosen.sum()))
        rows.append(
            {
                "column": str(column.name),
                "group": name,
                "rows": int(inside.sum()),
                "contacted": part,
                "contacted_ci": interval,
                "precision": precision,
                "precision_ci": bounds,
            }
        )
    return rows
