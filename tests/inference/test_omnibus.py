import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multicomp import pairwise_tukeyhsd
from statsmodels.stats.oneway import anova_oneway

from personae.inference.omnibus import association_test, check_assumptions, omnibus_test, pair_tests


@pytest.fixture
def groups():
    rng = np.random.default_rng(6)
    return {name: rng.normal(mean, 1, n) for name, mean, n in [("a", 0, 40), ("b", 0.4, 30), ("c", 1, 25)]}


def labelled(groups):
    return np.concatenate(list(groups.values())), np.repeat(list(groups), [len(v) for v in groups.values()])


def test_normal_groups_of_one_variance_get_anova(groups):
    normality, levene_p, test = check_assumptions(groups, alpha=0.01, seed=0)
    assert test == "anova"
    levene = stats.levene(*groups.values(), center="median")
    assert levene_p == pytest.approx(levene.pvalue, rel=1e-9)
    assert normality["b"] == pytest.approx(stats.shapiro(groups["b"]).pvalue, rel=1e-9)


def test_unequal_variances_get_welch_and_skew_gets_kruskal(groups):
    spread = groups | {"c": groups["c"] * 5}
    assert check_assumptions(spread, alpha=0.01, seed=0)[2] == "welch"
    skewed = groups | {"c": np.exp(2 * groups["c"])}
    assert check_assumptions(skewed, alpha=0.01, seed=0)[2] == "kruskal"


def test_a_group_that_does_not_vary_is_not_normal(groups):
    normality, _, test = check_assumptions(groups | {"c": np.ones(25)}, alpha=0.05, seed=0)
    assert np.isnan(normality["c"])
    assert test == "kruskal"


def test_two_groups_that_do_not_vary_can_be_tested():
    apart = {"a": np.ones(9), "b": np.zeros(9)}
    test = check_assumptions(apart, alpha=0.05, seed=0)[2]
    assert test == "kruskal"
    assert omnibus_test(apart, test)[2] < 0.001


def test_large_groups_are_sampled_the_same_way_every_time():
    groups = {name: np.random.default_rng(i).normal(size=7000) for i, name in enumerate("ab")}
    assert check_assumptions(groups, 0.01, seed=1) == check_assumptions(groups, 0.01, seed=1)


@pytest.mark.parametrize("equal", [True, False])
def test_anova_and_welch_equal_statsmodels(groups, equal):
    found = omnibus_test(groups, "anova" if equal else "welch")
    expected = anova_oneway(
        list(groups.values()), use_var="equal" if equal else "unequal", welch_correction=True
    )
    assert found[1:] == pytest.approx((expected.statistic, expected.pvalue), rel=1e-9)


def test_kruskal_equals_scipy(groups):
    found, expected = omnibus_test(groups, "kruskal"), stats.kruskal(*groups.values())
    assert found[1:] == pytest.approx((expected.statistic, expected.pvalue), rel=1e-9)


@pytest.mark.parametrize(
    ("test", "use_var", "name"), [("anova", "equal", "tukey"), ("welch", "unequal", "games-howell")]
)
def test_tukey_and_games_howell_equal_statsmodels(groups, test, use_var, name):
    found = pair_tests(groups, test, "mann-whitney")
    expected = pairwise_tukeyhsd(*labelled(groups), use_var=use_var)
    assert list(found) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert {outcome[0] for outcome in found.values()} == {name}
    np.testing.assert_allclose([outcome[2] for outcome in found.values()], expected.pvalues, rtol=1e-9)
    differences = [-outcome[1] for outcome in found.values()]
    np.testing.assert_allclose(differences, expected.meandiffs, rtol=1e-9)


def test_mann_whitney_equals_scipy(groups):
    found, expected = (
        pair_tests(groups, "kruskal", "mann-whitney"),
        stats.mannwhitneyu(groups["a"], groups["c"]),
    )
    assert found["a", "c"][1:] == (expected.statistic, expected.pvalue)


def test_dunn_equals_the_published_formula(groups):
    tied = {name: np.round(values) for name, values in groups.items()}
    values, labels = labelled(tied)
    ranks, n = stats.rankdata(values), len(values)
    counts = np.unique(values, return_counts=True)[1]
    tie_term = np.sum(counts**3 - counts) / (12 * (n - 1))
    variance = (n * (n + 1) / 12 - tie_term) * (1 / len(tied["a"]) + 1 / len(tied["b"]))
    z = (ranks[labels == "a"].mean() - ranks[labels == "b"].mean()) / np.sqrt(variance)
    found = pair_tests(tied, "kruskal", "dunn")["a", "b"]
    assert found[1:] == pytest.approx((z, 2 * stats.norm.sf(abs(z))), rel=1e-9)


def test_dunn_of_two_groups_is_kruskal(groups):
    two = {name: groups[name] for name in "ab"}
    found = pair_tests(two, "kruskal", "dunn")["a", "b"]
    assert found[2] == pytest.approx(omnibus_test(two, "kruskal")[2], rel=1e-9)


@pytest.mark.parametrize("rank_test", ["mann-whitney", "dunn"])
def test_a_pair_of_one_value_does_not_differ(rank_test):
    groups = {"a": np.ones(9), "b": np.ones(9), "c": np.arange(9.0)}
    assert pair_tests(groups, "kruskal", rank_test)["a", "b"][2] == 1


def test_large_counts_get_chi_squared_without_correction():
    table = np.array([[30.0, 20], [15, 35]])
    found, expected = association_test(table, seed=0), stats.chi2_contingency(table, correction=False)
    assert found == ("chi2", expected.statistic, expected.pvalue)


def test_small_counts_get_fisher():
    table = np.array([[8.0, 2], [1, 5]])
    found = association_test(table, seed=0)
    assert (found[0], found[2]) == ("fisher", stats.fisher_exact(table.astype(int)).pvalue)


def test_fisher_beyond_two_by_two_is_near_the_exact_figure_and_repeatable():
    # Job satisfaction: the exact p of R's fisher.test(Job) is 0.7827.
    table = np.array([[1, 2, 1, 0], [3, 3, 6, 1], [10, 10, 14, 9], [6, 7, 12, 11]], dtype=float)
    found = association_test(table, seed=0)
    assert found[0] == "fisher"
    assert found[2] == pytest.approx(0.7827, abs=0.015)
    assert np.isnan(found[1])
    assert found[2] == association_test(table, seed=0)[2]


def test_fisher_of_more_rows_than_its_tables_have_cells():
    alike = np.array([[400_000.0, 300_000, 2], [200_000, 150_000, 1]])
    assert association_test(alike, seed=0)[2] > 0.5
    apart = np.array([[400_000.0, 300_000, 2], [201_500, 148_500, 1]])
    assert association_test(apart, seed=0)[2] < 1e-3


def test_fisher_is_that_of_scipy_where_scipy_has_one():
    table = np.random.default_rng(1).poisson(3, (3, 4)) + 1
    method = stats.MonteCarloMethod(n_resamples=9999, rng=np.random.default_rng(5))
    assert association_test(table.astype(float), seed=5)[2] == stats.fisher_exact(table, method=method).pvalue
