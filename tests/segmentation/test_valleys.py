import numpy as np
import pytest

from personae.segmentation.valleys import elsewhere, local_depth, spread_ties, valley


def test_valley_p_values_hold_their_level_where_customers_lie_evenly():
    rng = np.random.default_rng(0)
    p = [valley(rng.uniform(-0.5, 1.5, (1, 100)))[0] for _ in range(1000)]
    assert np.mean(np.array(p) <= 0.05) <= 0.08


def test_the_bend_of_an_arc_is_a_ridge_and_not_a_valley():
    angle = np.random.default_rng(0).uniform(0, np.pi, 400)
    position = (1 - np.cos(angle)) / 2 * 1.4 - 0.2
    across = np.column_stack([np.sin(angle), np.zeros(400)])
    assert local_depth(position, across) > 1
    assert local_depth(position, np.zeros((400, 2))) < 1


@pytest.mark.parametrize("rotated", [False, True])
def test_columns_of_noise_do_not_hide_the_bend_of_a_ring(rotated):
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, 2 * np.pi, 400)
    position = (np.cos(angle) + 0.64) / 1.28
    across = np.column_stack([np.sin(angle), 0.5 * rng.normal(size=(400, 3))])
    turned = across @ np.linalg.qr(rng.normal(size=(4, 4)))[0] if rotated else across
    assert local_depth(position, turned) > 1
    across[:, 0] = rng.permutation(across[:, 0])
    assert local_depth(position, across) < 0.9


def test_where_halfway_is_like_the_centroids_no_direction_is_found():
    rng = np.random.default_rng(0)
    levels = rng.integers(3, size=(80, 4)).astype(float)
    found = [elsewhere(rng.normal(size=(20, 4)), rng.normal(size=(60, 4))) for _ in range(200)]
    assert sum(map(len, found)) <= 2
    assert not elsewhere(levels[:20], levels[20:])


@pytest.mark.parametrize("levels", [2, 3, 6])
def test_levels_that_the_line_tilts_are_no_other_place(levels):
    rng = np.random.default_rng(0)
    humps = rng.random(600) < 0.5
    position = humps + 0.25 * rng.normal(size=600)
    columns = np.column_stack([rng.normal(size=600), rng.integers(levels, size=600)])
    plain, tilted = local_depth(position, columns[:, :1]), columns - 0.15 * position[:, None]
    assert local_depth(position, tilted) < max(0.9, 1.3 * plain)


def test_one_column_of_levels_is_spread_to_no_valley_and_ten_that_agree_keep_theirs():
    rng = np.random.default_rng(0)
    one = rng.integers(2, size=(400, 1)).astype(float)
    for points, deep in ((one, False), (np.repeat(one, 10, axis=1), True)):
        along = np.ones(points.shape[1])
        position = points.mean(axis=1)
        spread = spread_ties(position, points, along, np.arange(points.shape[1]), rng)
        assert (valley(spread[None])[1] < 0.3) == deep


def test_values_of_a_continuous_column_stay():
    points = np.random.default_rng(0).normal(size=(50, 2))
    along = np.array([1.0, 0.0])
    spread = spread_ties(points @ along, points, along, np.arange(2), np.random.default_rng(1))
    assert np.array_equal(spread, points @ along)


def test_the_local_depth_does_not_depend_on_the_number_of_customers():
    rng = np.random.default_rng(0)
    humps = rng.random(6000) < 0.5
    position = humps + 0.25 * rng.normal(size=6000)
    across = rng.uniform(size=(6000, 1))
    few = local_depth(position[:600], across[:600])
    assert few == pytest.approx(local_depth(position, across), abs=0.1)
    assert local_depth(np.sort(position), across) == pytest.approx(few, abs=0.1)
