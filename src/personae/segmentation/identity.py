"""The same segments keep their ids from run to run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from personae.core.arrays import FloatArray
from personae.core.errors import PersonaeError
from personae.segmentation.clusterers import Labels
from personae.segmentation.space import Space

# A segment is the heir of another when it holds half of its customers, or consists of them by half.
HALF = 0.5
PART = 0.25

# What became of a segment: `kind` (same, new, split, merged or died), ids `before` and `after`.
Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Identity:
    """Ids of the segments of a run.

    `ids` holds one id a segment, `names` those the anchor knows, `migration` counts customers by
    [segment whose anchored centroid is nearest, segment now], rows in the order of `before`.
    """

    ids: tuple[int, ...]
    names: Mapping[int, str]
    before: tuple[int, ...]
    migration: tuple[tuple[int, ...], ...]
    events: tuple[Event, ...]


def match_segments(
    anchor: Mapping[str, Any], space: Space, points: FloatArray, labels: Labels, centers: FloatArray
) -> Identity:
    """Carry ids over from an anchor by the cheapest assignment of centroids (Kuhn 1955).

    Parameters
    ----------
    anchor : mapping
        `{"segments": [{"id": int, "name": str, "centroid": {axis: value in raw units}}, ...]}`.
    space : Space
        Fitted reference space.
    points : ndarray of shape (customers, axes)
        Customers in it.
    labels : int array of shape (customers,)
        Segment of every customer, 0 to k - 1, or -1 for noise.
    centers : ndarray of shape (k, axes)
        Centroids of the segments in it.

    Raises
    ------
    PersonaeError
        If the anchor is not of this form or of another space.
    """
    before, names, anchored = _read(anchor, space)
    kept = labels >= 0
    nearest = cdist(points[kept], anchored).argmin(axis=1)
    table = np.zeros((len(anchored), len(centers)), dtype=np.int64)
    np.add.at(table, (nearest, labels[kept]), 1)
    ids, events = match_ids(before, table, cdist(anchored, centers))
    return Identity(
        ids=ids,
        names={identity: names[identity] for identity in ids if identity in names},
        before=before,
        migration=tuple(tuple(row) for row in table.tolist()),
        events=events,
    )


def match_ids(
    before: Sequence[int], table: npt.NDArray[np.int64], cost: FloatArray
) -> tuple[tuple[int, ...], tuple[Event, ...]]:
    """Give every segment the id of the one that it goes on from, by the cheapest assignment; else a new id.

    Parameters
    ----------
    before : sequence of int
        Ids of the earlier segments.
    table : int array of shape (earlier segments, segments)
        Customers by [segment before, segment now].
    cost : ndarray of the same shape
        Of calling two segments the same.

    Examples
    --------
    >>> table = np.array([[0, 9], [8, 1]])
    >>> match_ids([4, 7], table, -1.0 * table)[0]
    (7, 4)
    """
    into = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    made_of = table / np.maximum(table.sum(axis=0, keepdims=True), 1)
    ids = [-1] * table.shape[1]
    for old, new in zip(*linear_sum_assignment(cost), strict=True):
        if into[old, new] >= HALF or made_of[old, new] >= HALF:
            ids[new] = before[old]
    fresh = [new for new in ids_by_size(table.sum(axis=0)).argsort() if ids[new] < 0]
    for step, new in enumerate(fresh):
        ids[new] = max(before) + 1 + step
    return tuple(ids), tuple(_events(before, ids, into, made_of))


def ids_by_size(sizes: Sequence[int] | Labels) -> Labels:
    """Give ids by size, 0 to the largest segment, the first among equals first.

    Examples
    --------
    >>> ids_by_size([5, 20, 10]).tolist()
    [2, 0, 1]
    """
    ids = np.empty(len(sizes), dtype=np.int64)
    ids[np.argsort(-np.asarray(sizes), kind="stable")] = np.arange(len(sizes))
    return ids


def _read(anchor: Mapping[str, Any], space: Space) -> tuple[tuple[int, ...], dict[int, str], FloatArray]:
    try:
        segments: Sequence[Mapping[str, Any]] = anchor["segments"]
        before = tuple(int(segment["id"]) for segment in segments)
        names = {int(segment["id"]): str(segment["name"]) for segment in segments if "name" in segment}
        records = [segment["centroid"] for segment in segments]
    except (KeyError, TypeError, ValueError) as error:
        raise PersonaeError(
            f"anchor: not readable ({error!r}); expected segments with id and centroid"
        ) from error
    if not before or len(set(before)) < len(before) or min(before) < 0:
        raise PersonaeError(
            f"anchor: ids are {list(before)}; expected at least one, all different, from 0 on"
        )
    return before, names, space.from_raw(records)


def _events(before: Sequence[int], ids: Sequence[int], into: FloatArray, made_of: FloatArray) -> list[Event]:
    """Say what became of every anchored segment, and where every new one comes from."""
    events: list[tuple[str, tuple[int, ...], tuple[int, ...]]] = []
    for old, identity in enumerate(before):
        children = np.flatnonzero((made_of[old] >= HALF) & (into[old] >= PART)).tolist()
        if len(children) > 1:
            events.append(("split", (identity,), tuple(ids[child] for child in children)))
    for new, identity in enumerate(ids):
        parents = np.flatnonzero((into[:, new] >= HALF) & (made_of[:, new] >= PART)).tolist()
        if len(parents) > 1:
            events.append(("merged", tuple(before[parent] for parent in parents), (identity,)))
    gone = {old for _, parents, _ in events for old in parents}
    explained = {new for _, _, children in events for new in children}
    events += [
        ("same", (one,), (one,)) if one in before else ("new", (), (one,))
        for one in ids
        if one not in explained
    ]
    events += [("died", (old,), ()) for old in before if old not in ids and old not in gone]
    return [dict(zip(("kind", "before", "after"), event, strict=True)) for event in events]
