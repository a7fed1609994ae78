import numpy as np
from tests.planted.shapes import table_of

from personae.segmentation.clusterers import KMeansClusterer
from personae.segmentation.columns import columns_that_matter


def carried(points, k):
    def fit(some, seed):
        return KMeansClusterer(k, n_init=2, random_state=seed).fit(some).labels_

    return columns_that_matter(points, fit(points, 0), fit, np.random.default_rng(0), tables=19)


def test_a_uniform_column_beside_two_clouds_could_be_noise():
    points = table_of("two clouds x uniform", 300, 0)[0].to_numpy()
    points = (points - points.mean(axis=0)) / points.std(axis=0)
    for k in (2, 4):
        cloud, uniform = carried(points, k)
        assert cloud["p_value"] <= 0.05
        assert (cloud["could_be_noise"], uniform["could_be_noise"]) == (False, True)
    assert uniform["min_jaccard"] < 0.6


def test_no_more_noise_is_drawn_once_a_column_could_be_noise():
    points = np.random.default_rng(0).normal(size=(60, 2)) + np.repeat([[0.0, 0.0], [9.0, 0.0]], 30, axis=0)
    labels, drawn = np.repeat([0, 1], 30), []

    def fit(noisy, seed):
        drawn.append(bool(np.array_equal(noisy[:, 0], points[:, 0])))
        return labels

    carries, noise = columns_that_matter(points, labels, fit, np.random.default_rng(0), tables=19)
    assert (drawn.count(False), carries["p_value"], carries["could_be_noise"]) == (19, 0.05, False)
    assert 5 <= drawn.count(True) < 19
    assert noise["could_be_noise"]
    assert noise["p_value"] > 0.05
