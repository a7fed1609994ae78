import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from sklearn.metrics import adjusted_rand_score, roc_auc_score
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from personae.core import statistics
from personae.core.statistics import (
    adjust,
    adjusted_rand,
    bootstrap_counts,
    bootstrap_rows,
    bootstrap_sums,
    roc_auc,
    wilson,
)

PARTITIONS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=60)


@pytest.mark.parametrize(("correction", "theirs"), [("holm", "holm"), ("bh", "fdr_bh")])
@pytest.mark.parametrize("seed", range(3))
def test_corrections_are_those_of_statsmodels(correction, theirs, seed):
    p_values = np.random.default_rng(seed).uniform(size=30).round(1 + seed)
    expected = multipletests(p_values, method=theirs)[1]
    np.testing.assert_allclose(adjust(p_values, correction), expected, rtol=0, atol=1e-12)


def test_bh_equals_scipy():
    p_values = np.random.default_rng(0).uniform(size=40) ** 2
    np.testing.assert_allclose(adjust(p_values, "bh"), false_discovery_control(p_values), atol=1e-12)


@pytest.mark.parametrize("method", ["holm", "bh"])
def test_tests_not_made_do_not_count(method):
    with_gaps = adjust([np.nan, 0.02, np.nan, 0.01], method)
    np.testing.assert_allclose(with_gaps[[3, 1]], adjust([0.01, 0.02], method))
    assert np.isnan(with_gaps[[0, 2]]).all()
    assert np.isnan(adjust([np.nan], method)).all()


def test_wilson_equals_statsmodels():
    counts, totals = np.array([0, 1, 29, 31, 450]), np.array([10, 31, 31, 31, 900])
    low, high = proportion_confint(counts, totals, method="wilson")
    np.testing.assert_allclose(wilson(counts, totals), [low, high], atol=1e-12)


def test_nothing_seen_has_no_interval():
    assert np.isnan(wilson(0, 0)).all()


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5])
def test_wilson_covers_on_average(share):
    rng = np.random.default_rng(1)
    totals = rng.integers(20, 60, 4000)
    low, high = wilson(rng.binomial(totals, share), totals)
    assert np.mean((low <= share) & (share <= high)) == pytest.approx(0.95, abs=0.02)


@given(PARTITIONS)
def test_adjusted_rand_is_that_of_scikit_learn(pairs):
    first, second = np.array(pairs).T
    assert adjusted_rand(first, second) == pytest.approx(adjusted_rand_score(first, second))
    assert adjusted_rand(first, second) == pytest.approx(adjusted_rand(first, 4 - second))


def test_noise_takes_no_part_in_the_adjusted_rand_index():
    first, second = np.array([0, 0, 1, 1, -1, 0]), np.array([1, 1, 0, 0, 1, -1])
    assert adjusted_rand(first, second) == 1


def test_auc_with_ties_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    positive, score = rng.random(60) < 0.3, rng.integers(0, 8, 60) / 8
    assert roc_auc(positive, score) == pytest.approx(roc_auc_score(positive, score))


@pytest.mark.parametrize("one_by_one", [False, True])
def test_draws_do_not_depend_on_the_size_of_a_block(one_by_one, monkeypatch):
    whole = list(bootstrap_counts(7, 12, np.random.default_rng(0), one_by_one=one_by_one))
    monkeypatch.setattr(statistics, "BLOCK_CELLS", 35)
    parts = list(bootstrap_counts(7, 12, np.random.default_rng(0), one_by_one=one_by_one))
    assert (len(whole), len(parts)) == (1, 3)
    assert np.array_equal(whole[0], np.concatenate(parts))
    assert (whole[0].sum(axis=1) == 7).all()


def test_rows_of_a_group_are_drawn_together():
    groups, values = np.array([3, 3, 3, 9, 9, 5]), np.arange(6.0)
    sums = bootstrap_sums(
        np.column_stack([values, np.ones(6)]), groups, 50, np.random.default_rng(0), one_by_one=True
    )
    samples = list(bootstrap_rows(groups, 50, np.random.default_rng(0)))
    assert sums[0].tolist() == [15, 6]
    assert [values[rows].sum() for rows in samples] == pytest.approx(sums[1:, 0])
    assert [len(rows) for rows in samples] == pytest.approx(sums[1:, 1])


def test_spread_of_a_bootstrapped_mean_is_its_standard_error():
    values = np.random.default_rng(1).normal(size=(200, 1))
    sums = bootstrap_sums(values, np.arange(200), 2000, np.random.default_rng(2))
    assert sums[1:].std() / 200 == pytest.approx(values.std() / np.sqrt(200), rel=0.06)
