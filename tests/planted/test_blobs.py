import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import skew
from tests.planted.blobs import NOISES, noise_table, planted_segments


@pytest.mark.parametrize("k", [1, 2, 7])
def test_centres_are_as_far_apart_as_asked(k):
    table, labels = planted_segments(k, customers=20_000, separation=9.0, seed=k)
    within = np.mean([table[labels == label].std() for label in range(k)], axis=0)
    centers = np.array([table[labels == label].mean() / within for label in range(k)])
    assert len(np.unique(labels)) == k
    assert k == 1 or pdist(centers).min() == pytest.approx(9.0, rel=0.2)


@pytest.mark.parametrize("kind", NOISES)
def test_noise_has_the_shape_it_says(kind):
    table = noise_table(kind, customers=20_000, seed=3)
    largest = np.abs(np.corrcoef(table.T) - np.eye(4)).max()
    assert (largest > 0.2) == (kind in ("correlated", "skewed"))
    assert (np.abs(skew(table)) > 1).all() == (kind == "skewed")


def test_a_seed_gives_the_same_table():
    assert noise_table("skewed", seed=1).equals(noise_table("skewed", seed=1))
    assert planted_segments(3, seed=1)[0].equals(planted_segments(3, seed=1)[0])
