import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from tests.planted.blobs import planted_segments
from tests.planted.segments import segment

from personae.core.statistics import adjusted_rand
from personae.segmentation.settings import WardThenKMeans
from personae.segmentation.ward import WardClusterer, WardThenKMeansClusterer, contract


def test_a_contracted_tree_is_the_top_of_the_whole():
    points = np.random.default_rng(0).normal(size=(200, 3))
    tree = linkage(points, method="ward")
    top = np.array(contract(tree, leaves=12))
    assert sorted(top[:, :2].ravel()) == list(range(22))
    assert np.allclose(top[:, 2], tree[-11:, 2], atol=1e-6)
    assert top[-1, 3] == 200


def test_a_tree_on_a_sample_finds_the_segments_of_all():
    table, labels = planted_segments(4, customers=900, seed=3)
    points = table.to_numpy() / table.std().to_numpy()
    assert adjusted_rand(labels, WardClusterer(4, max_rows=150).fit(points).labels_) >= 0.95


def test_all_cuts_of_one_tree_are_the_cuts_alone():
    points = np.random.default_rng(1).normal(size=(120, 2))
    together = WardClusterer().fit_all(points, [2, 5])
    for k, one in zip((2, 5), together, strict=True):
        assert np.array_equal(one.labels_, WardClusterer(k).fit(points).labels_)
        cut = fcluster(linkage(points, method="ward"), k, criterion="maxclust")
        assert adjusted_rand(cut, one.labels_) > 0.5


def niches(seed=0):
    rng = np.random.default_rng(seed)
    broad = np.vstack([rng.normal(center, 1.0, size=(150, 2)) for center in ((0, 0), (6, 0))])
    small = np.vstack([rng.normal(center, 0.1, size=(12, 2)) for center in ((0, 12), (12, 12))])
    return np.vstack([broad, small]), np.repeat([0, 1, 2, 3], [150, 150, 12, 12])


def test_small_far_compact_groups_are_peeled_off_and_the_rest_divided():
    points, labels = niches()
    model = WardThenKMeansClusterer(4).fit(points)
    assert len(model.reach_) == 2
    assert adjusted_rand(labels, model.labels_) >= 0.95


def test_no_more_niches_than_admitted():
    points, _ = niches()
    assert len(WardThenKMeansClusterer(4, max_niches=1).fit(points).reach_) == 1
    assert len(WardThenKMeansClusterer(2).fit(points).reach_) == 1
    assert len(WardThenKMeansClusterer(4, niche_share=0.03).fit(points).reach_) == 0


def test_a_customer_beyond_the_reach_of_a_niche_belongs_to_the_rest():
    points, _ = niches()
    model = WardThenKMeansClusterer(4).fit(points)
    assert model.predict(np.array([[0.0, 12.0]]))[0] < 2
    assert model.predict(np.array([[0.0, 10.0]]))[0] >= 2


def test_stragglers_of_a_niche_stay_with_it():
    points, labels = niches()
    points[labels == 2] = np.random.default_rng(5).normal((0, 12), 0.4, size=(12, 2))
    model = WardThenKMeansClusterer(4).fit(points)
    assert adjusted_rand(labels, model.labels_) >= 0.95


def test_no_rule_chooses_so_few_segments_that_a_niche_is_left_in_another():
    points, _ = niches()
    fitted = WardThenKMeansClusterer().fit_all(points, [2, 3, 4])
    assert [one.min_clusters for one in fitted] == [3, 3, 3]
    assert [one.n_niches for one in fitted] == [1, 2, 2]
    found = segment(pd.DataFrame(points, columns=["x0", "x1"]), clusterer=WardThenKMeans(), rule="silhouette")
    assert min(found.report.votes.values()) >= 3
    assert list(found.report.niches.values()) == [12, 12]
    assert len(found.segmenter.clusterer.reach_) == 2
