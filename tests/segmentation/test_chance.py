import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from tests.planted.blobs import noise_table

from personae.segmentation.segment import fit_segments
from personae.segmentation.space import Space
from personae.segmentation.summary import Effort

EFFORT = Effort(bootstraps=1, splits=1, null_tables=9, null_bootstraps=3)


def segment(table, rule, seed=0, **settings):
    return fit_segments(
        table,
        Space("planted", list(table.columns)),
        clusterer={"name": "kmeans", "n_init": 2},
        rule=rule,
        seed=seed,
        workers=1,
        **{"ks": range(2, 5), "effort": EFFORT, **settings},
    ).report


@pytest.mark.parametrize("rule", ["silhouette", "elbow", "gap", "stability"])
def test_without_segments_a_small_p_is_as_rare_as_it_says(rule):
    tables = 30
    found = [segment(noise_table("correlated", customers=50, axes=2, seed=s), rule, s) for s in range(tables)]
    small = sum(one.null["gaussian"].p_value <= 0.1 for one in found)
    assert small <= binom.ppf(0.999, tables, 0.1)
    if rule != "gap":  # It chooses one segment, and then nothing speaks against chance.
        assert min(one.null["gaussian"].p_value for one in found) <= 0.4


def test_real_segments_are_not_hidden_by_fewer_segments_of_chance():
    # Niches far out make skewed columns, in which two segments of nothing have a high silhouette.
    centers = np.array([[0, 0, 0, 0], [4, 0, 0, 0], [0, 4, 0, 0], [0, 0, 14, 0], [0, 0, 0, 14]])
    planted = np.repeat(np.arange(5), [110, 70, 60, 10, 10])
    points = centers[planted] + np.random.default_rng(0).normal(size=(260, 4))
    effort = Effort(bootstraps=10, splits=1, null_tables=19, null_bootstraps=3)
    found = segment(pd.DataFrame(points, columns=list("abcd")), "elbow", ks=range(2, 8), effort=effort)
    assert (found.k, found.verdict) == (5, "supported")
