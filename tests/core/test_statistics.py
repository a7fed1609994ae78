import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from personae.core.statistics import adjust

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@pytest.mark.parametrize(("method", "theirs"), [("holm", "holm"), ("bh", "fdr_bh")])
@settings(max_examples=40, deadline=None)
@given(p_values=P_VALUES)
def test_equals_statsmodels(method, theirs, p_values):
    expected = multipletests(p_values, method=theirs)[1]
    np.testing.assert_allclose(adjust(p_values, method), expected, rtol=0, atol=1e-12)


def test_bh_equals_scipy():
    p_values = np.random.default_rng(0).uniform(size=40) ** 2
    np.testing.assert_allclose(adjust(p_values, "bh"), false_discovery_control(p_values), atol=1e-12)


@pytest.mark.parametrize("method", ["holm", "bh"])
def test_tests_not_made_do_not_count(method):
    with_gaps = adjust([np.nan, 0.02, np.nan, 0.01], method)
    np.testing.assert_allclose(with_gaps[[3, 1]], adjust([0.01, 0.02], method))
    assert np.isnan(with_gaps[[0, 2]]).all()
    assert np.isnan(adjust([np.nan], method)).all()
