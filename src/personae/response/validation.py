"""Repeated, grouped, nested validation: every figure from customers that nothing was fitted on.

Within each training set the models are fitted, calibrated and chosen by a cross-validation of their own. The
fit without folds i and j serves as inner model of outer fold i and of outer fold j, so that K folds cost
K (K + 1) / 2 fits a repeat instead of K + K (K - 1); preprocessing is fitted once for all models.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.core.parallel import run_all
from personae.response import metrics
from personae.response.calibration import Calibration, choose_calibration
from personae.response.estimators import FittedStack, Model, Stack, fit, fit_stack, scores
from personae.response.folds import Folds

Fit = tuple[int, tuple[int, ...]]
Scores = dict[Fit, dict[str, FloatArray]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is validated, and how.

    Attributes
    ----------
    preprocessing : unfitted transformer of the feature table
    models, stacks : by name; a stack names models
    calibrations : methods to choose from in the inner folds
    select : "roc_auc" or "average_precision", by which the inner folds choose a model
    nested : without it nothing is calibrated, stacked or chosen, and the cost is a third
    prefer : model that the inner folds keep unless another is better beyond chance; None: highest mean
    """

    preprocessing: Any
    models: Mapping[str, Model]
    stacks: Mapping[str, Stack]
    calibrations: Sequence[str]
    select: str
    nested: bool = True
    prefer: str | None = None


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """Predictions of one model.

    Attributes
    ----------
    probabilities : shape (repeats, rows, classes), NaN where never tested
    final, stack : calibration and weights for the model fitted on all rows, learned from the first repeat's
        predictions out of fold; None if not nested or no stack
    stacks : weights inside each outer fold, repeat by repeat; empty if no stack
    """

    probabilities: FloatArray
    final: Calibration | None = None
    stack: FittedStack | None = None
    stacks: tuple[FittedStack, ...] = ()


@dataclass(frozen=True, slots=True)
class Validation:
    """Predictions of every model out of fold, and what the inner folds chose.

    `chosen` names the choice of each outer fold, repeat by repeat; it is empty if not nested. `procedure` are
    the probabilities of the whole procedure: in each outer fold those of the model chosen inside it.
    """

    models: Mapping[str, OutOfFold]
    chosen: tuple[str, ...]
    procedure: FloatArray | None

    @property
    def best(self) -> str:
        """Model that the inner folds chose most often, the first named on a tie."""
        if not self.chosen:
            raise PersonaeError("nothing was chosen: the validation was not nested")
        return max(self.models, key=self.chosen.count)


@dataclass(frozen=True, slots=True)
class _Case:
    """Scores by model of one outer fold and of the inner folds of its training set.

    `test_share` is what an inner fold tests, as a share of its rows and those it learns from; the mean.
    """

    outer: Mapping[str, FloatArray]
    inner: Mapping[str, FloatArray]
    target: IntArray
    part: IntArray
    test_share: float


@dataclass(frozen=True, slots=True)
class _Judged:
    probabilities: Mapping[str, FloatArray]
    chosen: str | None
    calibrations: Mapping[str, Calibration]
    stacks: Mapping[str, FittedStack]


def validate(
    table: pd.DataFrame, target: IntArray, folds: Folds, plan: Plan, *, seed: int, workers: int = 2
) -> Validation:
    """Predict every row out of fold with every model of the plan.

    Parameters
    ----------
    table : features as `preprocessing.features` gives them
    target : class codes 0..K-1
    folds : who is tested with whom
    seed : of the fits; the same seed gives the same bytes for any number of workers
    workers : processes

    Raises
    ------
    PersonaeError
        If a stack or the preference names a model that is not in the plan.
    """
    check_names(plan)
    keys = [(repeat, left) for repeat in range(folds.repeats) for left in folds.fits(plan.nested)]
    tasks = [
        partial(fit_and_score, table, target, folds.rows(*key), plan, seed_of(seed, key)) for key in keys
    ]
    fitted: Scores = dict(zip(keys, run_all(tasks, workers, "fits"), strict=True))
    outer = [(repeat, k) for repeat in range(folds.repeats) for k in folds.outer]
    cases = [_outer_case(fitted, target, folds, place, plan.nested) for place in outer]
    if not plan.nested:
        return _collect([_uncalibrated(case) for case in cases], None, folds, target)
    everybody = _final_case(fitted, target, folds)
    judged = run_all([partial(_judge, case, plan) for case in (*cases, everybody)], workers)
    return _collect(judged[:-1], judged[-1], folds, target)


def check_names(plan: Plan) -> None:
    """Refuse a stack of models that the plan does not have, or a preferred one that it does not have."""
    for name, stack in plan.stacks.items():
        absent = [member for member in stack.members if member not in plan.models]
        if absent:
            raise PersonaeError(
                f"stack '{name}' names model '{absent[0]}'; the models are {', '.join(plan.models)}"
            )
    names = (*plan.models, *plan.stacks)
    if plan.nested and plan.prefer is not None and plan.prefer not in names:
        raise PersonaeError(f"preferred is model '{plan.prefer}'; the models are {', '.join(names)}")


def fit_and_score(
    table: pd.DataFrame, target: IntArray, rows: tuple[IntArray, IntArray], plan: Plan, seed: int
) -> dict[str, FloatArray]:
    """Fit preprocessing and every model on the training rows; give the scores of the others by model."""
    train, test = rows
    prepare = seeded(clone(plan.preprocessing), seed)
    inputs = np.asarray(prepare.fit_transform(table.iloc[train], target[train]))
    unseen = np.asarray(prepare.transform(table.iloc[test]))
    return {
        name: scores(fit(model, inputs, target[train], seed), unseen) for name, model in plan.models.items()
    }


def seed_of(seed: int, key: Fit) -> int:
    """Derive the seed of one fit, the same in a nested validation and in a plain one."""
    return int(np.random.SeedSequence(seed, spawn_key=(key[0], *key[1])).generate_state(1)[0])


def seeded(estimator: Any, seed: int) -> Any:
    """Give every random state inside an estimator the seed."""
    states = [name for name in estimator.get_params(deep=True) if name.split("__")[-1] == "random_state"]
    return estimator.set_params(**dict.fromkeys(states, seed % 2**32))


def _outer_case(
    fitted: Scores, target: IntArray, folds: Folds, place: tuple[int, int], nested: bool
) -> _Case:
    repeat, test = place
    outer = fitted[repeat, (test,)]
    parts = [
        ((repeat, folds.inner_fit(test, k)), folds.taught(repeat, test, k))
        for k in (folds.inner(test) if nested else ())
    ]
    inner = {
        name: np.concatenate([_take(fitted, folds, key, name, rows) for key, rows in parts])
        for name in (outer if nested else ())
    }
    order = np.concatenate([rows for _, rows in parts]) if parts else np.empty(0, dtype=np.intp)
    shares = [len(rows) / (len(rows) + len(folds.rows(*key)[0])) for key, rows in parts]
    share = float(np.mean(shares)) if parts else 0.0
    return _Case(outer, inner, target[order], folds.assignment[repeat, order], share)


def _final_case(fitted: Scores, target: IntArray, folds: Folds) -> _Case:
    """Gather what the model of all rows can learn from: the first repeat's predictions out of fold."""
    rows = np.concatenate([np.flatnonzero(folds.assignment[0] == k) for k in folds.outer])
    parts = [fitted[0, (k,)] for k in folds.outer]
    scored = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return _Case(scored, scored, target[rows], folds.assignment[0, rows], folds.test_share)


def _take(fitted: Scores, folds: Folds, key: Fit, name: str, rows: IntArray) -> FloatArray:
    """Pick from a fit's predictions, which follow the order of the rows, those of some rows."""
    return np.asarray(fitted[key][name][np.searchsorted(folds.rows(*key)[1], rows)])


def _uncalibrated(case: _Case) -> _Judged:
    plain = Calibration("none")
    return _Judged({name: plain.probabilities(found) for name, found in case.outer.items()}, None, {}, {})


def _judge(case: _Case, plan: Plan) -> _Judged:
    """Stack, calibrate and choose from the inner predictions; apply to the outer ones."""
    stacks, inner, outer = {}, dict(case.inner), dict(case.outer)
    for name, stack in plan.stacks.items():
        members = [case.inner[member] for member in stack.members]
        inner[name] = np.empty_like(members[0])
        for k in np.unique(case.part):
            held = case.part == k
            partial = fit_stack(stack, [m[~held] for m in members], case.target[~held])
            inner[name][held] = partial.scores([m[held] for m in members])
        stacks[name] = fit_stack(stack, members, case.target)
        outer[name] = stacks[name].scores([case.outer[member] for member in stack.members])
    calibrations = {
        name: choose_calibration(found, case.target, case.part, plan.calibrations)
        for name, found in inner.items()
    }
    quality = {name: _quality(found, case, plan.select) for name, found in inner.items()}
    probabilities = {name: calibrations[name].probabilities(found) for name, found in outer.items()}
    return _Judged(probabilities, choose_model(quality, plan, case.test_share), calibrations, stacks)


def _quality(found: FloatArray, case: _Case, select: str) -> FloatArray:
    """Figure that chooses, in inner folds with several classes, on scores: calibration keeps most ranks."""
    probabilities = Calibration("none").probabilities(found)
    parts = [case.part == k for k in np.unique(case.part)]
    values = [metrics.ranking(case.target[part], probabilities[part], select) for part in parts]
    return np.array([value for value in values if np.isfinite(value)])


def choose_model(quality: Mapping[str, FloatArray], plan: Plan, test_share: float) -> str:
    """Keep the preferred model unless the best one's advantage over it has a corrected interval above zero.

    Parameters
    ----------
    quality : figure in each inner fold, by model
    test_share : of an inner fold, in (0, 1)

    Examples
    --------
    >>> from dataclasses import replace
    >>> plan = Plan(None, {}, {}, ("none",), "roc_auc", prefer="stack")
    >>> close = {"stack": np.array([0.80, 0.82, 0.81]), "boosted": np.array([0.84, 0.81, 0.82])}
    >>> choose_model(close, plan, 0.3), choose_model(close, replace(plan, prefer=None), 0.3)
    ('stack', 'boosted')
    >>> choose_model(close | {"boosted": close["stack"] + [0.1, 0.1, 0.11]}, plan, 0.3)
    'boosted'
    """
    best = max(quality, key=lambda name: float(quality[name].sum()))
    if plan.prefer in (None, best):
        return best
    both = (quality[best], quality[plan.prefer])
    if len(both[0]) < 2:
        return plan.prefer
    gap = metrics.corrected_difference(best, plan.prefer, plan.select, both, test_share=test_share)
    return best if gap.lower > 0 else plan.prefer


def _collect(judged: Sequence[_Judged], final: _Judged | None, folds: Folds, target: IntArray) -> Validation:
    names = tuple(judged[0].probabilities)
    shape = (folds.repeats, len(target), int(target.max()) + 1)
    found = {name: np.full(shape, np.nan) for name in names}
    procedure = np.full(shape, np.nan)
    places = [(repeat, k) for repeat in range(folds.repeats) for k in folds.outer]
    for (repeat, k), one in zip(places, judged, strict=True):
        rows = folds.assignment[repeat] == k
        for name in names:
            found[name][repeat, rows] = one.probabilities[name]
        if one.chosen is not None:
            procedure[repeat, rows] = one.probabilities[one.chosen]
    if final is None:
        return Validation({name: OutOfFold(found[name]) for name in names}, (), None)
    models = {
        name: OutOfFold(
            found[name],
            final.calibrations[name],
            final.stacks.get(name),
            tuple(one.stacks[name] for one in judged if name in one.stacks),
        )
        for name in names
    }
    return Validation(models, tuple(str(one.chosen) for one in judged), procedure)
