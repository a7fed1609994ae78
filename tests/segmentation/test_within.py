"""A gap within a segment that the clusterer did not see."""

import numpy as np
import pytest
from tests.planted.shapes import table_of

from personae.segmentation.clusterers import KMeansClusterer
from personae.segmentation.within import gap_within


def left_together(seed):
    """Three groups in two columns, hidden among four of noise, and two segments that leave two together."""
    points = table_of("three among noise", 300, seed)[0].to_numpy()
    return points, KMeansClusterer(2, n_init=8, random_state=0).fit(points / points.std(axis=0)).labels_


@pytest.mark.parametrize("seed", range(2))
def test_groups_left_together_among_noise_are_seen_in_their_column(seed):
    points, labels = left_together(seed)
    assert gap_within(points, labels, np.random.default_rng(0)) in (0, 1)


@pytest.mark.parametrize("kind", ["shares", "log-normal", "ball"])
def test_one_cloud_has_no_gap_within(kind):
    points = table_of(kind, 300, 0)[0].to_numpy()
    assert gap_within(points, np.zeros(300, dtype=int), np.random.default_rng(0)) is None


def test_levels_heaps_and_indicators_are_no_gap():
    rng = np.random.default_rng(0)
    levels = np.column_stack(
        [rng.integers(0, 2, 300), np.where(rng.random(300) < 0.5, 0, rng.normal(8, 1, 300))]
    )
    counts = np.log1p(rng.poisson(20, 300)).reshape(-1, 1)
    assert gap_within(np.hstack([levels, counts]), np.zeros(300, dtype=int), rng) is None
    halves = np.r_[np.zeros(50), np.full(50, 9.0)] + rng.normal(size=100)
    both = np.column_stack([halves, halves])
    assert gap_within(both, np.zeros(100, dtype=int), rng, columns=np.array([0, 0])) is None


def test_copies_of_one_customer_are_no_hump():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(4), 50)
    copies = np.array([[0.0], [1.0], [9.0], [10.0]])[groups] + 0.3 * rng.normal(size=(200, 1))
    assert gap_within(copies, np.zeros(200, dtype=int), rng, groups=groups) is None
    assert gap_within(copies, np.zeros(200, dtype=int), rng) == 0


def test_noise_belongs_to_no_segment():
    rng = np.random.default_rng(0)
    points = np.r_[rng.normal(size=(100, 1)), 9 + rng.normal(size=(100, 1))]
    assert gap_within(points, np.repeat([0, -1], 100), rng) is None
    assert gap_within(points, np.full(200, -1), rng) is None
