import numpy as np
import pytest

from personae.segmentation.choice import (
    choose_k,
    gap_statistic,
    vote_elbow,
    vote_gap,
    vote_silhouette,
    vote_stability,
)
from personae.segmentation.quality import PartitionMetrics
from personae.segmentation.settings import SegmentSettings


def test_silhouette_takes_the_lowest_k_among_equals_and_ignores_what_is_undefined():
    assert vote_silhouette({2: 0.5, 3: 0.5}) == 2
    assert vote_silhouette({2: float("nan"), 3: 0.1}) == 3


def test_elbow_of_a_straight_line_is_the_lowest_k():
    assert vote_elbow({2: 50.0, 3: 40.0, 4: 30.0, 5: 20.0}) == 2
    assert vote_elbow({4: 50.0, 5: 40.0}) == 4


def test_elbow_is_where_the_curve_bends_first_and_not_where_it_is_flat():
    assert vote_elbow({1: 10.0, 2: 2.0, 3: 1.8, 4: 1.7, 5: 1.6}) == 2
    assert vote_elbow({1: 10.0, 2: 6.0, 4: 1.0, 5: 0.9, 7: 0.8}) == 4
    assert vote_elbow({2: 5.0, 3: 5.0, 4: 5.0}) == 2


def test_gap_may_choose_one_segment():
    assert vote_gap({1: 0.5, 2: 0.45, 3: 0.4}, {1: 0.01, 2: 0.01, 3: 0.01}) == 1


def test_gap_statistic_has_the_published_standard_error():
    reference = np.exp(np.array([[1.0], [3.0]]))
    gap, error = gap_statistic(np.array([1.0]), reference)
    assert gap[0] == pytest.approx(2.0)
    assert error[0] == pytest.approx(1.0 * np.sqrt(1 + 1 / 2))


def test_stability_takes_the_highest_silhouette_among_stable_k_and_asks_no_further():
    asked = []

    def jaccard(k):
        asked.append(k)
        return {2: 0.99, 3: 0.8, 4: 0.6}[k]

    assert vote_stability({2: 0.3, 3: 0.4, 4: 0.5}, jaccard, [2, 3, 4]) == (3, True)
    assert asked == [4, 3]


def test_stability_keeps_the_floor_and_falls_back_on_the_lowest():
    stable = {2: 0.99, 3: 0.9}.__getitem__
    assert vote_stability({2: 0.3, 3: 0.4}, stable, [2]) == (2, True)
    assert vote_stability({2: 0.3, 3: 0.4}, stable, []) == (2, False)


@pytest.mark.parametrize(("cap", "min_clusters", "k"), [(None, 1, 4), (3, 1, 2), (None, 3, 4), (3, 4, 3)])
def test_rules_choose_below_the_cap_and_never_split_fewer_than_the_niches_need(cap, min_clusters, k):
    ks = (1, 2, 3, 4)
    metrics = PartitionMetrics(
        np.array([np.nan, 0.4, 0.3, 0.5]), np.array([9.0, 4.0, 3.0, 2.0]), np.full(4, 0.2), min_clusters
    )
    assert choose_k("silhouette", ks, metrics, SegmentSettings(cap=cap)) == (k, True)
