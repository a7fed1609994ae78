"""Match the segments of two results and count migrating customers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from personae.core import paths
from personae.core.arrays import FloatArray
from personae.history.result import StoredResult
from personae.segmentation.identity import Event, match_ids

BY_CUSTOMERS = "aligned by the customers that they share"
BY_PROFILE = "aligned by drivers and share alone: {} is not in DVC's cache, so customers cannot be followed"

Persona = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which segments of two results are the same.

    Attributes
    ----------
    basis
        What it rests on, in a sentence.
    before, after
        Ids of the segments.
    pairs
        The same segment before and after; None where there is none.
    migration
        Customers by [segment before, segment after]; empty where customers are not known.
    left
        Customers of only one of the two results, or in no segment.
    events
        What became of each segment, in ids of the two results.
    """

    basis: str
    before: tuple[int, ...]
    after: tuple[int, ...]
    pairs: tuple[tuple[int | None, int | None], ...]
    migration: tuple[tuple[int, ...], ...] = ()
    left: int = 0
    events: tuple[Event, ...] = ()


def align(before: StoredResult, after: StoredResult, cache: Path) -> Alignment | None:
    """Align the segments of two results; None without personas in both.

    Parameters
    ----------
    before, after : StoredResult
    cache : Path
        DVC's cache, where the tables of segments are looked for.
    """
    then, now = before.reports.get("personas"), after.reports.get("personas")
    if not isinstance(then, list) or not isinstance(now, list) or not then or not now:
        return None
    tables = [_table(past, cache) for past in (before, after)]
    known = [table for table in tables if table is not None]
    if len(known) == 2:
        return by_customers(known[0], known[1])
    lacking = " and ".join(
        f"segments.parquet of {past.label}"
        for past, table in zip((before, after), tables, strict=True)
        if table is None
    )
    return by_profile(then, now, BY_PROFILE.format(lacking))


def by_customers(before: pd.DataFrame, after: pd.DataFrame) -> Alignment:
    """Align segments by optimal assignment (Kuhn 1955), and count migrations.

    Parameters
    ----------
    before, after : DataFrame
        With `customer` and `segment`; a segment below 0 is none.

    Examples
    --------
    >>> table = pd.DataFrame({"customer": [1, 2, 3, 4], "segment": [0, 0, 0, 1]})
    >>> by_customers(table, table.assign(segment=[1, 1, 1, 0])).pairs
    ((0, 1), (1, 0))
    """
    both = before.merge(after, on="customer", how="outer", suffixes=("_before", "_after")).fillna(-1)
    kept = both[(both["segment_before"] >= 0) & (both["segment_after"] >= 0)]
    old, new = _ids(before), _ids(after)
    counts = np.zeros((len(old), len(new)), dtype=np.int64)
    rows = np.searchsorted(old, kept["segment_before"])
    np.add.at(counts, (rows, np.searchsorted(new, kept["segment_after"])), 1)
    ids, events = match_ids(old, counts, -counts.astype(np.float64))
    own = dict(zip(ids, new, strict=True))
    return Alignment(
        BY_CUSTOMERS,
        tuple(old),
        tuple(new),
        _pairs(old, {identity: own[identity] for identity in ids if identity in old}, new),
        tuple(tuple(row) for row in counts.tolist()),
        len(both) - len(kept),
        tuple({**each, "after": tuple(own[i] for i in each["after"])} for each in events),
    )


def by_profile(before: Sequence[Persona], after: Sequence[Persona], basis: str) -> Alignment:
    """Align segments by the nearest effects of their drivers and share."""
    features = sorted({driver["feature"] for each in (*before, *after) for driver in each["drivers"]})
    old, new = [each["id"] for each in before], [each["id"] for each in after]
    cost = cdist(_profiles(before, features), _profiles(after, features))
    matched = {old[i]: new[j] for i, j in zip(*linear_sum_assignment(cost), strict=True)}
    return Alignment(basis, tuple(old), tuple(new), _pairs(old, matched, new))


def _table(past: StoredResult, cache: Path) -> pd.DataFrame | None:
    """Read the segments table by its md5 in the result's dvc.lock."""
    md5 = past.outputs.get(paths.table(past.study, "segments").as_posix(), "")
    path = cache / "files" / "md5" / md5[:2] / md5[2:]
    if not md5 or not path.is_file():
        return None
    return pd.read_parquet(path, columns=["customer", "segment"]).drop_duplicates("customer")


def _ids(table: pd.DataFrame) -> list[int]:
    return sorted(int(each) for each in table["segment"].unique() if each >= 0)


def _profiles(personas: Sequence[Persona], features: Sequence[str]) -> FloatArray:
    rows = []
    for each in personas:
        effects = {driver["feature"]: driver["effect"] or 0.0 for driver in each["drivers"]}
        rows.append([*(effects.get(feature, 0.0) for feature in features), each["share"]])
    return np.array(rows, dtype=np.float64)


def _pairs(
    old: Sequence[int], matched: Mapping[int, int], new: Sequence[int]
) -> tuple[tuple[int | None, int | None], ...]:
    """Put pairs in the order of the earlier segments, new ones last."""
    fresh = [each for each in new if each not in matched.values()]
    return (*((each, matched.get(each)) for each in old), *((None, each) for each in fresh))
