import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, skew
from tests.planted.blobs import noise_table
from tests.planted.segments import segment

from personae.segmentation.null_models import NULL_MODELS, NullModel, compare, fit_null_model
from personae.segmentation.settings import KMeans, Resampling

EFFORT = Resampling(bootstraps=2, splits=1, null_tables=9, null_bootstraps=3)
RULES = ("silhouette", "elbow", "gap", "stability")
TABLES = 8


@pytest.fixture
def points():
    rng = np.random.default_rng(0)
    return rng.normal(size=(2000, 3)) @ np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]]) + 7.0


@pytest.mark.parametrize("kind", ["gaussian", "skewed"])
def test_a_gaussian_table_keeps_its_mean_and_covariance(points, kind):
    drawn = NullModel(kind).fit(points, np.arange(2000)).draw(np.arange(2000), np.random.default_rng(1))
    assert np.allclose(drawn.mean(axis=0), points.mean(axis=0), atol=0.2)
    assert np.allclose(np.cov(drawn.T), np.cov(points.T), atol=0.4)


def test_the_box_lies_along_the_principal_axes(points):
    drawn = NullModel("box").fit(points, np.arange(2000)).draw(np.arange(2000), np.random.default_rng(1))
    center = points.mean(axis=0)
    _, _, axes = np.linalg.svd(points - center, full_matrices=False)
    along, observed = (drawn - center) @ axes.T, (points - center) @ axes.T
    assert np.all(along.min(axis=0) >= observed.min(axis=0))
    assert np.all(along.max(axis=0) <= observed.max(axis=0))
    assert np.allclose(np.corrcoef(along.T), np.eye(3), atol=0.1)


def test_skewed_columns_stay_skewed_within_their_range():
    points = np.random.default_rng(0).gamma(2.0, size=(3000, 2))
    drawn = NullModel("skewed").fit(points, np.arange(3000)).draw(np.arange(3000), np.random.default_rng(1))
    straight = (
        NullModel("gaussian").fit(points, np.arange(3000)).draw(np.arange(3000), np.random.default_rng(1))
    )
    assert np.allclose(skew(drawn), skew(points), atol=0.6)
    assert np.abs(skew(straight)).max() < 0.3
    assert drawn.min() >= points.min() - 1e-9


@pytest.mark.parametrize("kind", NULL_MODELS)
def test_identical_customers_stay_identical(points, kind):
    groups = np.repeat(np.arange(500), 2)
    twins = points[:500][groups]
    drawn = fit_null_model(kind, twins, groups).draw(groups, np.random.default_rng(1))
    assert np.array_equal(drawn[::2], drawn[1::2])


def test_days_of_a_user_differ_as_they_do_in_the_table():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(300), 5)
    days = rng.normal(0, 3, size=(300, 2))[groups] + rng.normal(0, 0.5, size=(1500, 2))
    drawn = NullModel("gaussian").fit(days, groups).draw(groups, np.random.default_rng(1))
    within = drawn - drawn.reshape(300, 5, 2).mean(axis=1)[groups]
    assert within.std() == pytest.approx(0.5 * np.sqrt(4 / 5), rel=0.1)


def test_p_counts_the_observed_table_in():
    assert compare(0.9, np.full(99, 0.3))["p_value"] == pytest.approx(0.01)
    assert compare(0.2, np.full(99, 0.3))["p_value"] == pytest.approx(1.0)
    assert compare(float("nan"), np.full(99, 0.3))["p_value"] == 1.0


@pytest.mark.parametrize(("apart", "tables"), [(0.0, 10), (12.0, 39)])
def test_tables_are_drawn_as_long_as_p_may_be_significant(apart, tables):
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {"x": rng.normal(size=60) + apart * (rng.random(60) < 0.5), "y": rng.normal(size=60)}
    )
    effort = EFFORT.model_copy(update={"null_tables": 39})
    found = segment(
        table, candidates=[2], k=2, rule="fixed", effort=effort, clusterer=KMeans(n_init=1)
    ).report.null
    assert {found[kind]["tables"] for kind in NULL_MODELS} == {tables}
    assert (max(found[kind]["p_value"] for kind in NULL_MODELS) <= 0.05) == (tables == 39)


@pytest.fixture(scope="module")
def p_values():
    """P-values of tables without segments, an own sample for every rule that chooses k."""

    def p_value(rule, seed):
        table = noise_table("correlated", customers=50, axes=2, seed=seed)
        found = segment(
            table, candidates=[2, 3, 4], rule=rule, effort=EFFORT, clusterer=KMeans(n_init=2), seed=seed
        )
        return found.report.null["gaussian"]["p_value"]

    return {
        rule: [p_value(rule, TABLES * number + seed) for seed in range(TABLES)]
        for number, rule in enumerate(RULES)
    }


def test_without_segments_a_small_p_is_as_rare_as_it_says(p_values):
    """Rates over hundreds of tables, rule by rule: benchmarks/segmentation_truth.py."""
    small = {rule: sum(p <= 0.1 for p in found) for rule, found in p_values.items()}
    assert max(small.values()) <= binom.ppf(0.999, TABLES, 0.1)
    assert sum(small.values()) <= binom.ppf(0.999, TABLES * len(RULES), 0.1)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "gap"])
def test_without_segments_p_may_be_small_whatever_the_rule(p_values, rule):
    # The gap chooses one segment, and then nothing speaks against chance.
    assert min(p_values[rule]) <= 0.4


def test_real_segments_are_not_hidden_by_fewer_segments_of_chance():
    # Niches far out make skewed columns, in which two segments of nothing have a high silhouette.
    centers = np.array([[0, 0, 0, 0], [4, 0, 0, 0], [0, 4, 0, 0], [0, 0, 14, 0], [0, 0, 0, 14]])
    planted = np.repeat(np.arange(5), [110, 70, 60, 10, 10])
    points = centers[planted] + np.random.default_rng(0).normal(size=(260, 4))
    table = pd.DataFrame(points, columns=["x0", "x1", "x2", "x3"])
    effort = Resampling(bootstraps=10, splits=1, null_tables=19, null_bootstraps=3)
    found = segment(
        table, rule="elbow", candidates=list(range(2, 8)), effort=effort, clusterer=KMeans(n_init=2)
    ).report
    assert (found.k, found.verdict) == (5, "supported")
