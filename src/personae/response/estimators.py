"""The response models that settings can name, their scores, and the stack of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC
from sklearn.utils.class_weight import compute_sample_weight

from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.response.calibration import SMALLEST, margins

SCIKIT_LEARN = {
    "logistic": LogisticRegression,
    "random_forest": RandomForestClassifier,
    "gradient_boosting": HistGradientBoostingClassifier,
    "svm": SVC,
}
TYPES = (*SCIKIT_LEARN, "xgboost")


@dataclass(frozen=True, slots=True)
class Model:
    """An unfitted classifier and how its classes are weighted (None: as they are, or "balanced")."""

    estimator: Any
    class_weight: str | None = None


@dataclass(frozen=True, slots=True)
class Stack:
    """A logistic regression, with inverse penalty `C`, on the scores of the named models (Wolpert 1992)."""

    members: tuple[str, ...]
    C: float


@dataclass(frozen=True, slots=True)
class FittedStack:
    """Weights of a fitted stack: one row a class (for two classes the second only)."""

    members: tuple[str, ...]
    weights: FloatArray
    intercept: FloatArray

    def scores(self, members: Sequence[FloatArray]) -> FloatArray:
        """Combine the members' scores, each of shape (rows, classes), into one array of that shape."""
        found = np.hstack([margins(scores) for scores in members]) @ self.weights.T + self.intercept
        return two_columns(found[:, 0]) if found.shape[1] == 1 else np.asarray(found)


def build(kind: str, *, class_weight: str | None = None, **parameters: Any) -> Model:
    """Make an unfitted model by its name in the settings.

    Parameters
    ----------
    kind : one of `TYPES`
    class_weight : None or "balanced"
    parameters : of the scikit-learn or XGBoost class, under its own names

    Examples
    --------
    >>> build("logistic", C=0.1, max_iter=1000).estimator
    LogisticRegression(C=0.1, max_iter=1000)
    """
    if kind == "xgboost":
        from xgboost import XGBClassifier  # noqa: PLC0415 - a third of a second, only where it is named

        return Model(XGBClassifier(**{"n_jobs": 1, "tree_method": "hist", **parameters}), class_weight)
    if kind not in SCIKIT_LEARN:
        raise PersonaeError(f"model type '{kind}' is unknown; choose from {', '.join(TYPES)}")
    return Model(SCIKIT_LEARN[kind](**parameters), class_weight)


def fit(model: Model, inputs: FloatArray, target: IntArray, seed: int) -> Any:
    """Fit a copy of the model's estimator; `seed` replaces its random state where it has one."""
    estimator = clone(model.estimator)
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=seed)
    weight = None if model.class_weight is None else compute_sample_weight(model.class_weight, target)
    return estimator.fit(inputs, target, sample_weight=weight)


def scores(estimator: Any, inputs: FloatArray) -> FloatArray:
    """Log-probability of each class up to a constant per row, shape (rows, classes); finite.

    A support vector machine has none and gives its decision values: calibrate them.
    """
    if hasattr(estimator, "predict_proba"):
        return np.asarray(np.log(np.clip(estimator.predict_proba(inputs).astype(np.float64), SMALLEST, 1.0)))
    decision = estimator.decision_function(inputs)
    return two_columns(decision) if decision.ndim == 1 else np.asarray(decision, dtype=np.float64)


def two_columns(margin: FloatArray) -> FloatArray:
    """Write log-odds, shape (rows,), as scores of two classes."""
    return np.column_stack([-margin / 2, margin / 2])


def fit_stack(stack: Stack, members: Sequence[FloatArray], target: IntArray) -> FittedStack:
    """Fit the stack's weights on the members' scores out of fold, in the order of `stack.members`."""
    inputs = np.hstack([margins(scores) for scores in members])
    spread = np.maximum(inputs.std(axis=0), 1e-12)
    fitted = LogisticRegression(C=stack.C, max_iter=1000).fit(inputs / spread, target)
    return FittedStack(stack.members, fitted.coef_ / spread, fitted.intercept_)
