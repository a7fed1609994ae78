"""Calibration of scores: none, sigmoid, isotonic or temperature, fitted out of fold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp, softmax
from sklearn.isotonic import IsotonicRegression

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.core.errors import PersonaeError

METHODS = ("none", "sigmoid", "isotonic", "temperature")
SMALLEST = 1e-4


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted map from scores to probabilities, in plain numbers for JSON.

    `x` and `y` hold, for each class (for two classes: the second only), slope and intercept (sigmoid), the
    points of the step function (isotonic) or the inverse temperature.
    """

    method: str
    x: Sequence[Sequence[float]] = ()
    y: Sequence[Sequence[float]] = ()

    def probabilities(self, scores: FloatArray) -> FloatArray:
        """Turn scores, shape (rows, classes), into probabilities that sum to 1."""
        if self.method == "none":
            return np.asarray(softmax(scores, axis=1))
        if self.method == "temperature":
            return np.asarray(softmax(scores * self.x[0][0], axis=1))
        margin = margins(scores)
        one_class = _sigmoid if self.method == "sigmoid" else _steps
        maps = enumerate(zip(self.x, self.y, strict=True))
        columns = [one_class(margin[:, k], np.array(x), np.array(y)) for k, (x, y) in maps]
        kept = np.clip(np.column_stack(columns), SMALLEST, 1 - SMALLEST)
        if kept.shape[1] == 1:
            return np.column_stack([1 - kept[:, 0], kept[:, 0]])
        return np.asarray(kept / kept.sum(axis=1, keepdims=True))


def margins(scores: FloatArray) -> FloatArray:
    """Log-odds of each class; for two classes of the second only.

    Examples
    --------
    >>> margins(np.log([[0.2, 0.8]])).round(3).tolist()
    [[1.386]]
    """
    if scores.shape[1] == 2:
        return scores[:, 1:] - scores[:, :1]
    rest = [logsumexp(np.delete(scores, k, axis=1), axis=1) for k in range(scores.shape[1])]
    return np.asarray(scores - np.column_stack(rest))


def calibrate(scores: FloatArray, target: IntArray, method: str) -> Calibration:
    """Fit one method on scores that were predicted out of fold.

    Sources: sigmoid Platt (1999), isotonic Zadrozny and Elkan (2002; one class against the rest, then
    normalised), temperature Guo et al. (2017).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.normal(size=4000); target = (rng.random(4000) < 1 / (1 + np.exp(-truth))).astype(int)
    >>> overconfident = np.column_stack([0 * truth, 3 * truth])
    >>> round(calibrate(overconfident, target, "temperature").x[0][0], 1)
    0.3
    """
    if method == "none":
        return Calibration("none")
    if method == "temperature":
        return Calibration("temperature", ((_inverse_temperature(scores, target),),))
    if method not in METHODS:
        raise PersonaeError(f"calibration '{method}' is unknown; choose from {', '.join(METHODS)}")
    margin = margins(scores)
    classes = (1,) if margin.shape[1] == 1 else range(margin.shape[1])
    one_class = _fit_sigmoid if method == "sigmoid" else _fit_steps
    fitted = [one_class(margin[:, k], target == label) for k, label in enumerate(classes)]
    return Calibration(method, tuple(x for x, _ in fitted), tuple(y for _, y in fitted))


def choose_calibration(
    scores: FloatArray, target: IntArray, part: IntArray, methods: Sequence[str]
) -> Calibration:
    """Choose the calibration by cross-validated log loss, refitted on all rows.

    Parameters
    ----------
    scores : predicted out of fold, shape (rows, classes)
    part : inner fold of each row
    methods : from `METHODS`; the earlier wins a tie
    """
    if len(methods) == 1:
        return calibrate(scores, target, methods[0])
    losses = []
    for method in methods:
        losses.append(0.0)
        for held in np.unique(part):
            test = part == held
            fitted = calibrate(scores[~test], target[~test], method)
            losses[-1] += log_loss(fitted.probabilities(scores[test]), target[test]) * test.sum()
    return calibrate(scores, target, methods[int(np.argmin(losses))])


def log_loss(probabilities: FloatArray, target: IntArray) -> float:
    """Mean negative log probability of what happened, probabilities kept above `SMALLEST`."""
    happened = np.take_along_axis(probabilities, target[:, None], axis=1)
    return float(-np.log(np.maximum(happened, SMALLEST)).mean())


def _inverse_temperature(scores: FloatArray, target: IntArray) -> float:
    def loss(log_beta: float) -> float:
        return float(
            -np.take_along_axis(log_softmax(scores * np.exp(log_beta), axis=1), target[:, None], 1).mean()
        )

    return float(np.exp(minimize_scalar(loss, bounds=(-5.0, 5.0), method="bounded").x))


def _fit_sigmoid(margin: FloatArray, happened: BoolArray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Fit Platt's sigmoid with smoothed targets by Newton's method."""
    events = happened.sum()
    goal = np.where(happened, (events + 1) / (events + 2), 1 / (len(happened) - events + 2))
    centre, spread = margin.mean(), max(float(margin.std()), 1e-12)
    design = np.column_stack([(margin - centre) / spread, np.ones_like(margin)])
    beta = np.array([0.0, np.log(goal.mean() / (1 - goal.mean()))])
    for _ in range(50):
        p = 1 / (1 + np.exp(-design @ beta))
        weight = np.maximum(p * (1 - p), 1e-9)
        step = np.linalg.solve(
            design.T @ (design * weight[:, None]) + 1e-9 * np.eye(2), design.T @ (goal - p)
        )
        beta = beta + np.clip(step, -4, 4)
        if np.abs(step).max() < 1e-10:
            break
    slope = float(beta[0] / spread)
    return (slope,), (float(beta[1] - slope * centre),)


def _sigmoid(margin: FloatArray, slope: FloatArray, intercept: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-np.clip(slope * margin + intercept, -500, 500))))


def _fit_steps(margin: FloatArray, happened: BoolArray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    steps = IsotonicRegression(out_of_bounds="clip").fit(margin, happened.astype(float))
    return tuple(steps.X_thresholds_.tolist()), tuple(steps.y_thresholds_.tolist())


def _steps(margin: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    return np.interp(margin, x, y)
