import numpy as np
import pytest
import skops.io
from pydantic import ValidationError
from sklearn.cluster import KMeans
from tests.planted.blobs import planted_segments
from threadpoolctl import threadpool_limits

from personae.core.statistics import adjusted_rand
from personae.segmentation.clusterers import NOISE, HDBSCANClusterer, KMeansClusterer
from personae.segmentation.segmenter import TRUSTED
from personae.segmentation.settings import Hdbscan, SegmentSettings
from personae.segmentation.space import Space
from personae.segmentation.ward import METHODS, build_clusterer

OPTIONS = {"hdbscan": {"min_cluster_size": 15}}


def planted(k=3, seed=0, **options):
    table, labels = planted_segments(k, seed=seed, **options)
    return Space("planted", list(table.columns)).fit(table).transform(table), labels


def fitted(name, points, k=3):
    model = METHODS[name](**OPTIONS.get(name, {}))
    return (model if model.finds_k else model.set_params(n_clusters=k)).fit(points)


@pytest.mark.parametrize("name", METHODS)
def test_planted_segments_come_back(name):
    points, labels = planted()
    assert adjusted_rand(labels, fitted(name, points).labels_) >= 0.95


@pytest.mark.parametrize("name", METHODS)
def test_training_customers_and_single_ones_are_scored_alike(name):
    points, _ = planted(separation=3.0)
    model = fitted(name, points)
    alone = np.array([model.predict(points[[row]])[0] for row in range(0, 400, 20)])
    assert np.array_equal(model.predict(points), model.labels_)
    assert np.array_equal(alone, model.labels_[::20])


@pytest.mark.parametrize("name", METHODS)
def test_models_travel_without_pickle_and_predict_the_same(name):
    points, _ = planted()
    model = fitted(name, points)
    again = skops.io.loads(skops.io.dumps(model), trusted=list(TRUSTED))
    new = points + 0.3
    assert np.array_equal(again.predict(new), model.predict(new))
    assert np.array_equal(again.margin(new), model.margin(new))


@pytest.mark.parametrize("name", METHODS)
def test_margin_is_one_at_a_centre_and_nought_on_the_border(name):
    points, labels = planted(2)
    model = fitted(name, points, k=2)
    centers = np.array([points[labels == segment].mean(axis=0) for segment in (0, 1)])
    margin = model.margin(np.array([centers[0], centers.mean(axis=0)]))
    assert np.all((margin >= 0) & (margin <= 1))
    assert margin[0] > margin[1] + 0.2


@pytest.mark.parametrize("name", ["kmeans", "mixture", "ward", "ward_then_kmeans"])
def test_one_segment_is_everybody(name):
    points, _ = planted()
    model = fitted(name, points, k=1)
    assert not model.labels_.any()
    assert np.all(model.margin(points) == 1)


def test_weights_count_customers_as_often_as_repeating_them():
    points, _ = planted(4, separation=3.0)
    weights = np.random.default_rng(1).integers(1, 4, size=len(points))
    weighted = KMeansClusterer(4).fit(points, weights)
    repeated = KMeansClusterer(4).fit(np.repeat(points, weights, axis=0))
    nearest = np.abs(weighted.centers_[:, None] - repeated.centers_[None]).sum(axis=2).min(axis=1)
    assert nearest.max() < 0.02


def test_halved_starts_reach_the_inertia_of_full_runs():
    ratios = []
    for seed in range(6):
        points, _ = planted(7, seed=seed, separation=2.0)
        with threadpool_limits(1):
            ours = KMeansClusterer(7, random_state=seed).fit(points)
            full = KMeans(7, n_init=10, random_state=seed).fit(points)
        ratios.append(((points - ours.centers_[ours.labels_]) ** 2).sum() / full.inertia_)
    assert np.mean(ratios) < 1.01


def test_starts_on_many_customers_use_a_sample(monkeypatch):
    monkeypatch.setattr("personae.segmentation.kmeans.START_ROWS", 100)
    points, labels = planted()
    assert adjusted_rand(labels, KMeansClusterer(3).fit(points).labels_) >= 0.95


def test_hdbscan_keeps_noise_apart_and_finds_k():
    points, _ = planted()
    scattered = np.random.default_rng(2).uniform(-9, 9, size=(30, 4))
    model = HDBSCANClusterer(min_cluster_size=15).fit(np.vstack([points, scattered]))
    assert model.n_clusters == 3
    assert (model.labels_[-30:] == NOISE).mean() > 0.8
    assert model.predict(np.full((1, 4), 9.0)).tolist() == [NOISE]


def test_settings_name_the_clusterer_and_its_options():
    settings = SegmentSettings.model_validate({"clusterer": {"name": "hdbscan", "min_cluster_size": 7}})
    model = build_clusterer(settings.clusterer, seed=3)
    assert isinstance(model, HDBSCANClusterer)
    assert (model.min_cluster_size, model.max_rows, model.random_state) == (7, Hdbscan().max_rows, 3)


@pytest.mark.parametrize("name", METHODS)
def test_defaults_of_settings_are_those_of_the_clusterer(name):
    settings = SegmentSettings.model_validate({"clusterer": {"name": name}})
    assert build_clusterer(settings.clusterer).get_params() == METHODS[name]().get_params()


@pytest.mark.parametrize(
    ("clusterer", "message"), [({"name": "k-means"}, "k-means"), ({"name": "kmeans", "depth": 3}, "depth")]
)
def test_an_unknown_method_or_setting_is_refused(clusterer, message):
    with pytest.raises(ValidationError, match=message):
        SegmentSettings.model_validate({"clusterer": clusterer})
