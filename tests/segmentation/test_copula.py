import numpy as np
import pytest
from scipy.stats import spearmanr

from personae.segmentation.copula import fit_copula


def test_margins_stay_and_correlations_come_back():
    rng = np.random.default_rng(0)
    latent = rng.multivariate_normal([0, 0, 0], [[1, 0.7, 0.4], [0.7, 1, 0], [0.4, 0, 1]], 800)
    points = np.column_stack(
        [np.exp(latent[:, 0]), (latent[:, 1] > 0.3).astype(float), np.round(latent[:, 2] * 2)]
    )
    model = fit_copula(points, np.arange(800))
    drawn = model.draw(np.arange(800), rng)
    assert np.array_equal(np.sort(drawn, axis=0), np.sort(points, axis=0))
    assert spearmanr(drawn).statistic == pytest.approx(spearmanr(points).statistic, abs=0.1)
    assert not model.humped.any()


def test_a_continuous_column_of_two_humps_becomes_normal_and_a_coin_does_not():
    rng = np.random.default_rng(1)
    coin = rng.integers(2, size=400).astype(float)
    points = np.column_stack([6 * coin + rng.normal(size=400), coin])
    model = fit_copula(points, np.arange(400))
    drawn = model.draw(np.arange(400), rng)
    assert model.humped.tolist() == [True, False]
    assert drawn.std(axis=0) == pytest.approx(points.std(axis=0), rel=0.05)
    assert set(drawn[:, 1]) == {0.0, 1.0}


def test_levels_of_a_category_are_dealt_out_whole():
    rng = np.random.default_rng(2)
    points = np.column_stack([np.eye(3)[rng.integers(3, size=90)], rng.normal(size=90)])
    drawn = fit_copula(points, np.arange(90), np.array([0, 0, 0, 1])).draw(np.arange(90), rng)
    assert (drawn[:, :3].sum(axis=1) == 1).all()
    assert drawn[:, :3].sum(axis=0).tolist() == points[:, :3].sum(axis=0).tolist()


def test_rows_of_a_unit_share_a_draw():
    points = np.repeat(np.random.default_rng(3).normal(size=(40, 2)), 2, axis=0)
    groups = np.repeat(np.arange(40), 2)
    drawn = fit_copula(points, groups).draw(groups, np.random.default_rng(4))
    assert np.array_equal(drawn[::2], drawn[1::2])
