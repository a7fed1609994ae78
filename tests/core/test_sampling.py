import numpy as np
import pandas as pd
import pytest

from personae.core.sampling import sample_by_hash

HOUSEHOLDS = np.repeat(np.arange(6_000), np.tile([1, 2, 5], 2_000))


@pytest.mark.parametrize("units", [HOUSEHOLDS, pd.Series(HOUSEHOLDS).astype(str)], ids=["numbers", "text"])
def test_whole_units_are_drawn_about_as_many_rows_as_asked_for(units):
    drawn = sample_by_hash(units, 4_000)
    inside = np.isin(np.asarray(units), np.asarray(units)[drawn])
    assert (np.flatnonzero(inside) == drawn).all()
    assert abs(len(drawn) - 4_000) < 400  # four standard deviations of a sum of units of one to five rows


def test_order_and_other_values_do_not_matter_and_samples_are_nested():
    order = np.random.default_rng(0).permutation(len(HOUSEHOLDS))
    drawn, shuffled = sample_by_hash(HOUSEHOLDS, 4_000), sample_by_hash(HOUSEHOLDS[order], 4_000)
    assert set(HOUSEHOLDS[drawn]) == set(HOUSEHOLDS[order][shuffled])
    others = np.where(HOUSEHOLDS < 3_000, HOUSEHOLDS, HOUSEHOLDS + 10**9)
    kept = sample_by_hash(others, 4_000)
    assert (kept[others[kept] < 3_000] == drawn[HOUSEHOLDS[drawn] < 3_000]).all()
    assert set(sample_by_hash(HOUSEHOLDS, 1_000)) < set(drawn)


def test_the_sample_is_the_same_on_every_machine():
    assert sample_by_hash(np.arange(20), 5).tolist() == [0, 3, 7, 10, 11, 12, 14, 15, 17]


@pytest.mark.parametrize("rows", [16_000, 10**9])
def test_nothing_is_drawn_where_all_fit(rows):
    assert (sample_by_hash(HOUSEHOLDS, rows) == np.arange(len(HOUSEHOLDS))).all()
