from functools import partial

import numpy as np
import pytest
from scipy import stats
from scipy.stats.contingency import association
from statsmodels.stats.meta_analysis import effectsize_smd

from personae.inference.effects import (
    auc_interval,
    auc_variance,
    cliffs_delta,
    cohens_d,
    cramers_v,
    epsilon_squared,
    pooled_sd,
    standardised_error,
)

# benchmarks/inference_verdicts.py has the rates of whole comparisons; these are of single intervals.
REPEATS = pytest.mark.parametrize(
    "repeats", [pytest.param(30, id="sample"), pytest.param(400, id="full", marks=pytest.mark.slow)]
)


def covers(truth, draw, effect, repeats, level=0.95):
    """Whether at least `level` of the intervals hold the truth, up to three standard errors."""
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(repeats):
        value, (low, high) = effect(*draw(rng))
        assert low - 1e-12 <= value <= high + 1e-12
        hits += low - 1e-12 <= truth <= high
    return hits / repeats >= level - 3 * np.sqrt(level * (1 - level) / repeats)


@pytest.fixture
def tied():
    rng = np.random.default_rng(1)
    return rng.integers(1, 6, 45).astype(float), rng.integers(2, 7, 30).astype(float)


def test_cliffs_delta_is_the_mean_of_all_comparisons(tied):
    a, b = tied
    assert cliffs_delta(a, b)[0] == pytest.approx(np.sign(a[:, None] - b).mean(), abs=1e-12)
    u = stats.mannwhitneyu(a, b).statistic
    assert cliffs_delta(a, b)[0] == pytest.approx(2 * u / (len(a) * len(b)) - 1, abs=1e-12)


@pytest.mark.parametrize(("auc", "a", "b"), [(0.5, 30, 20), (0.7, 12, 8), (0.99, 80, 40)])
def test_the_bounds_of_an_auc_are_z_of_their_own_standard_errors_away(auc, a, b):
    """The variance as Newcombe (2006) prints it: both group sizes replaced by their mean."""
    for bound in auc_interval(auc, a, b, inflation=2):
        star, q = (a + b) / 2 - 1, 1 - bound
        variance = bound * q * (1 + star * q / (2 - bound) + star * bound / (1 + bound)) / (a * b)
        assert abs(auc - bound) == pytest.approx(stats.norm.ppf(0.975) * np.sqrt(2 * variance), rel=1e-6)


@pytest.mark.parametrize("auc", [0.0, 1.0])
def test_an_auc_of_0_or_1_has_an_interval(auc):
    low, high = auc_interval(auc, 80, 40)
    assert auc in (low, high)
    assert 0.03 < high - low < 0.15


def test_a_large_observed_variance_widens_the_interval_of_cliffs_delta():
    """Unequal spreads: the variance is DeLong's, as the double sum over all comparisons gives it."""
    rng = np.random.default_rng(2)
    a, b = rng.normal(0, 3, 20), rng.normal(size=60)
    signs = np.sign(a[:, None] - b)
    observed = signs.mean(axis=1).var(ddof=1) / 20 + signs.mean(axis=0).var(ddof=1) / 60
    auc = (signs.mean() + 1) / 2
    inflation = observed / 4 / auc_variance(auc, 20, 60)
    assert inflation > 1.1
    low, high = auc_interval(auc, 20, 60, inflation)
    assert cliffs_delta(a, b)[1] == pytest.approx((2 * low - 1, 2 * high - 1), abs=1e-12)


def test_cliffs_delta_of_separate_groups_has_an_interval():
    delta, (low, high) = cliffs_delta(np.arange(40.0), np.arange(50.0, 80.0))
    assert delta == low == -1
    assert -1 < high < -0.7


@REPEATS
@pytest.mark.parametrize(
    ("a", "b", "sizes"),
    [
        pytest.param(stats.norm(0), stats.norm(), (40, 25), id="equal"),
        pytest.param(stats.norm(0.5), stats.norm(), (40, 25), id="near"),
        pytest.param(stats.norm(1.5), stats.norm(), (40, 25), id="far"),
        pytest.param(stats.norm(2.8), stats.norm(), (80, 40), id="delta .95"),
        pytest.param(stats.norm(3.3), stats.norm(), (80, 40), id="delta .98"),
        pytest.param(stats.norm(3), stats.norm(), (20, 15), id="delta .97, few rows"),
        pytest.param(stats.norm(0, 3), stats.norm(), (20, 60), id="unequal variances"),
        pytest.param(stats.norm(4, 2), stats.norm(), (40, 80), id="unequal variances, far"),
        pytest.param(stats.lognorm(1, scale=np.exp(2)), stats.lognorm(1), (80, 40), id="skewed"),
        pytest.param(stats.binom(4, 0.6), stats.binom(4, 0.5), (80, 40), id="ties"),
        pytest.param(stats.binom(4, 0.93), stats.binom(4, 0.2), (80, 40), id="ties, far"),
    ],
)
def test_cliffs_delta_covers(a, b, sizes, repeats):
    grid = (np.arange(20_000) + 0.5) / 20_000
    truth = cliffs_delta(a.ppf(grid).astype(float), b.ppf(grid).astype(float))[0]

    def draw(rng):
        return tuple(one.rvs(n, random_state=rng).astype(float) for one, n in zip((a, b), sizes, strict=True))

    assert covers(truth, draw, cliffs_delta, repeats)


def test_cohens_d_equals_statsmodels(tied):
    a, b = tied
    uncorrected = effectsize_smd(a.mean(), a.std(ddof=1), len(a), b.mean(), b.std(ddof=1), len(b))[0]
    freedom = len(a) + len(b) - 2
    assert cohens_d(a, b)[0] == pytest.approx(uncorrected / (1 - 3 / (4 * freedom - 1)), abs=1e-9)


def test_cohens_d_bounds_are_where_noncentral_t_has_its_tails(tied):
    a, b = tied
    (d, interval), size = cohens_d(a, b, "noncentral t"), np.sqrt(45 * 30 / 75)
    tails = stats.nct.cdf(d * size, 73, np.array(interval) * size)
    # SciPy inverts the noncentral t to a tail of about 1e-7, not further (scipy.special.nctdtrinc).
    np.testing.assert_allclose(tails, [0.975, 0.025], rtol=0, atol=1e-7)


@REPEATS
@pytest.mark.parametrize("shift", [0.0, 0.8])
def test_cohens_d_covers(shift, repeats):
    def draw(rng):
        return (rng.normal(shift, 1, 20), rng.normal(size=30))

    assert covers(shift, draw, partial(cohens_d, interval="noncentral t"), repeats)


@REPEATS
@pytest.mark.parametrize("shift", [0.0, 0.8, 2.0])
@pytest.mark.parametrize(("sd", "sizes"), [(1, (80, 40)), (2, (80, 40)), (2, (40, 80)), (3, (30, 30))])
def test_cohens_d_with_unequal_variances_covers(shift, sd, sizes, repeats):
    truth = shift / np.sqrt(((sizes[0] - 1) * sd**2 + sizes[1] - 1) / (sum(sizes) - 2))

    def draw(rng):
        return (rng.normal(shift, sd, sizes[0]), rng.normal(size=sizes[1]))

    assert covers(truth, draw, partial(cohens_d, interval="delta method"), repeats)


def test_the_error_of_d_is_that_of_welchs_test_at_equal_means_and_of_the_jackknife_elsewhere():
    rng = np.random.default_rng(6)
    a, b = rng.gamma(3, size=200), rng.normal(1, 2, 300)
    a -= a.mean()
    b -= b.mean()
    error, freedom = standardised_error(a, b)
    welch = stats.ttest_ind(a + 0.1, b, equal_var=False)
    assert freedom == pytest.approx(welch.df)
    assert error * pooled_sd(a, b) == pytest.approx(0.1 / welch.statistic)
    a += 1
    left_out = [
        [cohens_d(np.delete(a, i), b)[0] for i in range(200)],
        [cohens_d(a, np.delete(b, i))[0] for i in range(300)],
    ]
    jackknife = sum((len(one) - 1) * np.var(one) for one in left_out)
    assert standardised_error(a, b)[0] == pytest.approx(np.sqrt(jackknife), rel=0.02)


def test_no_interval_of_d_is_given_where_none_holds(tied):
    d, interval = cohens_d(*tied)
    assert np.isnan(interval).all()
    assert d == cohens_d(*tied, "noncentral t")[0]


def test_groups_that_do_not_vary_have_no_d():
    assert np.isnan(cohens_d(np.ones(5), np.zeros(5))[0])


def test_epsilon_squared_is_kruskal_h_over_n_less_one(tied):
    groups = [*tied, np.arange(10.0)]
    h, n = stats.kruskal(*groups).statistic, sum(len(group) for group in groups)
    assert epsilon_squared(groups)[0] == pytest.approx(h / (n - 1), abs=1e-12)


@REPEATS
@pytest.mark.parametrize("means", [(0, 0, 0), (0, 0.2, 0.5), (0, 0.2, 1.5)])
def test_epsilon_squared_covers(means, repeats):
    weights, centres = np.array([80, 60, 40]) / 180, np.array(means)
    mean_ranks = stats.norm.cdf((centres[:, None] - centres) / np.sqrt(2)) @ weights
    truth = 12 * weights @ (mean_ranks - 0.5) ** 2

    def draw(rng):
        return ([rng.normal(mean, 1, n) for mean, n in zip(means, (80, 60, 40), strict=True)],)

    assert covers(truth, draw, epsilon_squared, repeats)


def test_cramers_v_equals_scipy():
    table = np.array([[20, 5, 9], [8, 12, 10]])
    assert cramers_v(table.astype(float))[0] == pytest.approx(association(table, "cramer"), abs=1e-12)


def test_cramers_v_bounds_are_where_noncentral_chi_squared_has_its_tails():
    table = np.array([[20, 5, 9], [8, 12, 10]])
    (_, interval), statistic = cramers_v(table.astype(float)), stats.chi2_contingency(table).statistic
    tails = stats.ncx2.cdf(statistic, 2, np.array(interval) ** 2 * table.sum())
    np.testing.assert_allclose(tails, [0.975, 0.025], rtol=1e-9)


@REPEATS
@pytest.mark.parametrize("gap", [0.0, 0.15, 0.3])
def test_cramers_v_covers(gap, repeats):
    shares = np.array([[0.5 + gap, 0.5 - gap], [0.5 - gap, 0.5 + gap]])

    def draw(rng):
        return (np.array([rng.multinomial(60, row) for row in shares], dtype=float),)

    assert covers(2 * gap, draw, cramers_v, repeats)


@REPEATS
@pytest.mark.parametrize(
    ("shares", "sizes", "level"),
    [
        pytest.param([(0.5, 0.5)] * 3, (80, 60, 40), 0.95, id="3x2, none"),
        pytest.param([(0.6, 0.4), (0.5, 0.5), (0.4, 0.6)], (80, 60, 40), 0.95, id="3x2"),
        pytest.param([(0.6, 0.3, 0.1), (0.4, 0.4, 0.2)], (80, 60), 0.95, id="2x3"),
        pytest.param([(0.97, 0.03), (0.7, 0.3)], (120, 60), 0.95, id="skewed margins, far"),
        # The docstring states .90 here.
        pytest.param([(0.95, 0.05), (0.85, 0.15)], (120, 40), 0.9, id="skewed margins, near"),
    ],
)
def test_cramers_v_covers_beyond_two_by_two(shares, sizes, level, repeats):
    weight, shares = np.array(sizes)[:, None] / sum(sizes), np.array(shares)
    margin = (weight * shares).sum(axis=0)
    truth = np.sqrt(np.sum(weight * (shares - margin) ** 2 / margin) / (min(shares.shape) - 1))

    def draw(rng):
        return (np.array([rng.multinomial(n, row) for n, row in zip(sizes, shares, strict=True)], float),)

    assert covers(truth, draw, cramers_v, repeats, level)


def test_intervals_hold_on_large_tables():
    rng = np.random.default_rng(0)
    a, b = rng.normal(3, 1, 50_000), rng.normal(size=50_000)
    for value, (low, high) in (cohens_d(a, b, "noncentral t"), cliffs_delta(a, b), epsilon_squared([a, b])):
        assert low < value < high
        assert high - low < 0.07
