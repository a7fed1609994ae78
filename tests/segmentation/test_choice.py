import numpy as np
import pytest

from personae.segmentation.choice import (
    explain,
    gap_statistic,
    judge,
    vote_elbow,
    vote_gap,
    vote_silhouette,
    vote_stability,
)


def test_silhouette_takes_the_lowest_k_among_equals_and_ignores_what_is_undefined():
    assert vote_silhouette({2: 0.5, 3: 0.5}) == 2
    assert vote_silhouette({2: float("nan"), 3: 0.1}) == 3


def test_elbow_of_a_straight_line_is_the_lowest_k():
    assert vote_elbow({2: 50.0, 3: 40.0, 4: 30.0, 5: 20.0}) == 2
    assert vote_elbow({4: 50.0, 5: 40.0}) == 4


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


@pytest.mark.parametrize(
    ("p", "jaccard", "freely", "verdict"),
    [
        (0.05, 0.75, True, "supported"),
        (0.05, 0.74, True, "weak"),
        (0.05, 0.9, False, "weak"),
        (0.051, 0.9, True, "not supported"),
        (float("nan"), 0.9, True, "not supported"),
    ],
)
def test_the_verdict_follows_the_rule_and_says_why(p, jaccard, freely, verdict):
    assert judge(p, jaccard, freely) == verdict
    assert explain(p, jaccard, freely)
