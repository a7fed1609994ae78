"""Uplift: who responds because of the contact. Only an experiment can tell."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from sklearn.base import clone

from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.core.statistics import bootstrap_rows
from personae.response.folds import grouped_folds

FEWEST_IN_ARM = 50
OVERLAP = (0.05, 0.95)
# Beyond each end of an interval, so that those of both methods hold together with 95 % (Bonferroni).
TAIL = 0.0125


@dataclass(frozen=True, slots=True)
class Experiment:
    """Size of the A/B test that would find an effect: customers in each arm, for 80 % power at 5 %."""

    base_rate: float
    effect: float
    per_arm: int


@dataclass(frozen=True, slots=True)
class Qini:
    """Qini coefficient of a ranking, 0 for a random one, and its interval, 95 % for all methods together."""

    coefficient: float
    ci: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Uplift:
    """Verdict on uplift, and the Qini coefficient of every method where it is identified."""

    verdict: str
    reason: str
    experiment: Experiment
    qini: dict[str, Qini]


def experiment_size(
    base_rate: float, effect: float, *, power: float = 0.8, level: float = 0.05
) -> Experiment:
    """Customers needed in each arm to find a difference of two shares (Fleiss 1981, normal approximation).

    Parameters
    ----------
    base_rate : response without contact, in [0, 1)
    effect : gain in response, above 0

    Examples
    --------
    >>> experiment_size(0.10, 0.05).per_arm
    686
    """
    treated = base_rate + effect
    if not (0 <= base_rate < treated <= 1):
        raise PersonaeError(f"no test finds a gain of {effect:g} on a response of {base_rate:g}")
    mean = (base_rate + treated) / 2
    null = stats.norm.ppf(1 - level / 2) * np.sqrt(2 * mean * (1 - mean))
    real = stats.norm.ppf(power) * np.sqrt(base_rate * (1 - base_rate) + treated * (1 - treated))
    return Experiment(base_rate, effect, int(np.ceil((null + real) ** 2 / effect**2)))


def identifiable(treatment: IntArray | None, response: IntArray, *, fewest: int = 5) -> str:
    """Say why uplift cannot be told from a file; an empty text if it may.

    Parameters
    ----------
    fewest : customers of either answer that an arm needs, so that each fold has one

    Examples
    --------
    >>> identifiable(None, np.array([0, 1]))
    'every row of the file is a contact; nobody is known who had none'
    """
    if treatment is None:
        return "every row of the file is a contact; nobody is known who had none"
    arms = [int((treatment == arm).sum()) for arm in (0, 1)]
    if min(arms) < FEWEST_IN_ARM:
        return f"one arm has {min(arms)} customers; {FEWEST_IN_ARM} are the least"
    answers = min(
        int(((treatment == arm) & (response == answer)).sum()) for arm in (0, 1) for answer in (0, 1)
    )
    if answers < fewest:
        return f"in one arm {answers} customers gave one of the answers; {fewest} are the least"
    return ""


def overlapping(propensity: FloatArray) -> str:
    """Say if contact is all but certain for more than one customer in twenty; else an empty text."""
    outside = float(((propensity < OVERLAP[0]) | (propensity > OVERLAP[1])).mean())
    if outside > 0.05:
        return f"the arms do not overlap: for {outside:.0%} of the customers it is all but certain"
    return ""


def uplift(
    inputs: FloatArray,
    treatment: IntArray | None,
    response: IntArray,
    units: IntArray,
    model: Any,
    *,
    smallest_effect: float,
    resamples: int,
    seed: int,
    folds: int = 5,
) -> Uplift:
    """Estimate uplift out of fold by two models and by class transformation, or say that nobody can tell.

    Two models: response of the contacted minus response of the others (Radcliffe 2007). Class transformation:
    the response times treatment odds predicts the effect (Jaskowski and Jaroszewicz 2012). The treatment's
    propensity, and the response whatever the treatment, are estimated out of fold by the same model; weighing
    by the one and subtracting the other keeps their errors out of the Qini curve (Robinson 1988).

    Parameters
    ----------
    inputs : numbers that the model can take, shape (customers, inputs)
    treatment : 1 contacted, 0 not; None if everybody was
    response : 0 or 1
    units : who is kept together in a fold and drawn together in the bootstrap
    model : unfitted scikit-learn classifier

    """
    needed = experiment_size(_without_contact(response, treatment, smallest_effect), smallest_effect)
    reason = identifiable(treatment, response, fewest=folds)
    if treatment is None or reason:
        return Uplift("not identifiable from this file", reason, needed, {})
    dealt = grouped_folds(2 * treatment + response, units, folds=folds, repeats=1, seed=seed)
    splits = [dealt.rows(0, (fold,)) for fold in range(folds)]
    propensity = _out_of_fold(model, inputs, treatment, splits)
    reason = overlapping(propensity)
    if reason:
        return Uplift("not identifiable from this file", reason, needed, {})
    surprise = response - _out_of_fold(model, inputs, response, splits)
    effect = surprise * np.where(treatment == 1, 1 / propensity, -1 / (1 - propensity))
    rankings = {
        "two models": _two_models(model, inputs, treatment, response, splits),
        "class transformation": _transformed(
            model, inputs, treatment, response, propensity=propensity, splits=splits
        ),
    }
    qini = {
        name: _qini_interval(ranking, np.asarray(effect), units, resamples, seed)
        for name, ranking in rankings.items()
    }
    found = any(each.ci[0] > 0 for each in qini.values())
    verdict = "uplift differs between customers" if found else "no difference in uplift is found"
    return Uplift(verdict, "", needed, qini)


def _without_contact(response: IntArray, treatment: IntArray | None, effect: float) -> float:
    """Response of those without contact; where there are none, of the others less the effect."""
    alone = response[:0] if treatment is None else response[treatment == 0]
    base = float(alone.mean()) if len(alone) else float(response.mean()) - effect
    return min(max(base, 0.0), 1 - effect)


def qini_coefficient(ranking: FloatArray, effect: FloatArray) -> float:
    """Area between the gain of a ranking and that of a random one, a customer.

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


def _out_of_fold(model: Any, inputs: FloatArray, label: IntArray, splits: list[Any]) -> FloatArray:
    found = np.empty(len(label))
    for train, test in splits:
        found[test] = clone(model).fit(inputs[train], label[train]).predict_proba(inputs[test])[:, 1]
    return found


def _two_models(
    model: Any, inputs: FloatArray, treatment: IntArray, response: IntArray, splits: list[Any]
) -> FloatArray:
    found = np.empty(len(response))
    for train, test in splits:
        arms = []
        for arm in (1, 0):
            rows = train[treatment[train] == arm]
            arms.append(clone(model).fit(inputs[rows], response[rows]).predict_proba(inputs[test])[:, 1])
        found[test] = arms[0] - arms[1]
    return found


def _transformed(
    model: Any,
    inputs: FloatArray,
    treatment: IntArray,
    response: IntArray,
    *,
    propensity: FloatArray,
    splits: list[Any],
) -> FloatArray:
    """Predict z = 1 for responders among the contacted and non-responders among the others."""
    same = (treatment == response).astype(np.intp)
    weight = np.where(treatment == 1, 1 / propensity, 1 / (1 - propensity))
    found = np.empty(len(response))
    for train, test in splits:
        fitted = clone(model).fit(inputs[train], same[train], sample_weight=weight[train])
        found[test] = fitted.predict_proba(inputs[test])[:, 1]
    return found


def _qini_interval(
    ranking: FloatArray, effect: FloatArray, units: IntArray, resamples: int, seed: int
) -> Qini:
    samples = bootstrap_rows(units, resamples, np.random.default_rng(seed))
    drawn = [qini_coefficient(ranking[rows], effect[rows]) for rows in samples]
    lower, upper = np.quantile(drawn, [TAIL, 1 - TAIL])
    return Qini(qini_coefficient(ranking, effect), (float(lower), float(upper)))
