"""Figures of predicted probabilities, and intervals of differences over repeated folds."""

import numpy as np
from scipy import stats
from sklearn.metrics import average_precision_score

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.core.statistics import roc_auc

NAMES = (
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "roc_auc",
    "average_precision",
    "brier",
    "ece",
)
BINS = 10
EXACT_BELOW = 30


def figures(target: IntArray, probabilities: FloatArray) -> dict[str, float]:
    """Compute the nine figures of `NAMES`.

    Parameters
    ----------
    target : class codes 0..K-1, shape (rows,)
    probabilities : shape (rows, K), rows sum to 1; the predicted class is the most probable one

    Returns
    -------
    dict
        For two classes precision, recall, F1, ROC AUC and average precision are those of class 1 and Brier is
        its mean squared error. For more they are macro averages over the classes that occur, each against
        the rest, Brier is half the summed squared error and ECE is that of the most probable class.

    Examples
    --------
    >>> result = figures(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]))
    >>> {name: round(result[name], 3) for name in ("accuracy", "precision", "roc_auc", "brier")}
    {'accuracy': 0.667, 'precision': 0.5, 'roc_auc': 1.0, 'brier': 0.137}
    """
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    labels = np.unique(target)
    right = np.bincount(target[predicted == target], minlength=classes)
    actual, claimed = np.bincount(target, minlength=classes), np.bincount(predicted, minlength=classes)
    counted = [1] if classes == 2 else labels
    return {
        "accuracy": float(right.sum() / len(target)),
        "balanced_accuracy": float((right / np.maximum(actual, 1))[labels].mean()),
        "precision": float((right / np.maximum(claimed, 1))[counted].mean()),
        "recall": float((right / np.maximum(actual, 1))[counted].mean()),
        "f1": float((2 * right / np.maximum(actual + claimed, 1))[counted].mean()),
        "roc_auc": ranking(target, probabilities, "roc_auc"),
        "average_precision": ranking(target, probabilities, "average_precision"),
        "brier": float(((probabilities - np.eye(classes)[target]) ** 2).sum(axis=1).mean() / 2),
        "ece": expected_calibration_error(target, probabilities),
    }


def ranking(target: IntArray, probabilities: FloatArray, metric: str) -> float:
    """ROC AUC or average precision, macro-averaged over several classes.

    Examples
    --------
    >>> ranking(np.array([0, 1, 1]), np.array([[0.7, 0.3], [0.7, 0.3], [0.1, 0.9]]), "roc_auc")
    0.75
    """
    labels = np.unique(target)
    if len(labels) < 2:
        return float("nan")
    positive = [1] if probabilities.shape[1] == 2 else labels
    figure = roc_auc if metric == "roc_auc" else average_precision_score
    return float(np.mean([figure(target == k, probabilities[:, k]) for k in positive]))


def auc_interval(target: IntArray, probabilities: FloatArray, level: float = 0.95) -> tuple[float, float]:
    """Interval of the ROC AUC: DeLong (1988) on the logit, exact for few events.

    Below 30 rows of the rarer class, or where all pairs are in order, it is Clopper and Pearson's (1934) with
    as many trials as that class has rows: so many pairs without a row in common there are, and no AUC of all
    pairs varies more (Birnbaum and Klose 1957). For more than two classes the macro
    average, with the mean variance of one class against the rest and the smallest class as trials.

    Examples
    --------
    >>> low, high = auc_interval(np.array([0] * 8 + [1] * 6), np.eye(2)[[0] * 8 + [1] * 6])
    >>> round(low, 2), high
    (0.54, 1.0)
    """
    labels = np.unique(target)
    if len(labels) < 2:
        return float("nan"), float("nan")
    figure = ranking(target, probabilities, "roc_auc")
    trials = int(min(min((target == k).sum(), (target != k).sum()) for k in labels))
    tail = (1 - level) / 2
    if trials < EXACT_BELOW or not 0 < figure < 1:
        hits = figure * trials
        low = stats.beta.ppf(tail, hits, trials - hits + 1) if hits > 0 else 0.0
        high = stats.beta.ppf(1 - tail, hits + 1, trials - hits) if hits < trials else 1.0
        return float(low), float(high)
    positive = [1] if probabilities.shape[1] == 2 else labels
    error = float(np.sqrt(np.mean([_delong(target == k, probabilities[:, k]) for k in positive])))
    reach = float(stats.norm.ppf(1 - tail)) * error / (figure * (1 - figure))
    centre = np.log(figure / (1 - figure))
    return float(1 / (1 + np.exp(reach - centre))), float(1 / (1 + np.exp(-reach - centre)))


def _delong(event: BoolArray, score: FloatArray) -> float:
    """Variance of the ROC AUC from placements (DeLong et al. 1988)."""
    ranks, events, others = stats.rankdata(score), score[event], score[~event]
    above = (ranks[event] - stats.rankdata(events)) / len(others)
    below = 1 - (ranks[~event] - stats.rankdata(others)) / len(events)
    return float(above.var(ddof=1) / len(events) + below.var(ddof=1) / len(others))


def expected_calibration_error(target: IntArray, probabilities: FloatArray) -> float:
    """Expected calibration error over ten equal bins (Naeini et al. 2015).

    Of class 1 for two classes, of the most probable class for more. A small sample has a positive value
    even for perfect probabilities: read the pooled figure.
    """
    predicted, observed, count = reliability(target, probabilities)
    return float((np.abs(predicted - observed) * count).sum() / count.sum())


def reliability(target: IntArray, probabilities: FloatArray) -> tuple[FloatArray, FloatArray, IntArray]:
    """Reliability by bin: predicted and observed share, and rows.

    Examples
    --------
    >>> given = np.array([[0.98, 0.02], [0.22, 0.78], [0.22, 0.78]])
    >>> predicted, observed, count = reliability(np.array([0, 1, 1]), given)
    >>> predicted.round(2).tolist(), observed.tolist(), count.tolist()
    ([0.02, 0.78], [0.0, 1.0], [1, 2])
    """
    if probabilities.shape[1] == 2:
        claimed, happened = probabilities[:, 1], target == 1
    else:
        claimed, happened = probabilities.max(axis=1), probabilities.argmax(axis=1) == target
    number = np.minimum((claimed * BINS).astype(np.intp), BINS - 1)
    count = np.bincount(number, minlength=BINS)
    held = count > 0
    return (
        np.bincount(number, claimed, BINS)[held] / count[held],
        np.bincount(number, happened, BINS)[held] / count[held],
        count[held],
    )


def corrected_interval(
    gaps: FloatArray, *, test_share: float, level: float = 0.95
) -> tuple[float, float, float, float]:
    """Mean difference of two models by the corrected resampled t test.

    The folds of a repeat share training rows, so the variance of the mean is taken as
    (1 / J + test / train) times the variance over the J folds (Nadeau and Bengio 2003).

    Parameters
    ----------
    gaps : difference of a figure in each fold
    test_share : share of the rows that a fold tests, in (0, 1)

    Examples
    --------
    >>> gaps = np.random.default_rng(0).normal(0.03, 0.01, 50)
    >>> mean, lower, upper, p = corrected_interval(gaps, test_share=0.2)
    >>> lower < 0.03 < upper, p < 0.001
    (True, True)
    """
    gap = gaps.ravel()
    gap = gap[np.isfinite(gap)]
    error = float(np.sqrt((1 / len(gap) + test_share / (1 - test_share)) * gap.var(ddof=1)))
    mean = float(gap.mean())
    if error == 0:
        return mean, mean, mean, 1.0 if mean == 0 else 0.0
    reach = float(stats.t.ppf((1 + level) / 2, len(gap) - 1)) * error
    return mean, mean - reach, mean + reach, float(2 * stats.t.sf(abs(mean) / error, len(gap) - 1))
