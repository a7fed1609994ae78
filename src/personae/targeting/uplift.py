"""Uplift modelling, identifiable from an experiment only."""

from functools import partial
from typing import Any

import numpy as np
from scipy import stats
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.core.statistics import bootstrap_rows
from personae.response.folds import grouped_folds

MIN_IN_ARM = 50
OVERLAP = (0.05, 0.95)
# Beyond each end of an interval, so that those of both methods hold together with 95 % (Bonferroni).
TAIL = 0.0125
BOOSTING = {"max_iter": 100, "learning_rate": 0.05, "max_depth": 3}
NOT_IDENTIFIABLE = "not identifiable from this file"


def experiment_size(base_rate: float, effect: float, *, power: float = 0.8, level: float = 0.05) -> int:
    """Customers a test arm needs to detect a difference of shares (Fleiss 1981).

    Parameters
    ----------
    base_rate : response without contact, in [0, 1)
    effect : gain in response, above 0

    Examples
    --------
    >>> experiment_size(0.10, 0.05)
    686
    """
    treated = base_rate + effect
    if not (0 <= base_rate < treated <= 1):
        raise PersonaeError(f"no test finds a gain of {effect:g} on a response of {base_rate:g}")
    mean = (base_rate + treated) / 2
    null = stats.norm.ppf(1 - level / 2) * np.sqrt(2 * mean * (1 - mean))
    real = stats.norm.ppf(power) * np.sqrt(base_rate * (1 - base_rate) + treated * (1 - treated))
    return int(np.ceil((null + real) ** 2 / effect**2))


def identifiable(treatment: IntArray | None, response: IntArray, *, min_answers: int = 5) -> str:
    """Reason why uplift is not identifiable; empty if it is.

    Parameters
    ----------
    min_answers : customers of either answer that an arm needs, so that each fold has one

    Examples
    --------
    >>> identifiable(None, np.array([0, 1]))
    'every row of the file is a contact; nobody is known who had none'
    """
    if treatment is None:
        return "every row of the file is a contact; nobody is known who had none"
    arms = [int((treatment == arm).sum()) for arm in (0, 1)]
    if min(arms) < MIN_IN_ARM:
        return f"one arm has {min(arms)} customers; {MIN_IN_ARM} are the least"
    answers = min(
        int(((treatment == arm) & (response == answer)).sum()) for arm in (0, 1) for answer in (0, 1)
    )
    if answers < min_answers:
        return f"in one arm {answers} customers gave one of the answers; {min_answers} are the least"
    return ""


def overlapping(propensity: FloatArray) -> str:
    """Reason if overlap fails for over 5 % of customers; else empty."""
    outside = float(((propensity < OVERLAP[0]) | (propensity > OVERLAP[1])).mean())
    if outside > 0.05:
        return f"the arms do not overlap: for {outside:.0%} of the customers it is all but certain"
    return ""


def uplift(
    inputs: FloatArray,
    treatment: IntArray | None,
    response: IntArray,
    *,
    units: IntArray | None = None,
    model: Any = None,
    smallest_effect: float = 0.05,
    resamples: int = 2000,
    seed: int = 0,
    folds: int = 5,
) -> dict[str, Any]:
    """Uplift out of fold by two models and class transformation.

    Two models: response of the contacted minus response of the others (Radcliffe 2007). Class transformation:
    the response times treatment odds predicts the effect (Jaskowski and Jaroszewicz 2012). Weighing by the
    treatment's propensity and subtracting the response whatever the treatment, both out of fold, keeps their
    errors out of the Qini curve (Robinson 1988).

    Parameters
    ----------
    inputs : numbers that the model can take, shape (customers, inputs)
    treatment : 1 contacted, 0 not; None if all were
    response : 0 or 1
    units : who is kept together in a fold and drawn together in the bootstrap; by default each customer alone
    model : unfitted scikit-learn classifier; by default gradient boosting

    Returns
    -------
    dict
        `verdict`, `reason`; `experiment`, the A/B test that finds the smallest effect with 80 % power at 5 %;
        `qini`, by method the coefficient (0 for a random ranking) and its interval, 95 % for both together.
    """
    units = np.arange(len(response)) if units is None else units
    model = HistGradientBoostingClassifier(**BOOSTING, random_state=seed) if model is None else model
    rate = _without_contact(response, treatment, smallest_effect)
    per_arm = experiment_size(rate, smallest_effect)
    experiment = {"base_rate": rate, "effect": smallest_effect, "per_arm": per_arm}
    result = {"verdict": NOT_IDENTIFIABLE, "reason": "", "experiment": experiment, "qini": {}}
    reason = identifiable(treatment, response, min_answers=folds)
    if treatment is None or reason:
        return result | {"reason": reason}
    dealt = grouped_folds(2 * treatment + response, units, folds=folds, repeats=1, seed=seed)
    splits = [dealt.rows(0, (fold,)) for fold in range(folds)]
    out_of_fold = partial(_out_of_fold, model, inputs, splits)
    propensity = out_of_fold(treatment)
    reason = overlapping(propensity)
    if reason:
        return result | {"reason": reason}
    weight = np.where(treatment == 1, 1 / propensity, 1 / (1 - propensity))
    effect = (response - out_of_fold(response)) * np.where(treatment == 1, weight, -weight)
    treated, untreated = (out_of_fold(response, among=treatment == arm) for arm in (1, 0))
    transformed = out_of_fold((treatment == response).astype(np.intp), weight=weight)
    rankings = {"two models": treated - untreated, "class transformation": transformed}
    qini = {name: _qini(ranking, effect, units, resamples, seed) for name, ranking in rankings.items()}
    differs = any(each["ci"][0] > 0 for each in qini.values())
    verdict = "uplift differs between customers" if differs else "no difference in uplift is found"
    return result | {"verdict": verdict, "qini": qini}


def _without_contact(response: IntArray, treatment: IntArray | None, effect: float) -> float:
    """Response rate without contact, or derived from the contacted."""
    alone = response[:0] if treatment is None else response[treatment == 0]
    base = float(alone.mean()) if len(alone) else float(response.mean()) - effect
    return min(max(base, 0.0), 1 - effect)


def qini_coefficient(ranking: FloatArray, effect: FloatArray) -> float:
    """Qini coefficient per customer: area above a random ranking.

    Parameters
    ----------
    ranking : predicted uplift
    effect : response weighted by inverse propensity, negative for customers who were not contacted: its mean
        is the mean effect

    Examples
    --------
    >>> qini_coefficient(np.array([3.0, 2.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.0, 0.0]))
    0.125
    """
    gain = np.concatenate([[0.0], np.cumsum(effect[np.argsort(-ranking, kind="stable")])]) / len(effect)
    return float(np.trapezoid(gain - gain[-1] * np.linspace(0, 1, len(gain)), dx=1 / len(effect)))


def _out_of_fold(
    model: Any,
    inputs: FloatArray,
    splits: list[Any],
    label: IntArray,
    *,
    among: BoolArray | None = None,
    weight: FloatArray | None = None,
) -> FloatArray:
    """Out-of-fold probability of label 1, fitted on weighted rows."""
    probability = np.empty(len(label))
    # Small fits: on a busy machine threads of OpenMP would wait for each other.
    with threadpool_limits(limits=1):
        for train, test in splits:
            rows = train if among is None else train[among[train]]
            fitted = clone(model).fit(inputs[rows], label[rows], None if weight is None else weight[rows])
            probability[test] = fitted.predict_proba(inputs[test])[:, 1]
    return probability


def _qini(
    ranking: FloatArray, effect: FloatArray, units: IntArray, resamples: int, seed: int
) -> dict[str, Any]:
    samples = bootstrap_rows(units, resamples, np.random.default_rng(seed))
    drawn = [qini_coefficient(ranking[rows], effect[rows]) for rows in samples]
    lower, upper = np.quantile(drawn, [TAIL, 1 - TAIL])
    return {"coefficient": qini_coefficient(ranking, effect), "ci": (float(lower), float(upper))}
