import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personae.core.errors import PersonaeError
from personae.response.folds import Folds, grouped_folds, identical_rows, time_folds


def coarse_customers(n, rng):
    return pd.DataFrame(
        {
            "sex": rng.choice(["f", "m"], n),
            "region": rng.choice(list("abcd"), n),
            "plan": rng.choice(list("xyz"), n),
            "children": rng.choice([0.0, 1.0, 2.0], n),
        }
    )


def test_identical_customers_are_one_group_whatever_is_missing():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=60), "b": rng.normal(size=60), "c": ["x", None] * 30})
    table.loc[:4, "a"] = np.nan
    found = identical_rows(pd.concat([table, table[:9]]))
    assert found.tolist() == [*range(60), *range(9)]


def test_equal_rows_of_few_coarse_columns_are_customers_of_their_own_and_can_be_dealt():
    rng = np.random.default_rng(0)
    table = coarse_customers(2000, rng)
    target = (rng.random(2000) < np.where(table.plan == "x", 0.25, 0.12)).astype(int)
    groups = identical_rows(table)
    assert len(np.unique(groups)) == 2000
    assert grouped_folds(target, groups, folds=5, repeats=1, seed=0).count == 5


@pytest.mark.parametrize("kind", ["coarse beside fine columns", "nothing bought"])
def test_copies_are_told_from_look_alikes_in_one_table(kind):
    """Customers who buy nothing are equal in many columns at once: no independence makes that probable."""
    rng = np.random.default_rng(1)
    table = coarse_customers(1000, rng)
    if kind == "nothing bought":
        bought = rng.integers(1, 200, (1000, 12)) * (rng.random((1000, 12)) < 0.5)
        bought[:250] = 0
        table = table.join(pd.DataFrame(bought).add_prefix("spend"))
    else:
        table = table.assign(income=rng.normal(size=1000), age=rng.normal(size=1000))
    assert len(np.unique(identical_rows(table))) == 1000
    copied = pd.concat([table, table[500:560]])
    assert len(np.unique(identical_rows(copied))) == pytest.approx(1000, abs=3)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(2, 5))
def test_every_row_is_tested_once_a_repeat_and_no_group_is_split(seed, folds):
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 60, 120)
    target = (groups % 2 + (rng.random(120) < 0.1)) % 2
    dealt = grouped_folds(target, groups, folds=folds, repeats=3, seed=seed)
    for assignment in dealt.assignment:
        assert sorted(set(assignment)) == list(range(folds))
        assert all(len(set(assignment[groups == group])) == 1 for group in set(groups))


def test_folds_hold_the_same_share_of_events():
    target = (np.arange(1000) < 150).astype(int)
    dealt = grouped_folds(target, np.arange(1000), folds=5, repeats=2, seed=3)
    for assignment in dealt.assignment:
        assert [target[assignment == k].sum() for k in range(5)] == [30] * 5


def test_repeats_differ_and_the_seed_decides():
    target, groups = np.arange(100) % 2, np.arange(100)
    one, again, other = (
        grouped_folds(target, groups, folds=5, repeats=2, seed=s).assignment for s in (1, 1, 2)
    )
    assert (one == again).all()
    assert (one[0] != one[1]).any() and (one != other).any()


@pytest.mark.parametrize(
    ("target", "message"),
    [([0] * 20, "one class only"), ([0] * 18 + [1] * 2, "2 distinct customers, fewer than 5 folds")],
)
def test_a_target_that_cannot_be_dealt_is_refused(target, message):
    with pytest.raises(PersonaeError, match=message):
        grouped_folds(np.array(target), np.arange(20), folds=5, repeats=1, seed=0)


@pytest.mark.parametrize("forward", [False, True])
def test_inner_fits_know_nothing_of_the_outer_fold(forward):
    dealt = np.arange(60) // 10
    folds = Folds(dealt[None, :], 6, dealt + 1 if forward else None)
    for test in folds.outer:
        for inner in folds.inner(test):
            left_out = folds.inner_fit(test, inner)
            assert left_out in folds.fits(nested=True)
            train, predicted = folds.rows(0, left_out)
            assert not set(folds.assignment[0, train]) & {test, inner}
            assert inner in folds.assignment[0, predicted]
            if forward:
                assert folds.assignment[0, train].max() < inner < test


def test_time_folds_keep_equal_times_together_and_in_order():
    time = np.repeat(np.arange(20), 5)
    dealt = time_folds(np.arange(100) % 2, time, folds=5).assignment[0]
    assert all(len(set(dealt[time == t])) == 1 for t in range(20))
    assert (np.diff(dealt[np.argsort(time, kind="stable")]) >= 0).all()


def test_an_answer_teaches_only_what_begins_after_it_is_known():
    time, target = np.repeat(np.arange(20), 5), np.arange(100) % 2
    folds = time_folds(target, time, folds=5, known=time + 3)
    begins = [time[folds.assignment[0] == k].min() for k in range(5)]
    for k in folds.outer:
        train, test = folds.rows(0, (k,))
        assert (time[train] + 3 < begins[k]).all()
        assert set(np.flatnonzero(time + 3 < begins[k])) == set(train)
        assert set(time[test]) == set(range(4 * k, 4 * k + 4))
        for inner in folds.inner(k):
            taught = folds.taught(0, k, inner)
            assert (folds.assignment[0, taught] == inner).all()
            assert (time[taught] + 3 < begins[k]).all()
    with pytest.raises(PersonaeError, match="what is known before"):
        time_folds(target, time, folds=5, known=time + 4)


def test_training_rows_grow_with_time_and_the_share_that_is_tested_falls():
    folds = time_folds(np.arange(100) % 2, np.repeat(np.arange(20), 5), folds=5)
    assert folds.test_share == pytest.approx((20 / 80 + 20 / 100) / 2)


def test_blocks_are_as_even_as_crowded_times_allow():
    counts = [361, 13, 48, 12, 81, 166, 65, 198, 1076, 176, 123, 384, 1077, 224, 188, 202, 1133, 130]
    time = np.repeat(np.arange(len(counts)), counts)
    dealt = time_folds(np.arange(len(time)) % 2, time, folds=6).assignment[0]
    assert np.bincount(dealt).tolist() == [944, 1076, 683, 1077, 614, 1263]


def test_too_few_times_are_refused():
    with pytest.raises(PersonaeError, match="3 distinct times"):
        time_folds(np.arange(90) % 2, np.arange(90) % 3, folds=5)
    with pytest.raises(PersonaeError, match="lacks a class"):
        time_folds((np.arange(90) < 30).astype(int), np.arange(90), folds=5)
