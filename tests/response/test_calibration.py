import numpy as np
import pytest
from scipy.special import expit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression

from personae.core.errors import PersonaeError
from personae.response.calibration import METHODS, calibrate, choose_calibration, log_loss, margins
from personae.response.estimators import two_columns
from personae.response.metrics import expected_calibration_error


def planted(rows, seed, stretch=3.0, shift=0.0):
    rng = np.random.default_rng(seed)
    truth = rng.normal(-1, 1.5, rows)
    return (
        two_columns(stretch * truth + shift),
        (rng.random(rows) < expit(truth)).astype(np.intp),
        expit(truth),
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("classes", [2, 3])
def test_probabilities_are_probabilities(method, classes):
    rng = np.random.default_rng(0)
    scores, target = rng.normal(0, 3, (300, classes)), rng.integers(0, classes, 300)
    found = calibrate(scores, target, method).probabilities(scores)
    assert found.shape == (300, classes)
    assert (found >= 0).all() and np.allclose(found.sum(axis=1), 1)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_overconfident_and_shifted_scores_are_mended(method):
    scores, target, _ = planted(6000, 1, shift=2.0)
    unseen, unseen_target, truth = planted(6000, 2, shift=2.0)
    raw = calibrate(scores, target, "none").probabilities(unseen)
    mended = calibrate(scores, target, method).probabilities(unseen)
    assert expected_calibration_error(unseen_target, raw) > 0.1
    assert expected_calibration_error(unseen_target, mended) < 0.025
    assert np.abs(mended[:, 1] - truth).mean() < 0.02


def test_the_sigmoid_is_platts():
    scores, target, _ = planted(2000, 3)
    model = LogisticRegression(C=np.inf).fit(scores[:, 1:], target)
    theirs = CalibratedClassifierCV(FrozenEstimator(model), method="sigmoid").fit(scores[:, 1:], target)
    ours = calibrate(scores, target, "sigmoid").probabilities(scores)
    assert np.allclose(ours, theirs.predict_proba(scores[:, 1:]), atol=1e-3)


def test_the_temperature_undoes_the_stretch():
    scores, target, _ = planted(8000, 4, stretch=4.0)
    assert calibrate(scores, target, "temperature").x[0][0] == pytest.approx(0.25, rel=0.1)


def test_perfectly_separated_scores_give_finite_probabilities():
    scores, target = two_columns(np.array([-9.0] * 20 + [9.0] * 20)), np.repeat([0, 1], 20)
    for method in METHODS:
        assert np.isfinite(calibrate(scores, target, method).probabilities(scores)).all()


def test_the_method_with_the_lowest_log_loss_on_held_out_parts_is_chosen():
    scores, target, truth = planted(3000, 5, stretch=1.0)
    part = np.arange(3000) % 5
    chosen = choose_calibration(scores, target, part, METHODS)
    assert chosen.method != "isotonic"
    assert np.abs(chosen.probabilities(scores)[:, 1] - truth).mean() < 0.02
    shifted = two_columns(scores[:, 1] * 2 + 3)
    assert choose_calibration(shifted, target, part, METHODS).method == "sigmoid"


def test_margins_of_three_classes_are_log_odds_against_the_rest():
    p = np.array([[0.2, 0.3, 0.5]])
    assert np.allclose(expit(margins(np.log(p))), p)


def test_log_loss_is_scikit_learns():
    from sklearn.metrics import log_loss as reference

    p = np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3]])
    assert log_loss(p, np.array([0, 1, 1])) == pytest.approx(reference([0, 1, 1], p))


def test_an_unknown_method_is_named():
    with pytest.raises(PersonaeError, match=r"'platt' is unknown; choose from none, sigmoid"):
        calibrate(np.zeros((4, 2)), np.array([0, 1, 0, 1]), "platt")
