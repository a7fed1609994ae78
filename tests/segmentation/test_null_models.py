import numpy as np
import pytest
from scipy.stats import skew

from personae.segmentation.null_models import LAWS, compare, fit_null


@pytest.fixture
def points():
    rng = np.random.default_rng(0)
    return rng.normal(size=(2000, 3)) @ np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]]) + 7.0


@pytest.mark.parametrize("law", ["gaussian", "skewed"])
def test_a_gaussian_table_keeps_its_mean_and_covariance(points, law):
    drawn = fit_null(law, points, np.arange(2000)).draw(np.arange(2000), np.random.default_rng(1))
    assert np.allclose(drawn.mean(axis=0), points.mean(axis=0), atol=0.2)
    assert np.allclose(np.cov(drawn.T), np.cov(points.T), atol=0.4)


def test_the_box_lies_along_the_principal_axes(points):
    drawn = fit_null("box", points, np.arange(2000)).draw(np.arange(2000), np.random.default_rng(1))
    center = points.mean(axis=0)
    _, _, axes = np.linalg.svd(points - center, full_matrices=False)
    along, observed = (drawn - center) @ axes.T, (points - center) @ axes.T
    assert np.all(along.min(axis=0) >= observed.min(axis=0))
    assert np.all(along.max(axis=0) <= observed.max(axis=0))
    assert np.allclose(np.corrcoef(along.T), np.eye(3), atol=0.1)


def test_skewed_columns_stay_skewed_within_their_range():
    points = np.random.default_rng(0).gamma(2.0, size=(3000, 2))
    drawn = fit_null("skewed", points, np.arange(3000)).draw(np.arange(3000), np.random.default_rng(1))
    straight = fit_null("gaussian", points, np.arange(3000)).draw(np.arange(3000), np.random.default_rng(1))
    assert np.allclose(skew(drawn), skew(points), atol=0.6)
    assert np.abs(skew(straight)).max() < 0.3
    assert drawn.min() >= points.min() - 1e-9


@pytest.mark.parametrize("law", LAWS)
def test_identical_customers_stay_identical(points, law):
    groups = np.repeat(np.arange(500), 2)
    twins = points[:500][groups]
    drawn = fit_null(law, twins, groups).draw(groups, np.random.default_rng(1))
    assert np.array_equal(drawn[::2], drawn[1::2])


def test_days_of_a_user_differ_as_they_do_in_the_table():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(300), 5)
    days = rng.normal(0, 3, size=(300, 2))[groups] + rng.normal(0, 0.5, size=(1500, 2))
    drawn = fit_null("gaussian", days, groups).draw(groups, np.random.default_rng(1))
    within = drawn - drawn.reshape(300, 5, 2).mean(axis=1)[groups]
    assert within.std() == pytest.approx(0.5 * np.sqrt(4 / 5), rel=0.1)


def test_p_counts_the_observed_table_in():
    assert compare(0.9, np.full(99, 0.3)).p_value == pytest.approx(0.01)
    assert compare(0.2, np.full(99, 0.3)).p_value == pytest.approx(1.0)
    assert compare(float("nan"), np.full(99, 0.3)).p_value == 1.0
