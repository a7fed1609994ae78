import itertools

import numpy as np
import pytest
from scipy import stats
from sklearn.kernel_ridge import KernelRidge

from personae.inference.twosample import _kernel, two_sample_test


def tables(rng, a, b, change=None, columns=4):
    features, second = rng.normal(size=(a + b, columns)), np.arange(a + b) >= a
    if change == "shift":
        features[second, 0] += 1
    if change == "scale":
        features[second, 0] *= 3
    if change == "dependence":
        features[second, 1] = 0.95 * features[second, 0] + 0.3 * features[second, 1]
    return features, second


def test_the_classifier_is_kernel_ridge_regression_that_has_not_seen_the_pair():
    features, second = tables(np.random.default_rng(0), 9, 7, "shift")
    found = two_sample_test(features, second, seed=1, permutations=1)
    similarity, right = _kernel(features), 0.0
    for one, other in itertools.product(np.flatnonzero(second), np.flatnonzero(~second)):
        train = ~np.isin(np.arange(16), [one, other])
        centred = second[train] - second[train].mean()
        model = KernelRidge(alpha=1.0, kernel="precomputed").fit(similarity[np.ix_(train, train)], centred)
        scores = model.predict(similarity[np.ix_([one, other], train)])
        right += scores[0] > scores[1]
    assert found.auc == pytest.approx(right / (7 * 9), abs=1e-9)


def test_neither_seed_nor_order_of_rows_moves_the_auc():
    features, second = tables(np.random.default_rng(6), 80, 60)
    first = two_sample_test(features, second, seed=0, permutations=99)
    order = np.random.default_rng(7).permutation(140)
    shuffled = two_sample_test(features[order], second[order], seed=0, permutations=99)
    assert (shuffled.auc, shuffled.high, shuffled.p) == (first.auc, first.high, first.p)
    assert two_sample_test(features, second, seed=5, permutations=99).auc == first.auc


@pytest.mark.parametrize("change", ["shift", "scale", "dependence"])
def test_shift_scale_and_dependence_are_seen(change):
    features, second = tables(np.random.default_rng(2), 120, 120, change)
    found = two_sample_test(features, second, seed=0, permutations=199)
    assert found.p == 1 / 200
    assert found.low > 0.5


@pytest.mark.parametrize(
    "repeats", [pytest.param(40, id="sample"), pytest.param(200, id="full", marks=pytest.mark.slow)]
)
def test_equal_groups_are_called_different_at_the_level_only(repeats):
    rng = np.random.default_rng(3)
    p_values = [two_sample_test(*tables(rng, 25, 15), seed=i, permutations=99).p for i in range(repeats)]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / repeats)
    assert np.mean(np.array(p_values) <= 0.5) == pytest.approx(0.5, abs=3 * np.sqrt(0.25 / repeats))


@pytest.mark.parametrize(
    "tables_drawn", [pytest.param(12, id="sample"), pytest.param(200, id="full", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(
    ("sizes", "columns", "shift", "expected"),
    [
        pytest.param((12, 8), 4, 0.0, 0.5040, id="12+8, equal"),
        pytest.param((12, 8), 1, 1.5, 0.8228, id="12+8, AUC .82"),
        pytest.param((30, 25), 4, 0.8, 0.6615, id="30+25, AUC .65"),
        pytest.param((80, 60), 4, 0.5, 0.5914, id="80+60, AUC .59"),
        pytest.param((80, 60), 1, 0.5, 0.6105, id="80+60, one column, AUC .61"),
        pytest.param((80, 40), 4, 3.3, 0.9872, id="80+40, AUC .99"),
    ],
)
def test_the_interval_covers_the_expected_auc(sizes, columns, shift, expected, tables_drawn):
    """`expected` is the mean over 300 other tables."""

    def tested(seed):
        features, second = tables(np.random.default_rng(seed), *sizes, columns=columns)
        features[second, 0] += shift
        return two_sample_test(features, second, seed=seed, permutations=50)

    intervals = [tested(seed) for seed in range(tables_drawn)]
    covered = sum(one.low <= expected <= one.high for one in intervals)
    # A true coverage of 93 % falls below it once in a hundred times.
    assert covered >= stats.binom.ppf(0.01, tables_drawn, 0.93)


def test_the_same_seed_gives_the_same_result_and_many_rows_are_thinned():
    features, second = tables(np.random.default_rng(5), 400, 50)
    first = two_sample_test(features, second, seed=7, permutations=19, max_rows=200)
    assert first == two_sample_test(features, second, seed=7, permutations=19, max_rows=200)
    assert first.rows == 200


def test_features_that_do_not_vary_tell_nothing():
    found = two_sample_test(np.zeros((40, 2)), np.arange(40) >= 20, seed=0, permutations=19)
    assert (found.auc, found.p) == (0.5, 1.0)


def test_a_large_p_value_needs_few_permutations_and_a_small_one_is_the_same():
    rng = np.random.default_rng(3)
    alike, apart = rng.normal(size=(60, 2)), rng.normal(size=(60, 2))
    second = np.arange(60) >= 30
    apart[second] += 2
    every, few = (two_sample_test(apart, second, seed=0, exceedances=each) for each in (None, 5))
    assert every == few
    every, few = (two_sample_test(alike, second, seed=0, exceedances=each) for each in (None, 5))
    assert every.auc == few.auc
    # The fifth that reaches the AUC is of the same permutations, and comes after 5 / p of them.
    assert few.p == pytest.approx(every.p, abs=3 * few.p / np.sqrt(5))
    assert 5 / few.p == pytest.approx(round(5 / few.p))


def test_p_values_by_few_permutations_are_uniform_without_a_difference():
    rng = np.random.default_rng(4)
    second = np.arange(40) >= 20
    p = [
        two_sample_test(rng.normal(size=(40, 2)), second, seed=seed, permutations=199, exceedances=3).p
        for seed in range(200)
    ]
    # At most as often as said, up to three standard errors.
    assert all(
        np.mean(np.array(p) <= level) <= level + 3 * np.sqrt(level / 200) for level in (0.05, 0.2, 0.5)
    )
