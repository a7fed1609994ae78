import numpy as np
import pytest
from scipy import stats
from scipy.stats.contingency import association
from statsmodels.stats.meta_analysis import effectsize_smd

from personae.inference.effects import cliffs_delta, cohens_d, cramers_v, epsilon_squared

REPEATS = 400
# 95 % coverage over 400 tables: 3 standard errors are 3.3 points.
LEAST_COVERAGE = 0.917


def coverage(truth, draw, effect):
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(REPEATS):
        found = effect(*draw(rng))
        assert found.low - 1e-12 <= found.value <= found.high + 1e-12
        hits += found.low - 1e-12 <= truth <= found.high
    return hits / REPEATS


@pytest.fixture
def tied():
    rng = np.random.default_rng(1)
    return rng.integers(1, 6, 45).astype(float), rng.integers(2, 7, 30).astype(float)


def test_cliffs_delta_is_the_mean_of_all_comparisons(tied):
    a, b = tied
    assert cliffs_delta(a, b).value == pytest.approx(np.sign(a[:, None] - b).mean(), abs=1e-12)
    u = stats.mannwhitneyu(a, b).statistic
    assert cliffs_delta(a, b).value == pytest.approx(2 * u / (len(a) * len(b)) - 1, abs=1e-12)


def test_cliffs_delta_variance_is_cliffs(tied):
    """At delta and its bounds the interval solves Cliff's equation with the textbook double sum."""
    a, b = tied
    found = cliffs_delta(a, b)
    d = np.sign(a[:, None] - b)
    m, n = d.shape
    rows, columns = d.mean(axis=1) - d.mean(), d.mean(axis=0) - d.mean()
    squares = n**2 * (rows**2).sum() + m**2 * (columns**2).sum() - ((d - d.mean()) ** 2).sum()
    variance, z, delta = squares / (m * n * (m - 1) * (n - 1)), stats.norm.ppf(0.975), d.mean()
    root = z * np.sqrt(variance) * np.sqrt((1 - delta**2) ** 2 + z**2 * variance)
    bounds = (delta - delta**3 + np.array([-root, root])) / (1 - delta**2 + z**2 * variance)
    np.testing.assert_allclose([found.low, found.high], bounds, atol=1e-12)


def test_cliffs_delta_of_separate_groups_has_an_interval():
    found = cliffs_delta(np.arange(40.0), np.arange(50.0, 80.0))
    assert found.value == found.low == -1
    assert -1 < found.high < -0.7


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.5])
def test_cliffs_delta_covers(shift):
    truth = 2 * stats.norm.cdf(shift / np.sqrt(2)) - 1

    def draw(rng):
        return (rng.normal(shift, 1, 40), rng.normal(size=25))

    assert coverage(truth, draw, cliffs_delta) >= LEAST_COVERAGE


def test_cohens_d_equals_statsmodels(tied):
    a, b = tied
    uncorrected = effectsize_smd(a.mean(), a.std(ddof=1), len(a), b.mean(), b.std(ddof=1), len(b))[0]
    freedom = len(a) + len(b) - 2
    assert cohens_d(a, b).value == pytest.approx(uncorrected / (1 - 3 / (4 * freedom - 1)), abs=1e-9)


def test_cohens_d_bounds_are_where_noncentral_t_has_its_tails(tied):
    a, b = tied
    found, size = cohens_d(a, b), np.sqrt(45 * 30 / 75)
    tails = stats.nct.cdf(found.value * size, 73, np.array([found.low, found.high]) * size)
    # SciPy inverts the noncentral t to a tail of about 1e-7, not further (scipy.special.nctdtrinc).
    np.testing.assert_allclose(tails, [0.975, 0.025], rtol=0, atol=1e-7)


@pytest.mark.parametrize("shift", [0.0, 0.8])
def test_cohens_d_covers(shift):

    def draw(rng):
        return (rng.normal(shift, 1, 20), rng.normal(size=30))

    assert coverage(shift, draw, cohens_d) >= LEAST_COVERAGE


def test_groups_that_do_not_vary_have_no_d():
    assert np.isnan(cohens_d(np.ones(5), np.zeros(5)).value)


def test_epsilon_squared_is_kruskal_h_over_n_less_one(tied):
    groups = [*tied, np.arange(10.0)]
    h, n = stats.kruskal(*groups).statistic, sum(len(group) for group in groups)
    assert epsilon_squared(groups).value == pytest.approx(h / (n - 1), abs=1e-12)


@pytest.mark.parametrize("means", [(0, 0, 0), (0, 0.2, 0.5), (0, 0.2, 1.5)])
def test_epsilon_squared_covers(means):
    weights, centres = np.array([80, 60, 40]) / 180, np.array(means)
    mean_ranks = stats.norm.cdf((centres[:, None] - centres) / np.sqrt(2)) @ weights
    truth = 12 * weights @ (mean_ranks - 0.5) ** 2

    def draw(rng):
        return ([rng.normal(mean, 1, n) for mean, n in zip(means, (80, 60, 40), strict=True)],)

    assert coverage(truth, draw, epsilon_squared) >= LEAST_COVERAGE


def test_cramers_v_equals_scipy():
    table = np.array([[20, 5, 9], [8, 12, 10]])
    assert cramers_v(table.astype(float)).value == pytest.approx(association(table, "cramer"), abs=1e-12)


def test_cramers_v_bounds_are_where_noncentral_chi_squared_has_its_tails():
    table = np.array([[20, 5, 9], [8, 12, 10]])
    found, statistic = cramers_v(table.astype(float)), stats.chi2_contingency(table).statistic
    tails = stats.ncx2.cdf(statistic, 2, np.array([found.low, found.high]) ** 2 * table.sum())
    np.testing.assert_allclose(tails, [0.975, 0.025], rtol=1e-9)


@pytest.mark.parametrize("gap", [0.0, 0.15, 0.3])
def test_cramers_v_covers(gap):
    shares = np.array([[0.5 + gap, 0.5 - gap], [0.5 - gap, 0.5 + gap]])

    def draw(rng):
        return (np.array([rng.multinomial(60, row) for row in shares], dtype=float),)

    assert coverage(2 * gap, draw, cramers_v) >= LEAST_COVERAGE


def test_intervals_hold_on_large_tables():
    rng = np.random.default_rng(0)
    a, b = rng.normal(3, 1, 50_000), rng.normal(size=50_000)
    for found in (cohens_d(a, b), cliffs_delta(a, b), epsilon_squared([a, b])):
        assert found.low < found.value < found.high
        assert found.high - found.low < 0.07
