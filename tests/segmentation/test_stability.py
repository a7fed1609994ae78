import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personae.segmentation.clusterers import KMeansClusterer
from personae.segmentation.stability import (
    best_jaccard,
    bootstrap_once,
    mean_jaccard,
    prediction_strength_once,
    resample,
    smallest_jaccard,
)

PARTITIONS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=60)


@given(PARTITIONS)
def test_names_of_segments_do_not_matter(pairs):
    first, second = np.array(pairs).T
    assert np.allclose(best_jaccard(first, second, 5), best_jaccard(first, 4 - second, 5), equal_nan=True)


def test_jaccard_of_a_segment_that_lost_customers_to_noise():
    assert best_jaccard(np.array([0, 0, 0, 0]), np.array([0, 0, -1, -1]), 1).tolist() == [0.5]


def test_a_segment_that_was_never_drawn_is_not_called_stable():
    runs = np.array([[1.0, np.nan], [0.5, np.nan]])
    assert mean_jaccard(runs).tolist() == [0.75, 0.0]
    assert smallest_jaccard(runs) == 0.0


def test_twins_are_drawn_together():
    groups = np.repeat(np.arange(30), 2)
    weights = resample(groups, np.random.default_rng(0))
    assert np.array_equal(weights[::2], weights[1::2])
    assert weights.sum() == 60


def fit(k):
    return lambda points, weights, seed: [
        KMeansClusterer(k, n_init=4, random_state=seed).fit(points, weights)
    ]


@pytest.fixture
def far_apart():
    rng = np.random.default_rng(0)
    return np.vstack([rng.normal(center, 0.1, size=(40, 2)) for center in (0, 5)])


def test_segments_far_apart_come_back_and_predict_each_other(far_apart):
    labels = np.repeat([0, 1], 40)
    rng = np.random.default_rng(1)
    ari, jaccard = bootstrap_once(far_apart, [labels], np.arange(80), fit(2), rng)[0]
    assert ari == 1.0
    assert jaccard.tolist() == [1.0, 1.0]
    assert prediction_strength_once(far_apart, np.arange(80), fit(2), rng) == [1.0]


def test_a_segment_cut_at_random_does_not_come_back(far_apart):
    cut = np.repeat([0, 1], 40) + np.where(np.random.default_rng(2).random(80) < 0.5, 2, 0)
    rng = np.random.default_rng(1)
    _, jaccard = bootstrap_once(far_apart, [cut], np.arange(80), fit(4), rng)[0]
    assert jaccard.max() < 0.75
