from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from personae.core.errors import PersonaeError
from personae.targeting.budget import allocate, budget_curve


def brute_force(expected, cost, budget):
    lists = np.array(list(product([0, 1], repeat=len(expected))))
    return (lists @ expected)[lists @ cost <= budget + 1e-9].max()


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.floats(0.5, 40))
def test_the_exact_list_is_the_best_of_all_lists(seed, budget):
    rng = np.random.default_rng(seed)
    expected, cost = rng.normal(2, 4, 10).round(2), rng.uniform(0.5, 9, 10).round(2)
    found = allocate(expected, cost, budget)
    assert found.gain == pytest.approx(brute_force(expected, cost, budget))
    assert found.spent <= budget + 1e-9


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.floats(1, 40))
def test_the_greedy_list_keeps_its_promise(seed, budget):
    rng = np.random.default_rng(seed)
    expected, cost = rng.normal(2, 4, 10), rng.uniform(0.5, 9, 10)
    found, best = allocate(expected, cost, budget, exact_up_to=0), brute_force(expected, cost, budget)
    assert found.spent <= budget + 1e-9
    assert found.gain <= best + 1e-9 <= found.bound + 2e-9
    assert found.bound - found.gain <= expected.max() + 1e-9


def test_equal_costs_are_solved_by_ranking():
    expected = np.array([1.0, 5.0, 3.0, -2.0])
    found = allocate(expected, np.full(4, 3.0), 7.0)
    assert found.counts.ravel().tolist() == [0, 1, 1, 0]
    assert found.gain == 8.0 == brute_force(expected, np.full(4, 3.0), 7.0)


def test_a_budget_beyond_all_worthwhile_contacts_is_not_spent():
    found = allocate(np.array([4.0, -1.0]), np.array([2.0, 2.0]), 100.0)
    assert (found.spent, found.shadow_price, found.gap) == (2.0, 0.0, 0.0)


def test_the_curve_rises_and_is_concave_and_its_slope_is_the_shadow_price():
    rng = np.random.default_rng(1)
    expected, cost = rng.normal(1, 3, 100), rng.uniform(1, 5, 100)
    points = budget_curve(expected, cost, expected, np.arange(5.0, 200.0, 5.0))
    bound = np.array([point["expected_bound"] for point in points])
    assert (np.diff(bound) >= -1e-9).all()
    assert (np.diff(bound, 2) <= 1e-9).all()
    price = np.array([point["shadow_price"] for point in points])
    slope = np.diff(bound) / 5.0
    assert (slope <= price[:-1] + 1e-9).all() and (slope >= price[1:] - 1e-9).all()


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(0, 40))
def test_several_options_for_groups_of_equal_units_are_bounded_by_the_linear_programme(seed, budget):
    rng = np.random.default_rng(seed)
    gains, costs = rng.uniform(-1, 4, (4, 3)).round(1), rng.uniform(0.5, 5, 3).round(1)
    sizes = rng.integers(1, 5, 4)
    once = np.kron(np.eye(4), np.ones(3))
    solved = linprog(-gains.ravel(), A_ub=np.vstack([once, np.tile(costs, 4)]), b_ub=np.append(sizes, budget))
    exact, greedy = (allocate(gains, costs, budget, sizes=sizes, exact_up_to=n) for n in (100, 0))
    assert exact.bound == greedy.bound == pytest.approx(-solved.fun, abs=1e-9)
    for found in (exact, greedy):
        assert found.spent <= budget + 1e-9
        assert (found.counts >= 0).all() and (found.counts.sum(axis=1) <= sizes).all()
        assert found.gain <= found.bound + 1e-9
    assert greedy.gain <= exact.gain + 1e-9


def test_large_lists_come_with_a_proven_gap():
    rng = np.random.default_rng(2)
    found = allocate(rng.normal(0, 3, 200_000), rng.uniform(1, 5, 200_000), 10_000.0)
    assert found.method == "greedy" and 0 <= found.gap < 1e-3


@pytest.mark.parametrize("budget", [-5.0, float("nan")])
def test_a_budget_must_be_an_amount(budget):
    with pytest.raises(PersonaeError, match="expected an amount of at least 0"):
        allocate(np.ones(3), np.ones(3), budget)


def test_negative_costs_and_missing_profits_are_refused():
    for expected, cost in ((np.ones(2), np.array([1.0, -1.0])), (np.array([np.nan, 1.0]), np.ones(2))):
        with pytest.raises(PersonaeError, match="finite"):
            allocate(expected, cost, 5.0)
