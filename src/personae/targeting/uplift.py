"""Uplift modelling, identifiable from an experiment with random contact only."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from scipy import stats
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.core.statistics import adjust, bootstrap_rows, bootstrap_sums, roc_auc
from personae.response.folds import grouped_folds

MIN_IN_ARM = 50
# Beyond each end of an interval: Bonferroni over two methods, and halved again, for a bootstrap of a given
# ranking is too narrow (with .0125 "differs" in 7 of 90 trials without effect, with this in 2 of 50).
TAIL = 0.005
BOOSTING = {"max_iter": 100, "learning_rate": 0.05, "max_depth": 3}
DIFFERS, ALIKE = "uplift differs between customers", "no difference in uplift is found"
NOT_IDENTIFIABLE = "not identifiable from this file"
NOT_DEALT = (
    "nothing says that contact was dealt at random (target.uplift.randomised: true): those who were "
    "contacted may differ in what the file does not hold"
)
# Level of the test of balance: one trial in a hundred that was dealt at random fails it.
UNBALANCED = 0.01


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
    'every row of the file is a contact: what comes without one is not known'
    """
    if treatment is None:
        return "every row of the file is a contact: what comes without one is not known"
    arms = [int((treatment == arm).sum()) for arm in (0, 1)]
    if min(arms) < MIN_IN_ARM:
        return f"one arm has {min(arms)} customers; {MIN_IN_ARM} are the least"
    answers = min(
        int(((treatment == arm) & (response == answer)).sum()) for arm in (0, 1) for answer in (0, 1)
    )
    if answers < min_answers:
        return f"in one arm {answers} customers gave one of the answers; {min_answers} are the least"
    return ""


def unbalanced(inputs: FloatArray, treatment: IntArray, propensity: FloatArray) -> str:
    """How arms differ beyond randomisation; else an empty text.

    Two tests share the level of 1 %: each input's means (Welch 1947, Holm over inputs), and whether a model
    of all inputs tells the arms apart on customers that it has not seen (ROC AUC; Mann and Whitney 1947).

    Parameters
    ----------
    propensity : probability of contact, out of fold
    """
    arms = inputs[treatment == 1], inputs[treatment == 0]
    varied = np.flatnonzero(inputs.std(axis=0) > 0)
    p_values = [
        stats.ttest_ind(*(arm[:, k] for arm in arms), equal_var=False, nan_policy="omit").pvalue
        for k in varied
    ]
    adjusted = adjust(np.array(p_values, dtype=float), "holm")
    if len(varied) and np.nanmin(adjusted) < UNBALANCED / 2:
        worst = int(varied[np.nanargmin(adjusted)])
        means = " against ".join(f"{np.nanmean(arm[:, worst]):.4g}" for arm in arms)
        p = np.nanmin(adjusted)
        return f"the arms are not balanced: input {worst + 1} is {means} on average (p {p:.1g})"
    auc = roc_auc(treatment == 1, propensity)
    noise = np.sqrt((len(treatment) + 1) / (12 * len(arms[0]) * len(arms[1])))
    if stats.norm.sf((auc - 0.5) / noise) < UNBALANCED / 2:
        return f"the arms are not balanced: their inputs tell them apart (ROC AUC {auc:.3f})"
    return ""


def uplift(
    inputs: FloatArray,
    treatment: IntArray | None,
    response: IntArray,
    *,
    randomised: bool = False,
    cost: FloatArray | None = None,
    units: IntArray | None = None,
    rival: FloatArray | None = None,
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
    treatment, response : 1 contacted, 0 not, None if all were; 0 or 1
    randomised : whether contact was dealt at random; else nothing is estimated
    cost : of contacting each customer, for the Qini coefficient per unit of cost; by default 1
    units : who is kept together in a fold and drawn together in the bootstrap; by default each customer alone
    rival : another ranking of the customers, such as their probability of a response
    model : unfitted scikit-learn classifier; by default gradient boosting

    Returns
    -------
    dict
        `verdict`, `reason`; `experiment`, the A/B test that finds the smallest effect with 80 % power at 5 %;
        `qini`, by method the coefficient (0 for a random ranking) and its interval, 95 % for both together,
        and `per_cost`, the same over the share of the cost; `effect`, the mean gain in response with its 95 %
        interval (doubly robust; Robins, Rotnitzky and Zhao 1994), and `effect_per_cost`; of a `rival` the
        coefficient, and how much higher each method's is.
    """
    units = np.arange(len(response)) if units is None else units
    cost = np.ones(len(response)) if cost is None else cost
    model = HistGradientBoostingClassifier(**BOOSTING, random_state=seed) if model is None else model
    rate = _without_contact(response, treatment, smallest_effect)
    size = experiment_size(rate, smallest_effect)
    experiment = {"base_rate": rate, "effect": smallest_effect, "per_arm": size}
    result: dict[str, Any] = {"verdict": NOT_IDENTIFIABLE, "reason": "", "experiment": experiment, "qini": {}}
    reason = identifiable(treatment, response, min_answers=folds) or ("" if randomised else NOT_DEALT)
    if treatment is None or reason:
        return result | {"reason": reason}
    folded = grouped_folds(2 * treatment + response, units, folds=folds, repeats=1, seed=seed)
    splits = [folded.rows(0, (fold,)) for fold in range(folds)]
    out_of_fold = partial(_out_of_fold, model, inputs, splits)
    if reason := unbalanced(inputs, treatment, out_of_fold(treatment)):
        return result | {"reason": reason}
    estimated = _effects(treatment, response, out_of_fold)
    return result | _estimates(
        *estimated, cost=cost, units=units, rival=rival, resamples=resamples, seed=seed
    )


def _estimates(
    effect: FloatArray,
    rankings: dict[str, FloatArray],
    gain: FloatArray,
    *,
    cost: FloatArray,
    units: IntArray,
    rival: FloatArray | None,
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """Verdict, Qini coefficients and mean effect, the same samples for all."""

    def samples() -> Iterator[IntArray]:
        return bootstrap_rows(units, resamples, np.random.default_rng(seed))

    qini = {name: _qini(each, gain, cost, samples()) for name, each in rankings.items()}
    verdict = DIFFERS if any(each["ci"][0] > 0 for each in qini.values()) else ALIKE
    against = {} if rival is None else {"rival": _against(rival, rankings, gain, list(samples()))}
    return {"verdict": verdict, "qini": qini} | _mean_effect(effect, cost, units, resamples, seed) | against


def _against(
    rival: FloatArray, rankings: dict[str, FloatArray], gain: FloatArray, samples: list[IntArray]
) -> dict[str, Any]:
    """Coefficient of another ranking, and what each method has more, on the same samples."""
    difference = {}
    for name, ranking in rankings.items():
        drawn = [
            qini_coefficient(ranking[rows], gain[rows]) - qini_coefficient(rival[rows], gain[rows])
            for rows in samples
        ]
        lower, upper = np.quantile(drawn, [TAIL, 1 - TAIL])
        mean = qini_coefficient(ranking, gain) - qini_coefficient(rival, gain)
        difference[name] = {"mean": mean, "ci": (float(lower), float(upper))}
    return {"coefficient": qini_coefficient(rival, gain), "difference": difference}


def _effects(
    treatment: IntArray, response: IntArray, out_of_fold: Callable[..., FloatArray]
) -> tuple[FloatArray, dict[str, FloatArray], FloatArray]:
    """Doubly robust effects, rankings by method, and what judges these."""
    contacted = float(treatment.mean())
    weight = np.where(treatment == 1, 1 / contacted, 1 / (1 - contacted))
    treated, untreated = (out_of_fold(response, among=treatment == arm) for arm in (1, 0))
    residual = response - np.where(treatment == 1, treated, untreated)
    effect = treated - untreated + residual * np.where(treatment == 1, weight, -weight)
    transformed = out_of_fold((treatment == response).astype(np.intp), weight=weight)
    # Less whatever the treatment: errors of the two models, which rank, stay out of what they are judged by.
    gain = (response - out_of_fold(response)) * np.where(treatment == 1, weight, -weight)
    return effect, {"two models": treated - untreated, "class transformation": transformed - 0.5}, gain


def _mean_effect(
    effect: FloatArray, cost: FloatArray, units: IntArray, resamples: int, seed: int
) -> dict[str, Any]:
    """Mean effect a contact and a unit of cost, with 95 % intervals."""
    values = np.column_stack([effect, cost, np.ones(len(effect))])
    gain, spent, rows = bootstrap_sums(values, units, resamples, np.random.default_rng(seed)).T
    found = {}
    for name, drawn in (("effect", gain / rows), ("effect_per_cost", gain / np.maximum(spent, 1e-12))):
        lower, upper = np.quantile(drawn[1:], [0.025, 0.975])
        found[name] = {"mean": float(drawn[0]), "ci": (float(lower), float(upper))}
    return found


def _without_contact(response: IntArray, treatment: IntArray | None, effect: float) -> float:
    """Response rate without contact, or derived from the contacted."""
    alone = response[:0] if treatment is None else response[treatment == 0]
    base = float(alone.mean()) if len(alone) else float(response.mean()) - effect
    return min(max(base, 0.0), 1 - effect)


def qini_coefficient(ranking: FloatArray, effect: FloatArray, cost: FloatArray | None = None) -> float:
    """Qini coefficient per customer: area above a random ranking.

    Parameters
    ----------
    ranking : predicted uplift
    effect : unbiased for each customer's effect, its mean is the mean effect
    cost : of contacting each customer; then they are ranked by uplift per cost, over the share of the cost

    Examples
    --------
    >>> qini_coefficient(np.array([3.0, 2.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.0, 0.0]))
    0.125
    >>> qini_coefficient(np.array([1.0, 1.0]), np.array([1.0, 1.0]), np.array([1.0, 3.0]))
    0.125
    """
    cost = np.ones(len(effect)) if cost is None else cost
    order = np.argsort(-ranking / np.maximum(cost, 1e-12), kind="stable")
    gain = np.concatenate([[0.0], np.cumsum(effect[order])]) / len(effect)
    spent = np.concatenate([[0.0], np.cumsum(cost[order])]) / cost.sum()
    return float(np.trapezoid(gain - gain[-1] * spent, spent))


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
    ranking: FloatArray, effect: FloatArray, cost: FloatArray, samples: Iterator[IntArray]
) -> dict[str, Any]:
    costs = None if np.ptp(cost) == 0 else cost
    drawn = [
        (qini_coefficient(ranking[rows], effect[rows]), _per_cost(ranking, effect, costs, rows))
        for rows in samples
    ]
    (lower, low), (upper, high) = np.quantile(drawn, [TAIL, 1 - TAIL], axis=0)
    everyone = np.arange(len(effect))
    coefficient = qini_coefficient(ranking, effect)
    return {
        "coefficient": coefficient,
        "ci": (float(lower), float(upper)),
        "per_cost": coefficient if costs is None else _per_cost(ranking, effect, costs, everyone),
        "per_cost_ci": (float(lower), float(upper)) if costs is None else (float(low), float(high)),
    }


def _per_cost(ranking: FloatArray, effect: FloatArray, cost: FloatArray | None, rows: IntArray) -> float:
    return 0.0 if cost is None else qini_coefficient(ranking[rows], effect[rows], cost[rows])
