import numpy as np
import pytest
from tests.planted.leak_kinds import KINDS, clean, household
from tests.response.planted import plan_for

from personae.response import leakage
from personae.response.telling import columns_and_pairs, encoded

# What the finding must name; several are possible where one of them suffices.
NAMED = {
    "300 postcodes encoded on all rows": {"rate"},
    "weight of evidence": {"rate"},
    "encoded without the own answer": {"rate", "postcode"},
    "half twice, a cent apart": {"income", "age", "visits"},
    "household of one income": {"income"},
    "household of one address": {"address"},
    "empty for 70 % of responders": {"survey"},
    "empty for 70 % of the others": {"survey"},
    "code of 80 levels": {"status"},
    "last digit": {"reference"},
    "difference": {"orders_total", "orders_before"},
    "ratio beside a tax, for 80 %": {"billed", "paid"},
    "equal words": {"home", "branch"},
    "copy, 4 % flipped": {"flag"},
}
# Of those that columns alone, or two or three of them, show: which.
COLUMNS = {
    "weekday of a date": {"number"},
    "parity of three flags": {"a", "b", "c"},
    "largest of four": {"largest"},
    "months with spend": {"months"},
    "identifier in batches": {"id"},
    "answers counted so far": {"so_far"},
    "encoded with noise": {"rate"},
    "word in a note": {"note"},
    "digits in a note": {"note"},
    "rounded to 5": {"weight"},
    "float32": {"weight"},
}


def leaks(table, answer):
    plan = plan_for(table.assign(answer=answer), features=list(table), seed=1)
    return [finding for finding in leakage.inspect(plan) if finding.verdict == "leak"]


@pytest.mark.parametrize("kind", NAMED)
def test_each_kind_is_found_and_its_columns_named(kind):
    found = leaks(*KINDS[kind](np.random.default_rng([3, 5])))
    assert any(NAMED[kind] <= set(finding.columns) for finding in found)


@pytest.mark.parametrize("kind", COLUMNS)
def test_each_kind_of_columns_is_found(kind):
    table, answer = KINDS[kind](np.random.default_rng([3, 5]))
    plan = plan_for(table.assign(answer=answer), features=list(table), seed=1)
    found = [*columns_and_pairs(plan), encoded(plan.table, plan.target)]
    assert any(each.verdict == "leak" and COLUMNS[kind] <= set(each.columns) for each in found)


@pytest.mark.parametrize("seed", [40, 41, 42, 43])
def test_clean_tables_of_many_shapes_have_no_leak(seed):
    assert leaks(*clean(seed)) == []


def test_households_that_answer_each_for_themselves_are_no_leak():

    assert leaks(*household(np.random.default_rng(4), alike=0.0)) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_found_in_nine_of_ten_tables(kind):
    found = [leaks(*KINDS[kind](np.random.default_rng([seed, 5]))) for seed in range(20)]
    assert sum(map(bool, found)) >= 18


@pytest.mark.slow
def test_at_most_one_clean_table_in_twenty_is_reported():
    assert sum(bool(leaks(*clean(seed))) for seed in range(40)) <= 2
