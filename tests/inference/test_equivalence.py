import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import GofChisquarePower, TTestIndPower
from statsmodels.stats.weightstats import ttost_ind

from personae.inference.effects import pooled_sd
from personae.inference.equivalence import (
    RANK_EFFICIENCY,
    association_power,
    equivalence_p,
    power,
)


def test_equals_statsmodels_where_the_means_are_equal():
    """Elsewhere the error of d, in which the unit of the margin is estimated, is not Welch's."""
    rng = np.random.default_rng(2)
    a, b = rng.normal(0, 1, 300), rng.normal(0, 1.4, 200)
    a, b = a - a.mean(), b - b.mean()
    bound = 0.3 * pooled_sd(a, b)
    assert equivalence_p(a, b, 0.3) == pytest.approx(
        ttost_ind(a, b, -bound, bound, usevar="unequal")[0], rel=1e-9
    )


@pytest.mark.parametrize(
    "repeats", [pytest.param(80, id="sample"), pytest.param(600, id="full", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize(
    ("shape", "sizes", "sd"),
    [
        pytest.param(stats.norm(), (120, 120), 1, id="normal"),
        pytest.param(stats.norm(), (120, 120), 2, id="unequal variances"),
        pytest.param(stats.lognorm(1), (200, 600), 1, id="skewed, unequal sizes"),
        pytest.param(stats.lognorm(1), (500, 500), 2, id="skewed, unequal variances"),
        pytest.param(stats.bernoulli(0.1), (300, 300), 1, id="a rare level"),
    ],
)
def test_groups_at_the_margin_are_rarely_called_equivalent(shape, sizes, sd, side, repeats):
    """The exact level is .05; the least favourable skewed case has .06."""
    rng, (m, n) = np.random.default_rng(3), sizes
    unit = shape.std() * np.sqrt(((m - 1) * sd**2 + n - 1) / (m + n - 2))
    called = 0
    for _ in range(repeats):
        a, b = (shape.rvs(size, random_state=rng) - shape.mean() for size in sizes)
        called += equivalence_p(sd * a + side * 0.3 * unit, b, 0.3) <= 0.05
    assert called / repeats <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / repeats)


def test_few_rows_never_prove_equivalence():
    assert equivalence_p(np.arange(10.0), np.arange(10.0), 0.3) > 0.05


def test_groups_that_do_not_vary_are_equivalent_exactly_when_equal():
    assert equivalence_p(np.ones(9), np.ones(9), 0.3) == 0
    assert equivalence_p(np.ones(9), np.zeros(9), 0.3) == 1


@pytest.mark.parametrize(("effect", "a", "b"), [(0.3, 80, 60), (-0.3, 40, 60), (0.8, 20, 200), (0, 30, 30)])
def test_power_equals_statsmodels(effect, a, b):
    expected = TTestIndPower().power(effect, a, 0.05, ratio=b / a)
    assert power(effect, a, b, 0.05) == pytest.approx(expected, abs=1e-9)


def test_power_of_the_rank_test_is_what_simulation_gives():
    rng = np.random.default_rng(4)
    a, b = rng.normal(0.3, 1, (3000, 80)), rng.normal(size=(3000, 60))
    simulated = np.mean(stats.mannwhitneyu(a, b, axis=1).pvalue <= 0.05)
    assert power(0.3, 80, 60, 0.05, RANK_EFFICIENCY) == pytest.approx(simulated, abs=0.03)


def test_what_is_sure_to_be_seen_in_large_groups_has_power_one():
    assert power(0.3, 20_000, 30_000, 0.05) == 1
    assert association_power(0.3, 20_000, 30_000, 3, 0.05) == pytest.approx(1)


@pytest.mark.parametrize("levels", [2, 4])
def test_power_of_an_association_equals_statsmodels(levels):
    w = 0.3 / np.sqrt(0.3**2 + 140**2 / (80 * 60))
    expected = GofChisquarePower().power(w, 140, 0.01, n_bins=levels)
    assert association_power(0.3, 80, 60, levels, 0.01) == pytest.approx(expected, abs=1e-9)


def test_power_of_an_association_is_that_of_the_t_test_on_two_levels():
    assert association_power(0.3, 500, 300, 2, 0.05) == pytest.approx(power(0.3, 500, 300, 0.05), abs=0.01)
