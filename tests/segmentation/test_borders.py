import numpy as np
import pytest
from tests.planted.shapes import table_of

from personae.segmentation.borders import adjacent, borders
from personae.segmentation.clusterers import KMeansClusterer
from personae.segmentation.stability import refit_once


def judged(points, k, seed=0, **others):
    def fit(some, weights, once):
        return [KMeansClusterer(k, n_init=3, random_state=once).fit(some, weights)]

    rng = np.random.default_rng(seed)
    labels = fit(points, None, seed)[0].labels_
    refits = [refit_once(points, np.arange(len(points)), fit, rng) for _ in range(12)]
    return borders(points, labels, [(drawn, again[0]) for drawn, again in refits], rng, **others)


def table(kind, rows=300, seed=3):
    points = table_of(kind, rows, seed)[0].to_numpy(float)
    return (points - points.mean(axis=0)) / points.std(axis=0)


@pytest.mark.parametrize(("kind", "k"), [("5 sd, 3 columns", 4), ("two clouds x uniform", 2)])
def test_planted_segments_have_gaps_at_every_border(kind, k):
    found = judged(table(kind), k)
    assert found
    assert all(border["gap"] for border in found)


@pytest.mark.parametrize(
    ("kind", "k"),
    [("gaussian", 2), ("ring", 2), ("racetrack", 2), ("horseshoe", 2), ("shares", 3), ("coin flip", 2)],
)
def test_cuts_of_a_continuum_are_no_gaps(kind, k):
    assert not any(border["gap"] for border in judged(table(kind), k))


def test_halves_of_a_uniform_column_are_cuts_and_its_clouds_are_not():
    found = judged(table("two clouds x uniform", 600), 4)
    assert sorted(border["gap"] for border in found) == [False, False, True, True]


def test_a_category_counts_as_one_column():
    rng = np.random.default_rng(0)
    levels = np.eye(2)[rng.integers(2, size=300)]
    points = np.column_stack([levels * 3, rng.normal(size=(300, 2))])
    assert not any(border["gap"] for border in judged(points, 2, columns=np.array([0, 0, 1, 2])))


def test_a_unit_of_many_rows_counts_once():
    few = np.repeat(
        np.r_[np.zeros((3, 2)), np.ones((3, 2))] + np.random.default_rng(0).normal(size=(6, 2)) / 9,
        50,
        axis=0,
    )
    assert not any(border["gap"] for border in judged(few, 2, groups=np.repeat(np.arange(6), 50)))


def test_a_third_segment_between_leaves_no_border():
    assert adjacent(np.array([[0.0, 0.0], [4.0, 0.0], [2.0, 0.3]])) == [(0, 2), (1, 2)]
