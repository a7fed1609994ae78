import numpy as np
import pytest
from tests.targeting.test_choose import case, settings

from personae.core.errors import PersonaeError
from personae.targeting.budget import allocate
from personae.targeting.choose import select_targets
from personae.targeting.plan import expected_curve, plan_contacts


@pytest.mark.parametrize("budget", [None, 31.0, 150.0])
def test_at_the_settings_prices_and_budget_it_is_the_list_of_the_stage(budget):
    listed = select_targets(*case(), settings(budget=budget), seed=1).customers
    prices = [listed[name].to_numpy() for name in ("probability", "cost", "revenue")]
    plan = plan_contacts(*prices, budget)
    assert (plan.contacted == (listed["decision"] == "contact")).all()
    assert np.array_equal(plan.expected_profit, listed["expected_profit"])


def test_it_is_the_best_allocation_and_never_overspends():
    rng = np.random.default_rng(0)
    probability, cost = rng.random(60), rng.choice([1.0, 2.0, 5.0], 60)
    plan = plan_contacts(probability, cost, 9.0, budget=40.0)
    best = allocate(probability * 9 - cost, cost, 40.0)
    assert (plan.contacted == (best.counts[:, 0] > 0)).all()
    assert plan.spent == cost[plan.contacted].sum() <= 40
    assert (plan.profit, plan.shadow_price) == (pytest.approx(best.gain), best.shadow_price)
    assert plan_contacts(probability, cost, 9.0, budget=0.0).contacts == 0


def test_prices_at_which_nothing_pays_are_refused():
    with pytest.raises(PersonaeError, match="no contact can pay"):
        plan_contacts(np.array([0.5]), 3.0, 3.0)
    with pytest.raises(PersonaeError, match="cost per contact is -1"):
        plan_contacts(np.array([0.5]), -1.0, 3.0)


def test_the_curve_ends_at_contacting_all_and_peaks_at_the_plan():
    expected = plan_contacts(np.linspace(0, 1, 1000), 3.0, 11.0).expected_profit
    curve = expected_curve(expected)
    assert len(curve["share"]) == 101
    assert curve["profit"][-1] == pytest.approx(100 * expected.mean())
    assert curve["profit"].max() <= expected[expected > 0].sum() / 10
