"""Nested, repeated, grouped cross-validation of the response models.

Within each training set the models are fitted, calibrated and chosen by a cross-validation of their own. The
fit without folds i and j serves as inner model of outer fold i and of outer fold j, so that K folds cost
K (K + 1) / 2 fits a repeat instead of K + K (K - 1); preprocessing is fitted once for all models.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone

from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.core.parallel import parallel_map
from personae.response import metrics
from personae.response.calibration import Calibration, choose_calibration
from personae.response.estimators import StackWeights, fit, fit_stack, scores, stacked_scores
from personae.response.plan import ResponsePlan
from personae.response.preprocessing import input_columns
from personae.response.settings import Classify

# Rows of the rarest class from which a segment has models of its own.
FEWEST_OF_A_CLASS = 10
# Repeat, and the folds left out.
Fit = tuple[int, tuple[int, ...]]
Scores = Mapping[str, FloatArray]
# Of one outer fold: its scores by model; of the inner folds of its training set: scores, target, number
# of the fold; and what an inner fold tests as a share of its rows and those it learns from.
FoldScores = tuple[Scores, Scores, IntArray, IntArray, float]
# Of one outer fold, by model: probabilities, calibration, weights of stacks; and the model chosen, if nested.
Judged = tuple[Scores, dict[str, Calibration], dict[str, StackWeights], str]


@dataclass(frozen=True, slots=True)
class Validation:
    """Out-of-fold predictions of all models and the procedure's choices.

    Attributes
    ----------
    probabilities : by model, shape (repeats, rows, classes), NaN where never tested
    procedure : of the same shape; in each outer fold those of the model chosen inside it
    chosen : choice of each outer fold, repeat by repeat; empty if not nested
    calibrations, stacks : for models of all rows, learned from the first repeat's predictions out of fold
    fold_stacks, fold_calibrations : weights and calibrations inside each outer fold, repeat by repeat
    plain : of single models as `probabilities`, before calibration
    """

    probabilities: Scores
    procedure: FloatArray
    chosen: tuple[str, ...]
    calibrations: Mapping[str, Calibration]
    stacks: Mapping[str, StackWeights]
    fold_stacks: Mapping[str, Sequence[StackWeights]]
    fold_calibrations: Mapping[str, Sequence[Calibration]]
    plain: Scores

    def as_fitted(self, names: Sequence[str]) -> "Validation":
        """Give what `validate` gives of some single models without nesting."""
        plain = {name: self.plain[name] for name in names}
        return Validation(plain, np.full_like(self.procedure, np.nan), (), {}, {}, {}, {}, plain)

    @property
    def best(self) -> str:
        """Model chosen most often by inner folds, first named on ties."""
        if not self.chosen:
            raise PersonaeError("nothing was chosen: the validation was not nested")
        return max(self.probabilities, key=self.chosen.count)


def validate(plan: ResponsePlan, *, nested: bool = True) -> Validation:
    """Predict every row out of fold with every model of the plan.

    Parameters
    ----------
    plan : what is fitted on what
    nested : without it nothing is calibrated, stacked or chosen, and the cost is a third
    """
    folds, workers = plan.folds, plan.settings.workers
    keys = [(repeat, left) for repeat in range(folds.repeats) for left in folds.fits(nested)]
    tasks = [partial(fit_and_score, plan, folds.rows(*key), seed_of(plan.seed, key)) for key in keys]
    fitted: dict[Fit, Scores] = dict(zip(keys, parallel_map(tasks, workers, "fits"), strict=True))
    places = [(repeat, k) for repeat in range(folds.repeats) for k in folds.outer]
    plain = _collect([(uncalibrated(fitted[repeat, (k,)]), {}, {}, "") for repeat, k in places], plan)
    if not nested:
        return plain
    cases = [*(_outer_scores(fitted, plan, place) for place in places), _final_scores(fitted, plan)]
    judged: list[Judged] = parallel_map([partial(judge, plan.settings, case) for case in cases], workers)
    return replace(_collect(judged[:-1], plan, judged[-1]), plain=plain.probabilities)


def fit_and_score(plan: ResponsePlan, rows: tuple[IntArray, IntArray], seed: int) -> dict[str, FloatArray]:
    """Fit preprocessing and all single models; score the other rows."""
    train, test = rows
    prepare, inputs = fit_inputs(plan, train, seed)
    unseen = np.asarray(prepare.transform(plan.table.iloc[test]))
    scored = score_models(plan, train, inputs, unseen, seed)
    names = input_columns(prepare) if plan.per_segment else ()
    for column in [number for number, name in enumerate(names) if name == "segment"]:
        inside, unseen_inside = inputs[:, column] == 1, unseen[:, column] == 1
        rarest = np.bincount(plan.target[train[inside]], minlength=int(plan.target.max()) + 1).min()
        if rarest >= FEWEST_OF_A_CLASS and unseen_inside.any():
            own = score_models(plan, train[inside], inputs[inside], unseen[unseen_inside], seed)
            for name, part in own.items():
                scored[name][unseen_inside] = part
    return scored


def fit_inputs(plan: ResponsePlan, train: IntArray, seed: int) -> tuple[Any, FloatArray]:
    """Fit the preprocessing on some rows and transform them."""
    prepare = _seeded(clone(plan.preprocessing), seed)
    return prepare, np.asarray(prepare.fit_transform(plan.table.iloc[train], plan.target[train]))


def score_models(
    plan: ResponsePlan, train: IntArray, inputs: FloatArray, unseen: FloatArray, seed: int
) -> dict[str, FloatArray]:
    """Fit every single model on training inputs; score the others."""
    names = plan.settings.single_models
    return {name: scores(fit_model(plan, name, inputs, plan.target[train], seed), unseen) for name in names}


def fit_model(plan: ResponsePlan, name: str, inputs: FloatArray, target: IntArray, seed: int) -> Any:
    """Fit a single model on all rows, or on its limit of rows."""
    model = plan.settings.single_models[name]
    most = plan.settings.model_rows.get(model.type, len(target))
    if len(target) > most:
        drawn = np.sort(np.random.default_rng(seed).choice(len(target), most, replace=False))
        inputs, target = inputs[drawn], target[drawn]
    return fit(model, inputs, target, seed)


def seed_of(seed: int, key: Fit) -> int:
    """Derive the seed of one fit, equal in nested and plain validation."""
    return int(np.random.SeedSequence(seed, spawn_key=(key[0], *key[1])).generate_state(1)[0])


def _seeded(estimator: Any, seed: int) -> Any:
    """Give every random state inside an estimator the seed."""
    states = [name for name in estimator.get_params(deep=True) if name.split("__")[-1] == "random_state"]
    return estimator.set_params(**dict.fromkeys(states, seed % 2**32))


def _outer_scores(fitted: Mapping[Fit, Scores], plan: ResponsePlan, place: tuple[int, int]) -> FoldScores:
    """Scores of an outer fold and of its inner folds."""
    folds, (repeat, test) = plan.folds, place
    outer = fitted[repeat, (test,)]
    parts = [((repeat, folds.inner_fit(test, k)), folds.taught(repeat, test, k)) for k in folds.inner(test)]
    # A fit's predictions follow the order of the rows that it left out.
    picked = [(fitted[key], np.searchsorted(folds.rows(*key)[1], rows)) for key, rows in parts]
    inner = {name: np.concatenate([raw[name][taken] for raw, taken in picked]) for name in outer}
    order = np.concatenate([rows for _, rows in parts])
    shares = [len(rows) / (len(rows) + len(folds.rows(*key)[0])) for key, rows in parts]
    return outer, inner, plan.target[order], folds.assignment[repeat, order], float(np.mean(shares))


def _final_scores(fitted: Mapping[Fit, Scores], plan: ResponsePlan) -> FoldScores:
    """Out-of-fold scores of the first repeat, for the final model."""
    folds = plan.folds
    rows = np.concatenate([np.flatnonzero(folds.assignment[0] == k) for k in folds.outer])
    parts = [fitted[0, (k,)] for k in folds.outer]
    scored = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return scored, scored, plan.target[rows], folds.assignment[0, rows], folds.test_share


def uncalibrated(scored: Scores) -> Scores:
    """Turn scores into probabilities as they are."""
    plain = Calibration("none")
    return {name: plain.probabilities(raw) for name, raw in scored.items()}


def judge(settings: Classify, case: FoldScores) -> Judged:
    """Stack, calibrate and choose on inner predictions; apply to outer ones."""
    scored, learned_from, target, part, test_share = case
    weights, inner, outer = {}, dict(learned_from), dict(scored)
    for name, stack in settings.stacks.items():
        members = [inner[member] for member in settings.members(name)]
        inner[name] = np.empty_like(members[0])
        for k in np.unique(part):
            held = part == k
            learned = fit_stack([m[~held] for m in members], target[~held], stack.C)
            inner[name][held] = stacked_scores(learned, [m[held] for m in members])
        weights[name] = fit_stack(members, target, stack.C)
        outer[name] = stacked_scores(weights[name], [outer[member] for member in settings.members(name)])
    calibrations = {
        name: choose_calibration(raw, target, part, settings.calibrations) for name, raw in inner.items()
    }
    quality = {name: _quality(raw, target, part, settings.select) for name, raw in inner.items()}
    probabilities = {name: calibrations[name].probabilities(raw) for name, raw in outer.items()}
    return probabilities, calibrations, weights, choose_model(quality, settings.preferred, test_share)


def _quality(scored: FloatArray, target: IntArray, part: IntArray, select: str) -> FloatArray:
    """Selection criterion on inner folds, from uncalibrated scores for several classes."""
    probabilities = Calibration("none").probabilities(scored)
    parts = [part == k for k in np.unique(part)]
    values = [metrics.ranking(target[rows], probabilities[rows], select) for rows in parts]
    return np.array([value for value in values if np.isfinite(value)])


def choose_model(quality: Mapping[str, FloatArray], preferred: str | None, test_share: float) -> str:
    """Keep the preferred model unless another is significantly better.

    Parameters
    ----------
    quality : figure in each inner fold, by model
    preferred : name of a model; None: the highest mean decides
    test_share : of an inner fold, in (0, 1)

    Examples
    --------
    >>> close = {"stack": np.array([0.80, 0.82, 0.81]), "boosted": np.array([0.84, 0.81, 0.82])}
    >>> choose_model(close, "stack", 0.3), choose_model(close, None, 0.3)
    ('stack', 'boosted')
    >>> choose_model(close | {"boosted": close["stack"] + [0.1, 0.1, 0.11]}, "stack", 0.3)
    'boosted'
    """
    best = max(quality, key=lambda name: float(quality[name].sum()))
    if preferred in (None, best):
        return best
    gap = quality[best] - quality[preferred]
    if len(gap) < 2:
        return preferred
    _, lower, _, _ = metrics.corrected_interval(gap, test_share=test_share)
    return best if lower > 0 else preferred


def _collect(judged: Sequence[Judged], plan: ResponsePlan, final: Judged | None = None) -> Validation:
    """Lay the folds' probabilities out by repeat and row."""
    folds = plan.folds
    shape = (folds.repeats, len(plan.target), int(plan.target.max()) + 1)
    probabilities = {name: np.full(shape, np.nan) for name in judged[0][0]}
    procedure = np.full(shape, np.nan)
    places = [(repeat, k) for repeat in range(folds.repeats) for k in folds.outer]
    for (repeat, k), (calibrated, _, _, chosen) in zip(places, judged, strict=True):
        rows = folds.assignment[repeat] == k
        for name, laid_out in probabilities.items():
            laid_out[repeat, rows] = calibrated[name]
        if chosen:
            procedure[repeat, rows] = calibrated[chosen]
    if final is None:
        return Validation(probabilities, procedure, (), {}, {}, {}, {}, probabilities)
    _, calibrations, stacks, _ = final
    fold_stacks = {name: tuple(weights[name] for _, _, weights, _ in judged) for name in stacks}
    fold_calibrations = {name: tuple(own[name] for _, own, _, _ in judged) for name in calibrations}
    chosen_models = tuple(chosen for *_, chosen in judged)
    return Validation(
        probabilities, procedure, chosen_models, calibrations, stacks, fold_stacks, fold_calibrations, {}
    )
