import numpy as np
import pytest
from scipy.spatial.distance import pdist
from sklearn.cluster import KMeans
from tests.planted.shapes import NAMED, OTHERS, table_of


@pytest.mark.parametrize("kind", [*NAMED, *OTHERS])
def test_a_seed_gives_the_same_complete_table(kind):
    table, k = table_of(kind, 40, 7)
    assert len(table) == 40
    assert k >= 1
    assert not table.isna().any().any()
    assert table.equals(table_of(kind, 40, 7)[0])
    assert not table.equals(table_of(kind, 40, 8)[0])


def test_equal_blobs_are_as_far_apart_as_their_name_says():
    table, k = table_of("5 sd, 3 columns", 4_000, 1)
    fitted = KMeans(k, n_init=5, random_state=0).fit(table)
    within = np.sqrt(fitted.inertia_ / table.size)
    assert pdist(fitted.cluster_centers_).min() / within == pytest.approx(5, rel=0.1)
