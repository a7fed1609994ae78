import numpy as np
import pytest
from sklearn import metrics as reference

from personae.response import metrics


def case(classes, rows=500, seed=0):
    rng = np.random.default_rng(seed)
    target = rng.integers(0, classes, rows)
    scores = rng.normal(size=(rows, classes)) + 1.2 * np.eye(classes)[target]
    return target, np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


def test_two_classes_agree_with_scikit_learn():
    target, p = case(2)
    found, said = metrics.figures(target, p), p.argmax(axis=1)
    assert found["accuracy"] == pytest.approx(reference.accuracy_score(target, said))
    assert found["balanced_accuracy"] == pytest.approx(reference.balanced_accuracy_score(target, said))
    assert found["precision"] == pytest.approx(reference.precision_score(target, said))
    assert found["f1"] == pytest.approx(reference.f1_score(target, said))
    assert found["roc_auc"] == pytest.approx(reference.roc_auc_score(target, p[:, 1]))
    assert found["average_precision"] == pytest.approx(reference.average_precision_score(target, p[:, 1]))
    assert found["brier"] == pytest.approx(reference.brier_score_loss(target, p[:, 1]))


def test_three_classes_are_macro_averages():
    target, p = case(3)
    found, said = metrics.figures(target, p), p.argmax(axis=1)
    assert found["recall"] == pytest.approx(reference.recall_score(target, said, average="macro"))
    assert found["roc_auc"] == pytest.approx(reference.roc_auc_score(target, p, multi_class="ovr"))
    assert found["average_precision"] == pytest.approx(
        reference.average_precision_score(np.eye(3)[target], p)
    )
    assert found["brier"] == pytest.approx(reference.brier_score_loss(target, p, scale_by_half=True))


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("seed", range(5))
def test_ties_and_classes_that_are_never_predicted_agree_with_scikit_learn(classes, seed):
    target, p = case(classes, rows=30, seed=seed)
    p = np.column_stack([np.zeros(30), p.round(1)[:, 1:] + 0.01])
    p /= p.sum(axis=1, keepdims=True)
    found, said = metrics.figures(target, p), p.argmax(axis=1)
    counted = {"labels": [1] if classes == 2 else np.unique(target), "average": "macro", "zero_division": 0}
    for name in ("precision", "recall", "f1"):
        assert found[name] == pytest.approx(
            getattr(reference, f"{name}_score")(target, said, **counted), abs=1e-12
        )
    labels = [1] if classes == 2 else np.unique(target)
    auc = np.mean([reference.roc_auc_score(target == k, p[:, k]) for k in labels])
    assert found["roc_auc"] == pytest.approx(auc, abs=1e-12)
    recall = reference.recall_score(target, said, labels=np.unique(target), average="macro")
    assert found["balanced_accuracy"] == pytest.approx(recall, abs=1e-12)


def test_a_class_that_no_row_has_is_left_out_and_one_class_has_no_ranking():
    target, p = case(3)
    kept = target != 2
    assert np.isfinite(list(metrics.figures(target[kept], p[kept]).values())).all()
    assert np.isnan(metrics.figures(np.zeros(5, dtype=int), p[:5, :2])["roc_auc"])


def test_true_probabilities_have_almost_no_pooled_calibration_error():
    rng = np.random.default_rng(1)
    p = rng.beta(1, 5, 20_000)
    target = (rng.random(20_000) < p).astype(int)
    assert metrics.expected_calibration_error(target, np.column_stack([1 - p, p])) < 0.01
    q = np.clip(p + 0.2, 0, 1)
    assert metrics.expected_calibration_error(target, np.column_stack([1 - q, q])) == pytest.approx(
        0.2, abs=0.02
    )


def test_the_corrected_interval_is_wider_than_the_naive_one_and_keeps_its_level():
    """Under shared training rows the naive t test rejects far too often (Nadeau and Bengio 2003)."""
    rng = np.random.default_rng(2)
    share, studies, covered = 0.2, 400, 0
    for _ in range(studies):
        common = rng.normal(0, np.sqrt(share / (1 - share)))
        gaps = common + rng.normal(0, 1, (10, 5))
        _, lower, upper, _ = metrics.corrected_interval(gaps, test_share=share)
        covered += lower <= 0 <= upper
    assert 0.92 <= covered / studies <= 0.98


def test_equal_models_do_not_differ():
    assert metrics.corrected_interval(np.zeros((2, 5)), test_share=0.2) == (0, 0, 0, 1)
