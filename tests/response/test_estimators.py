import numpy as np
import pytest

from personae.response.calibration import Calibration
from personae.response.estimators import fit, fit_stack, row_sums, scores, stacked_scores
from personae.response.settings import BoostedTrees, Classify, GradientBoosting, Logistic, RandomForest, Svm

SMALL = [
    Logistic(),
    RandomForest(n_estimators=20),
    GradientBoosting(max_iter=20),
    Svm(),
    BoostedTrees(n_estimators=20),
]
EVERY_TYPE = pytest.mark.parametrize("model", SMALL, ids=lambda model: model.type)


@EVERY_TYPE
@pytest.mark.parametrize("classes", [2, 3])
def test_every_type_learns_and_gives_finite_scores(model, classes):
    rng = np.random.default_rng(0)
    target = rng.integers(0, classes, 200)
    inputs = rng.normal(size=(200, 4)) + 2 * np.eye(4)[target]
    found = scores(fit(model, inputs, target, 1), inputs)
    assert found.shape == (200, classes) and np.isfinite(found).all()
    assert (found.argmax(axis=1) == target).mean() > 0.8


@EVERY_TYPE
def test_balanced_weights_raise_the_rare_class(model):
    rng = np.random.default_rng(1)
    target = (rng.random(600) < 0.1).astype(int)
    inputs = rng.normal(size=(600, 2)) + 0.8 * target[:, None]
    margin = []
    for weight in (None, "balanced"):
        weighted = model.model_copy(update={"class_weight": weight})
        found = scores(fit(weighted, inputs, target, 1), inputs)
        margin.append((found[:, 1] - found[:, 0]).mean())
    assert margin[1] > margin[0]


def test_the_same_seed_gives_the_same_scores_and_another_seed_others():
    rng = np.random.default_rng(2)
    inputs, target = rng.normal(size=(100, 3)), rng.integers(0, 2, 100)
    model = RandomForest(n_estimators=10)
    one, again, other = (scores(fit(model, inputs, target, seed), inputs) for seed in (1, 1, 2))
    assert (one == again).all() and (one != other).any()


@pytest.mark.parametrize("classes", [2, 3])
def test_a_stack_weighs_the_informative_member(classes):
    rng = np.random.default_rng(3)
    target = rng.integers(0, classes, 500)
    good, noise = (
        2 * np.eye(classes)[target] + rng.normal(size=(500, classes)),
        rng.normal(size=(500, classes)),
    )
    stack = fit_stack([noise, good], target, 1.0)
    found = Calibration("none").probabilities(stacked_scores(stack, [noise, good]))
    assert found.shape == (500, classes)
    weights = np.abs(stack[0])
    half = weights.shape[1] // 2
    assert weights[:, half:].sum() > 3 * weights[:, :half].sum()


def test_an_unknown_type_is_named():
    with pytest.raises(
        ValueError, match="'catboost' found using 'type' does not match any of the expected tags: 'logistic'"
    ):
        Classify(target="answer", features=["income"], models={"cat": {"type": "catboost"}})


@EVERY_TYPE
@pytest.mark.parametrize("classes", [2, 3])
def test_a_row_has_the_same_scores_to_the_bit_in_any_batch(model, classes):
    rng = np.random.default_rng(4)
    target, inputs = rng.integers(0, classes, 203), rng.normal(size=(203, 23))
    fitted = fit(model, inputs, target, 1)
    whole = scores(fitted, inputs, row_sums)
    assert whole == pytest.approx(scores(fitted, inputs), rel=1e-12)
    for size in (1, 7):
        pieces = [scores(fitted, inputs[start : start + size], row_sums) for start in range(0, 203, size)]
        assert (np.concatenate(pieces) == whole).all()
    stack = fit_stack([whole, whole[::-1]], target, 1.0)
    together = stacked_scores(stack, [whole, whole[::-1]], row_sums)
    assert (stacked_scores(stack, [whole[5:6], whole[::-1][5:6]], row_sums) == together[5]).all()
