import numpy as np
import pandas as pd
import pytest

from personae.core.errors import PersonaeError
from personae.segmentation.identity import match_segments
from personae.segmentation.space import Space

CENTERS = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])


def customers(centers, size=50):
    rng = np.random.default_rng(0)
    points = np.vstack([rng.normal(center, 0.5, size=(size, 2)) for center in centers])
    return pd.DataFrame(points, columns=["a", "b"]), np.repeat(np.arange(len(centers)), size)


def run(anchored, centers, sizes=50):
    """Match segments around `centers` to an anchor of the centroids `anchored`, ids 5, 6, ..."""
    table, labels = customers(centers, sizes)
    space = Space("s", ["a", "b"]).fit(table)
    points = space.transform(table)
    means = np.array([points[labels == label].mean(axis=0) for label in range(len(centers))])
    segments = [
        {"id": 5 + place, "name": f"n{place}", "centroid": {"a": center[0], "b": center[1]}}
        for place, center in enumerate(anchored)
    ]
    return match_segments({"segments": segments}, space, points, labels, means)


def kinds(identity):
    return sorted((event["kind"], event["before"], event["after"]) for event in identity.events)


def test_segments_keep_ids_and_names_whatever_their_order():
    identity = run(CENTERS, CENTERS[[2, 0, 1]] + 0.3)
    assert identity.ids == (7, 5, 6)
    assert identity.names == {7: "n2", 5: "n0", 6: "n1"}
    assert identity.migration == ((0, 50, 0), (0, 0, 50), (50, 0, 0))
    assert {event["kind"] for event in identity.events} == {"same"}


def test_a_segment_that_splits_keeps_its_id_in_one_half():
    identity = run(CENTERS, np.array([[-1.5, 0.0], [1.5, 0.0], [10.0, 0.0], [0.0, 10.0]]))
    assert ("split", (5,), identity.ids[:2]) in kinds(identity)
    assert sorted(identity.ids) == [5, 6, 7, 8]


def test_segments_that_merge_are_named():
    identity = run(np.array([[-1.5, 0.0], [1.5, 0.0], [10.0, 0.0]]), CENTERS[:2])
    assert next(event for event in kinds(identity) if event[0] == "merged")[1] == (5, 6)
    assert "died" not in [event["kind"] for event in identity.events]


def test_what_is_gone_died_and_what_was_never_there_is_new():
    identity = run(np.array([[0.0, 0.0], [10.0, 0.0], [-80.0, -80.0]]), CENTERS)
    assert ("died", (7,), ()) in kinds(identity)
    assert any(kind in {"split", "new"} for kind, _, _ in kinds(identity))
    assert identity.ids[:2] == (5, 6)
    assert identity.ids[2] not in (5, 6, 7)


@pytest.mark.parametrize(
    ("anchor", "message"),
    [
        ({}, "anchor: not readable"),
        ({"segments": []}, "expected at least one"),
        ({"segments": [{"id": 0, "name": "x", "centroid": {"a": 1.0}}]}, "no value for 'b'"),
        ({"segments": [{"id": 0, "name": "x", "centroid": {"a": 1, "b": 1}}] * 2}, "all different"),
    ],
)
def test_a_bad_anchor_is_refused(anchor, message):
    table, labels = customers(CENTERS)
    space = Space("s", ["a", "b"]).fit(table)
    points = space.transform(table)
    with pytest.raises(PersonaeError, match=message):
        match_segments(anchor, space, points, labels, points[:3])
