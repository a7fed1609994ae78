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
