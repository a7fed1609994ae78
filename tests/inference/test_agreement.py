import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import adjusted_rand_score

from personae.inference.agreement import agreement


@pytest.mark.parametrize("seed", range(4))
def test_the_index_equals_scikit_learns(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.choice(list("abc"), 90), rng.choice(list("xyzw"), 90)
    assert agreement(first, second, 0)["ari"] == pytest.approx(adjusted_rand_score(first, second), abs=1e-12)


def test_the_crosstab_counts_and_is_tested():
    first, second = np.repeat(["a", "b"], 40), np.repeat(["x", "y", "x", "y"], [30, 10, 5, 35])
    found = agreement(first, second, 0)
    assert found["crosstab"] == {"a": {"x": 30, "y": 10}, "b": {"x": 5, "y": 35}}
    table = np.array([[30, 10], [5, 35]])
    assert (found["test"], found["p"]) == ("chi2", stats.chi2_contingency(table, correction=False).pvalue)
    assert found["cramers_v_ci"][0] < found["cramers_v"] < found["cramers_v_ci"][1]


def test_equal_groupings_agree_whatever_their_names():
    first = np.repeat(["a", "b", "c"], [10, 20, 30])
    assert agreement(first, np.repeat(["z", "x", "y"], [10, 20, 30]), 0)["ari"] == 1


def test_one_group_only_cannot_be_tested():
    found = agreement(np.repeat(["a", "b"], 5), np.repeat("x", 10), 0)
    assert found["ari"] == 0
    assert found["test"] is None
    assert np.isnan(found["p"])
