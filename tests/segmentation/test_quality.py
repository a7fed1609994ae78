import numpy as np
import pytest
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_samples

from personae.segmentation import quality
from personae.segmentation.quality import mean_interval, scatter, silhouettes, stratified_sample


@pytest.fixture
def points():
    rng = np.random.default_rng(0)
    return rng.normal(size=(300, 5)) + 40.0 * np.array([1, 0, 0, 0, 0])


@pytest.fixture
def labelings(points):
    return [(points[:, 1] > 0).astype(int), np.random.default_rng(1).integers(5, size=300)]


def test_silhouettes_of_all_partitions_are_those_of_scikit_learn(points, labelings, monkeypatch):
    monkeypatch.setattr(quality, "BLOCK_CELLS", 7_000)
    for widths, labels in zip(silhouettes(points, labelings), labelings, strict=True):
        assert np.allclose(widths, silhouette_samples(points, labels), atol=2e-5)


def test_noise_takes_no_part(points, labelings):
    labels = labelings[0].copy()
    labels[:40] = -1
    widths = silhouettes(points, [labels])[0]
    assert np.isnan(widths[:40]).all()
    assert np.allclose(widths[40:], silhouette_samples(points[40:], labels[40:]), atol=2e-5)


def test_one_segment_has_no_silhouette_and_a_lonely_customer_nought(points):
    assert np.isnan(silhouettes(points, [np.zeros(300, int)])).all()
    lonely = np.zeros(300, int)
    lonely[7] = 1
    assert silhouettes(points, [lonely])[0, 7] == 0


def test_identical_customers_have_no_distance():
    points = np.repeat(np.array([[1000.0, 3.0], [1001.0, 3.0]]), 10, axis=0)
    assert np.allclose(silhouettes(points, [np.repeat([0, 1], 10)]), 1.0, atol=1e-3)


def test_a_stratified_sample_estimates_the_mean_silhouette(points, labelings):
    labels = labelings[0]
    index, weights = stratified_sample(labels, 200, np.random.default_rng(0))
    assert weights.sum() == pytest.approx(300)
    sampled = silhouettes(points[index], [labels[index]], weights)[0]
    exact = silhouettes(points, [labels])[0].mean()
    assert np.average(sampled, weights=weights) == pytest.approx(exact, abs=0.02)


def test_indices_are_those_of_scikit_learn(points, labelings):
    for labels in labelings:
        _, calinski, davies = scatter(points, labels)
        assert calinski == pytest.approx(calinski_harabasz_score(points, labels))
        assert davies == pytest.approx(davies_bouldin_score(points, labels))


def test_the_interval_covers_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(200):
        low, high = mean_interval(rng.normal(size=80), np.arange(80), np.ones(80), rng, draws=200)
        hits += low <= 0 <= high
    assert 0.88 <= hits / 200 <= 0.99


def test_twins_count_as_one_in_the_interval():
    values = np.random.default_rng(0).normal(size=50)
    alone = mean_interval(values, np.arange(50), np.ones(50), np.random.default_rng(1))
    twins = mean_interval(
        np.repeat(values, 4), np.repeat(np.arange(50), 4), np.ones(200), np.random.default_rng(1)
    )
    assert np.allclose(alone, twins)
