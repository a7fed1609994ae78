"""The response models that settings can name, and their stack."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.special import expit, softmax
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC
from sklearn.utils.class_weight import compute_sample_weight

from personae.core.arrays import FloatArray, IntArray
from personae.response.calibration import SMALLEST, margins
from personae.response.settings import Model

SCIKIT_LEARN = {
    "logistic": LogisticRegression,
    "random_forest": RandomForestClassifier,
    "gradient_boosting": HistGradientBoostingClassifier,
    "svm": SVC,
}

Sums = Callable[[FloatArray, FloatArray], FloatArray]
# Weights and intercept of a fitted stack: one row a class (for two classes the second only).
StackWeights = tuple[FloatArray, FloatArray]


def build(model: Model) -> Any:
    """Make the unfitted estimator that the settings describe.

    Examples
    --------
    >>> from personae.response.settings import Logistic
    >>> build(Logistic(C=0.1, max_iter=1000))
    LogisticRegression(C=0.1, max_iter=1000)
    """
    options = model.model_dump(exclude={"type", "class_weight"})
    if model.type != "xgboost":
        return SCIKIT_LEARN[model.type](**options)
    from xgboost import XGBClassifier  # noqa: PLC0415 - a third of a second, only where it is named

    return XGBClassifier(n_jobs=1, tree_method="hist", **options)


def fit(model: Model, inputs: FloatArray, target: IntArray, seed: int) -> Any:
    """Fit a model; `seed` becomes its random state where it has one."""
    estimator = build(model)
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=seed)
    weight = None if model.class_weight is None else compute_sample_weight(model.class_weight, target)
    return estimator.fit(inputs, target, sample_weight=weight)


def scores(estimator: Any, inputs: FloatArray, sums: Sums | None = None) -> FloatArray:
    """Finite log-probabilities up to a constant per row, shape (rows, classes).

    A support vector machine has none and gives its decision values: calibrate them. `sums` takes the place of
    the matrix product in linear models.
    """
    if isinstance(estimator, RandomForestClassifier):
        return np.asarray(np.log(np.clip(_forest(estimator, inputs), SMALLEST, 1.0)))
    if sums is not None and isinstance(estimator, LogisticRegression):
        return np.asarray(np.log(np.clip(_logistic(estimator, inputs, sums), SMALLEST, 1.0)))
    if hasattr(estimator, "predict_proba"):
        return np.asarray(np.log(np.clip(estimator.predict_proba(inputs).astype(np.float64), SMALLEST, 1.0)))
    decision = estimator.decision_function(inputs)
    return two_columns(decision) if decision.ndim == 1 else np.asarray(decision, dtype=np.float64)


def _logistic(model: LogisticRegression, inputs: FloatArray, sums: Sums) -> FloatArray:
    decision = sums(inputs, model.coef_) + model.intercept_
    if decision.shape[1] > 1:
        return np.asarray(softmax(decision, axis=1))
    event = expit(decision[:, 0])
    return np.column_stack([1 - event, event])


def row_sums(inputs: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighted sums of each row by itself, shape (rows, weights).

    A matrix product gives the same but for the last bit, which depends on the rows around.
    """
    return np.asarray(np.einsum("ij,kj->ik", np.ascontiguousarray(inputs), np.ascontiguousarray(weights)))


def _forest(forest: RandomForestClassifier, inputs: FloatArray) -> FloatArray:
    """Mean of the trees' probabilities, as the forest gives it, without the cost of a job a tree."""
    rows = np.asarray(inputs, dtype=np.float32)
    total = np.zeros((len(rows), len(forest.classes_)))
    for tree in forest.estimators_:
        total += tree.tree_.predict(rows)[:, : total.shape[1]]
    return total / len(forest.estimators_)


def two_columns(margin: FloatArray) -> FloatArray:
    """Write log-odds, shape (rows,), as scores of two classes."""
    return np.column_stack([-margin / 2, margin / 2])


def fit_stack(members: Sequence[FloatArray], target: IntArray, C: float) -> StackWeights:
    """Fit a logistic regression on members' out-of-fold scores (Wolpert 1992)."""
    inputs = np.hstack([margins(scores) for scores in members])
    spread = np.maximum(inputs.std(axis=0), 1e-12)
    fitted = LogisticRegression(C=C, max_iter=1000).fit(inputs / spread, target)
    return fitted.coef_ / spread, fitted.intercept_


def stacked_scores(
    stack: StackWeights | None, members: Sequence[FloatArray], sums: Sums | None = None
) -> FloatArray:
    """Combine the members' scores into one array, shape (rows, classes).

    Without weights there is one member, and its scores are given as they are. `sums` as in `scores`.
    """
    if stack is None:
        return members[0]
    weights, intercept = stack
    inputs = np.hstack([margins(scores) for scores in members])
    combined = (inputs @ weights.T if sums is None else sums(inputs, weights)) + intercept
    return two_columns(combined[:, 0]) if combined.shape[1] == 1 else np.asarray(combined)
