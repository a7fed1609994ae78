"""Promises of noise: intervals are those of the reports, and a difference must leave 0 out of its own."""

import numpy as np
import pytest

from personae.core.noise import Estimate, difference, is_significant, with_intervals


def test_bounds_and_spreads_are_no_figures_of_their_own():
    flat = {
        "segment.stability.ari_mean": 0.9,
        "segment.stability.ari_sd": 0.1,
        "target.profit.model": 5.0,
        "target.profit.model_ci.0": 1.0,
        "target.profit.model_ci.1": 8.0,
        "promote.lift_lower": 1.2,
        "sweep.fresh.quality": 0.5,
        "sweep.fresh.quality.low": 0.4,
        "sweep.fresh.quality.high": 0.6,
    }
    found = with_intervals(flat)
    assert set(found) == {
        "segment.stability.ari_mean",
        "target.profit.model",
        "promote.lift_lower",
        "sweep.fresh.quality",
    }
    assert found["segment.stability.ari_mean"].bounds == pytest.approx((0.704, 1.096), abs=1e-4)
    assert found["target.profit.model"].bounds == (1.0, 8.0)
    assert found["promote.lift_lower"].bounds is None


def test_the_mean_over_folds_is_surer_than_a_fold_but_not_as_if_folds_were_independent():
    name = "classify.models.svm.accuracy"
    flat = {f"{name}.mean": 0.8, f"{name}.pooled": 0.81, f"{name}.sd": 0.1}
    found = with_intervals(flat | {"classify.folds": 5, "classify.repeats": 10})
    half = 1.959964 * 0.1 * (1 / 50 + 1 / 4) ** 0.5
    assert found[f"{name}.mean"].bounds == pytest.approx((0.8 - half, 0.8 + half))
    assert found[f"{name}.pooled"].bounds == pytest.approx((0.81 - half, 0.81 + half))
    half = 1.959964 * 0.1
    assert with_intervals(flat)[f"{name}.mean"].bounds == pytest.approx((0.8 - half, 0.8 + half))


def test_equal_populations_seldom_and_distant_ones_always_exceed_noise():
    rng = np.random.default_rng(0)

    def measured(truth):
        sample = rng.normal(truth, 1.0, 100)
        return Estimate(sample.mean(), sample.mean() - 0.196, sample.mean() + 0.196)

    assert 0.02 < np.mean([is_significant(difference(measured(0), measured(0))) for _ in range(1000)]) < 0.08
    assert all(is_significant(difference(measured(0), measured(1))) for _ in range(100))


def test_without_an_interval_nothing_is_said_of_noise():
    assert is_significant(difference(Estimate(1.0), Estimate(2.0, 1.0, 3.0))) is None
