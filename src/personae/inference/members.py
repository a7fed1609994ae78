"""Groups that are large enough to be compared, and what is left out."""

from collections.abc import Sequence

import numpy as np

from personae.core.errors import PersonaeError
from personae.inference.values import Members, Values
from personae.inference.variables import Row


class NothingToCompareError(PersonaeError):
    """Fewer than two groups of enough rows, or no column to compare them in."""


def members_of(labels: Values, grouping: str, min_group: int) -> tuple[Members, list[Row]]:
    """Rows of each group that is large enough, and what was left out."""
    excluded = []
    unknown = int((labels == "").sum())
    if unknown:
        excluded.append(left_out_row("rows", grouping, f"{unknown} rows have no group"))
    members = {}
    for name in np.unique(labels[labels != ""]).tolist():
        rows = labels == name
        if rows.sum() < min_group:
            excluded.append(left_out_row("group", name, f"{int(rows.sum())} rows, fewer than {min_group}"))
        else:
            members[name] = rows
    if len(members) < 2:
        left = f"{len(members)} group of at least {min_group} rows" if members else "no group large enough"
        raise NothingToCompareError(
            f"column {grouping}: {left}; a comparison needs two ({told(excluded) or 'none left out'})"
        )
    return members, excluded


def left_out_row(what: str, name: str, reason: str) -> Row:
    """Row of what was not compared."""
    return {"what": what, "name": name, "reason": reason}


def told(excluded: Sequence[Row]) -> str:
    """Say in a line what was not compared."""
    return "; ".join(f"{row['name']}: {row['reason']}" for row in excluded)
