import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personae.imputation.masking import Cells, like_missing, odds_of_missing, split, support


def cells(seed, rows=80, customers=12, share=0.4):
    rng = np.random.default_rng(seed)
    owners = np.sort(rng.integers(customers, size=rows))
    values = np.where(rng.random(rows) < share, np.nan, rng.normal(size=rows))
    return Cells("asleep", values, owners, owners // 2)


@pytest.mark.parametrize("kind", ["unseen", "known"])
@given(seed=st.integers(0, 10_000), folds=st.integers(2, 6))
def test_every_cell_that_can_be_checked_is_hidden_once(kind, seed, folds):
    table = cells(seed)
    hidden = [rows for _, rows in split(table, kind, folds, np.random.default_rng(seed))]
    assert sorted(np.concatenate(hidden)) == table.scored(kind).tolist()


@given(seed=st.integers(0, 10_000))
def test_unseen_hides_whole_independent_groups(seed):
    table = cells(seed)
    for training, hidden in split(table, "unseen", 5, np.random.default_rng(seed)):
        assert not set(table.groups[training]) & set(table.groups[hidden])


@given(seed=st.integers(0, 10_000))
def test_known_leaves_every_customer_a_value_and_hides_no_training_row(seed):
    table = cells(seed)
    for training, hidden in split(table, "known", 5, np.random.default_rng(seed)):
        seen = training[~table.missing[training]]
        assert set(table.customers[hidden]) <= set(table.customers[seen])
        assert not set(training) & set(hidden)


def test_known_hides_stretches_as_long_as_real_gaps():
    values = np.tile(np.r_[np.ones(40), np.full(5, np.nan), np.ones(15)], 10)
    owners = np.repeat(np.arange(10), 60)
    table = Cells("asleep", values, owners, owners)
    lengths = [
        len(run)
        for _, hidden in split(table, "known", 5, np.random.default_rng(0))
        for run in np.split(hidden, np.flatnonzero(np.diff(hidden) != 1) + 1)
    ]
    assert np.median(lengths) == 5


def test_really_missing_cells_are_told_apart_by_kind_of_customer():
    table = Cells("asleep", np.array([1.0, np.nan, np.nan]), np.array([0, 0, 1]), np.array([0, 0, 1]))
    assert table.to_fill("known").tolist() == [1]
    assert table.to_fill("unseen").tolist() == [2]
    assert table.scored("known").tolist() == []


def test_hidden_rows_lack_the_predictors_that_missing_rows_lack():
    donors = np.array([[True, False, False], [False, False, True]])
    rows = like_missing(np.ones((1000, 3)), donors, np.random.default_rng(0))
    lacking = np.isnan(rows)
    assert not lacking[:, 1].any()
    assert (lacking[:, 0] != lacking[:, 2]).all()
    assert lacking[:, 0].mean() == pytest.approx(0.5, abs=0.05)


def test_support_is_near_95_percent_for_rows_of_the_same_kind_and_none_far_away():
    rng = np.random.default_rng(0)
    observed, alike, groups = rng.normal(size=(600, 4)), rng.normal(size=(600, 4)), np.arange(600)
    assert support(observed, alike, groups, seed=0) == pytest.approx(0.95, abs=0.03)
    assert support(observed, alike + 8, groups, seed=0) == 0
    assert support(observed, alike[:0], groups, seed=0) is None


def test_support_looks_for_neighbours_among_other_customers():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(60), 10)
    observed = rng.normal(size=(60, 4))[groups] + 0.01 * rng.normal(size=(600, 4))
    strangers = rng.normal(size=(300, 4))
    assert support(observed, strangers, np.arange(600), seed=0) < 0.1
    assert support(observed, strangers, groups, seed=0) == pytest.approx(0.95, abs=0.05)


def test_weighted_by_the_odds_of_missing_observed_rows_are_like_the_missing_ones():
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(4000, 3))
    missing = rng.random(4000) < 1 / (1 + np.exp(-columns[:, 0]))
    weights = odds_of_missing(columns[~missing], columns[missing])
    assert weights.mean() == pytest.approx(1)
    wanted = columns[missing].mean(axis=0)
    assert np.average(columns[~missing], axis=0, weights=weights) == pytest.approx(wanted, abs=0.08)
    assert odds_of_missing(columns, columns[:0]) is None
