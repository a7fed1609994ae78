"""BG/NBD and Gamma-Gamma held against published figures and simulated truth."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from personae.core.errors import PersonaeError
from personae.monitoring.purchases import (
    History,
    bgnbd_log_likelihood,
    expected_amount,
    expected_purchases,
    fit_bgnbd,
    fit_gamma_gamma,
)

PUBLISHED = np.array([0.243, 4.414, 0.793, 2.426])


def simulated(customers, parameters, seed, amounts=(6.25, 3.74, 15.44)):
    """Customers that follow the models, with their number of purchases in the 39 weeks after."""
    rng, (r, alpha, a, b) = np.random.default_rng(seed), parameters
    rate, leave = rng.gamma(r, 1 / alpha, customers), rng.beta(a, b, customers)
    age = rng.uniform(27, 39, customers)
    x, last, later, amount = (np.zeros(customers) for _ in range(4))
    for each in range(customers):
        time = 0.0
        while True:
            time += rng.exponential(1 / rate[each])
            if time > age[each] + 39:
                break
            if time > age[each]:
                later[each] += 1
            else:
                x[each], last[each] = x[each] + 1, time
            if rng.random() < leave[each]:
                break
    p, q, v = amounts
    back = x > 0
    spread = rng.gamma(q, 1 / v, customers)
    amount[back] = rng.gamma(p * x[back], 1 / spread[back]) / x[back]
    return History(x, last, age, amount), later


def test_one_customer_as_published():
    one = History(*(np.array([each]) for each in (2.0, 30.43, 38.86, 22.35)))
    assert bgnbd_log_likelihood(PUBLISHED, one) == pytest.approx(-9.4586, abs=1e-4)
    assert expected_purchases(PUBLISHED, one, 39)[0] == pytest.approx(1.226, abs=5e-4)
    assert expected_amount(np.array([6.25, 3.74, 15.44]), one)[0] == pytest.approx(24.65, abs=0.05)


def test_planted_parameters_and_purchases_come_back():
    history, later = simulated(4000, PUBLISHED, seed=1)
    found = fit_bgnbd(history)
    assert bgnbd_log_likelihood(found, history) >= bgnbd_log_likelihood(PUBLISHED, history)
    # Parameters trade off; what they say of a new customer does not: rate, and share who leave at a purchase.
    assert found[0] / found[1] == pytest.approx(PUBLISHED[0] / PUBLISHED[1], rel=0.1)
    assert found[2] / (found[2] + found[3]) == pytest.approx(0.793 / 3.219, rel=0.1)
    assert expected_purchases(found, history, 39).sum() == pytest.approx(later.sum(), rel=0.1)
    p, q, v = fit_gamma_gamma(history)
    assert p * v / (q - 1) == pytest.approx(6.25 * 15.44 / 2.74, rel=0.1)


def test_the_likelihood_is_highest_at_the_fit():
    history, _ = simulated(400, PUBLISHED, seed=2)
    found = fit_bgnbd(history)
    top = bgnbd_log_likelihood(found, history)
    for place in range(4):
        for factor in (0.98, 1.02):
            moved = found.copy()
            moved[place] *= factor
            assert bgnbd_log_likelihood(moved, history) < top


def test_without_a_second_purchase_nothing_is_fitted():
    with pytest.raises(PersonaeError, match="no customer bought on a second day"):
        fit_bgnbd(History(np.zeros(3), np.zeros(3), np.ones(3), np.zeros(3)))


@pytest.mark.skipif(
    find_spec("lifetimes") is None, reason="package lifetimes, which carries CDNOW, is not installed"
)
def test_cdnow_as_published():
    folder = Path(find_spec("lifetimes").origin).parent / "datasets"
    table = pl.read_csv(folder / "cdnow_customers_summary_with_transactions.csv")
    history = History(*(table[name].cast(pl.Float64).to_numpy() for name in ("x", "t_x", "T", "zbar")))
    found = fit_bgnbd(history)
    assert [f"{each:.3f}" for each in found] == ["0.243", "4.414", "0.793", "2.426"]
    assert bgnbd_log_likelihood(found, history) == pytest.approx(-9582.4, abs=0.05)
    assert fit_gamma_gamma(history) == pytest.approx([6.25, 3.74, 15.44], abs=0.02)
