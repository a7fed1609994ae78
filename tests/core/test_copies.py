import numpy as np
import pytest

from personae.core.copies import chance_of_equals, equal_rows, same_customers


def units(codes):
    return len(np.unique(same_customers(codes)))


def test_under_independent_columns_the_chance_is_the_number_of_equals():
    codes = np.random.default_rng(0).integers(4, size=(2000, 4))
    chance = chance_of_equals(codes, equal_rows(codes))
    assert chance.mean() == pytest.approx(1999 / 4**4, rel=0.2)


def test_answers_that_agree_by_one_opinion_are_no_copies():
    """Independence alone would call such a coincidence improbable: 10 answers of 6 levels."""
    rng = np.random.default_rng(0)
    opinion = rng.integers(6, size=(1500, 1))
    answers = np.where(rng.random((1500, 10)) < 0.9, opinion, rng.integers(6, size=(1500, 10)))
    assert len(np.unique(equal_rows(answers))) < 700
    assert units(answers) == 1500


@pytest.mark.parametrize(("columns", "levels"), [(4, 40), (8, 20), (3, 1000)])
def test_copies_of_fine_rows_are_one_customer(columns, levels):
    codes = np.random.default_rng(2).integers(levels, size=(1000, columns))
    alone = units(codes)
    assert alone >= 998
    assert units(np.vstack([codes, codes[:80]])) == pytest.approx(alone, abs=4)


def test_a_column_that_never_ties_makes_copies_certain():
    coarse = np.random.default_rng(3).integers(3, size=(800, 3))
    codes = np.column_stack([np.arange(800), coarse])
    assert units(np.vstack([codes, codes[:50]])) == 800


def test_many_copies_of_few_rows_are_few_customers():
    codes = np.random.default_rng(4).integers(500, size=(300, 5))
    assert units(np.vstack([codes, *[codes[:20]] * 10])) == 300
