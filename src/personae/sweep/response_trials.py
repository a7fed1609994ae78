"""Trials of stage classify: scored on inner folds, outer fold held out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import ThreadpoolController

from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.core.files import to_json
from personae.core.parallel import parallel_map
from personae.core.statistics import bootstrap_rows
from personae.response import evaluate, metrics
from personae.response.folds import Folds
from personae.response.plan import ResponsePlan, build_plan, make_folds
from personae.response.preprocessing import build_preprocessing
from personae.response.settings import Classify
from personae.response.validation import (
    Scores,
    fit_inputs,
    judge,
    score_models,
    seed_of,
    uncalibrated,
    validate,
)
from personae.sweep.settings import ClassifySweep
from personae.sweep.trials import RESAMPLES, Conclusion, Report
from personae.targeting.profit import Economics, contact

RANKINGS = ("average_precision", "roc_auc")
# Of one inner fold: scores, and figures of the uncalibrated probabilities, by model.
Tested = tuple[Scores, dict[str, dict[str, float]]]


class ResponseTrials:
    """One study's customers, folds and encoded features, shared by trials.

    Parameters
    ----------
    customers : DataFrame
        Before imputation: gaps are filled, columns scaled and segments fitted inside the folds.
    base : Classify
        Settings that all trials share.
    sweep : ClassifySweep
        The first fold of `outer` is held out; `folds` divide the others. The first objective chooses between
        several models, and is reported on the way unless it is profit.
    models : sequence of str
        Models that the space is about; none: all of them.
    money : Economics, optional
        Of all customers, for profit.
    seed : int
        The study's.
    """

    def __init__(
        self,
        customers: pd.DataFrame,
        base: Classify,
        sweep: ClassifySweep,
        *,
        models: tuple[str, ...] = (),
        money: Economics | None = None,
        seed: int,
    ) -> None:
        if "profit" in sweep.objectives and money is None:
            raise PersonaeError("objectives: profit needs a section target; this study has none")
        self._customers, self._objective = customers, sweep.objectives[0]
        self._models, self._money = models, money
        self._plan = build_plan(customers, base, seed=seed)
        own = int(np.random.SeedSequence([seed, sweep.seed]).generate_state(1)[0])
        dealt = self._deal(np.arange(len(customers)), sweep.outer, own)
        held = dealt.outer[-1]
        self._test = np.flatnonzero(dealt.assignment[0] == held)
        self._inner = np.flatnonzero(dealt.assignment[0] != held)
        self._folds = self._deal(self._inner, sweep.folds, own + 1)
        # Rows of the customers that each inner fold tests.
        self._rows = [self._inner[self._folds.rows(0, (k,))[1]] for k in self._folds.outer]
        self._encoded: dict[tuple[str, Any], tuple[FloatArray, FloatArray]] = {}

    @property
    def held_out(self) -> IntArray:
        """Rows of the customers that no trial sees."""
        return self._test

    def measure(self, settings: Classify, report: Report) -> dict[str, float]:
        """Score a trial on inner folds, by its best model."""
        plan, tested = self._planned(settings), []
        ranking = self._objective if self._objective in RANKINGS else RANKINGS[0]
        steps, width = self._folds.outer, plan.settings.workers
        with ThreadpoolController().limit(limits=1):
            for start in range(0, len(steps), width):
                tested += self._tested(plan, steps[start : start + width])
                report(max(one[ranking] for one in self._means(tested).values()))
            judged = self._judged(plan, tested)
        best = max(judged, key=lambda name: judged[name][self._objective])
        figures = {
            f"classify.models.{name}.{figure}.mean": value
            for name, values in judged.items()
            for figure, value in values.items()
        }
        return {name: judged[best][name] for name in (*RANKINGS, "profit") if name in judged[best]} | figures

    def conclude(self, settings: Classify) -> Conclusion:
        """Score the winner on the outer fold and give its full result.

        Figures of the graph come from folds of all customers, those that searched among them; guard, claims
        and explanations are left to the graph.
        """
        with ThreadpoolController().limit(limits=1):
            fresh, intervals = self._on_outer_fold(settings)
        plan = build_plan(self._customers, settings, seed=self._plan.seed)
        report = evaluate.figures(plan, validate(plan))
        kept = ("target", "rows", "folds", "repeats", "majority_accuracy", "models", "best", "selection")
        figures = {name: report[name] for name in kept}
        return Conclusion(fresh, f"outer fold of {len(self._test)} customers", to_json(figures), intervals)

    def _deal(self, rows: IntArray, folds: int, seed: int) -> Folds:
        once = self._plan.settings.model_copy(update={"folds": folds, "repeats": 1})
        some = self._customers.iloc[rows]
        return make_folds(some, once, self._plan.target[rows], self._plan.groups[rows], seed)

    def _planned(self, settings: Classify) -> ResponsePlan:
        single = settings.single_models
        absent = [name for name in self._models if name not in single]
        if absent:
            raise PersonaeError(f"space: model {absent[0]!r} cannot be swept; {', '.join(single)} can be")
        return replace(
            self._plan,
            settings=settings.without_stacks(*self._models),
            preprocessing=build_preprocessing(self._plan.table, settings, segment=settings.segment_input),
        )

    def _tested(self, plan: ResponsePlan, folds: Sequence[int]) -> list[Tested]:
        tasks = [partial(self._fold, plan, k) for k in folds]
        return parallel_map(tasks, plan.settings.workers, threads=True)

    def _fold(self, plan: ResponsePlan, k: int) -> Tested:
        train, test = (self._inner[rows] for rows in self._folds.rows(0, (k,)))
        scored, target = self._scores(plan, train, test, k), plan.target[test]
        return scored, {name: metrics.figures(target, p) for name, p in uncalibrated(scored).items()}

    def _scores(
        self, plan: ResponsePlan, train: IntArray, test: IntArray, fold: int | None
    ) -> dict[str, FloatArray]:
        """Fit and score, caching preprocessed inputs for later trials."""
        seed = seed_of(plan.seed, (0, () if fold is None else (fold,)))
        shared = plan.settings.model_dump(include={"imputer", "scaler", "segment", "segment_input"})
        key = (json.dumps(shared, sort_keys=True), fold)
        if key not in self._encoded:
            prepare, inputs = fit_inputs(plan, train, seed)
            self._encoded[key] = (inputs, np.asarray(prepare.transform(plan.table.iloc[test])))
        inputs, unseen = self._encoded[key]
        return score_models(plan, train, inputs, unseen, seed)

    def _means(self, tested: Sequence[Tested]) -> dict[str, dict[str, float]]:
        """Average the figures of each model over inner folds."""
        names = (*RANKINGS, "accuracy")
        figures = [one for _, one in tested]
        return {
            model: {name: float(np.mean([fold[model][name] for fold in figures])) for name in names}
            for model in figures[0]
        }

    def _judged(self, plan: ResponsePlan, tested: Sequence[Tested]) -> dict[str, dict[str, float]]:
        """Figures of all models and, where known, calibrated profit a customer."""
        judged = self._means(tested)
        if self._money is None:
            return judged
        scored = [one for one, _ in tested]
        calibrated = [
            self._calibrated(plan, {j: one for j, one in enumerate(scored) if j != k}, scored[k])
            for k in range(len(scored))
        ]
        order = np.concatenate(self._rows)
        for name, figures in judged.items():
            probability = np.concatenate([one[name][:, 1] for one in calibrated])
            figures["profit"] = float(self._earned(plan, order, probability).mean())
        return judged

    def _calibrated(self, plan: ResponsePlan, inner: Mapping[int, Scores], scored: Scores) -> Scores:
        """Calibrate scores on inner folds, as the stage does."""
        rows = [self._rows[k] for k in inner]
        part = np.repeat(list(inner), [len(each) for each in rows])
        learned_from = {name: np.concatenate([one[name] for one in inner.values()]) for name in scored}
        settings = plan.settings
        if len(inner) == 1:
            settings = settings.model_copy(update={"calibrations": settings.calibrations[:1]})
        order = np.concatenate(rows)
        probabilities, *_ = judge(settings, (scored, learned_from, plan.target[order], part, 0.0))
        return probabilities

    def _earned(self, plan: ResponsePlan, rows: IntArray, probability: FloatArray) -> FloatArray:
        assert self._money is not None
        money = self._money.at(rows)
        return np.asarray(contact(probability[None], money)[0] * money.earned(plan.target[rows]))

    def _on_outer_fold(self, settings: Classify) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
        """Choose and calibrate on inner folds, measure once on the outer."""
        plan, test = self._planned(settings), self._test
        tested = self._tested(plan, self._folds.outer)
        judged = self._judged(plan, tested)
        best = max(judged, key=lambda name: judged[name][self._objective])
        scored = self._scores(plan, self._inner, test, None)
        calibrated = self._calibrated(plan, dict(enumerate(one for one, _ in tested)), scored)[best]
        plain, target = uncalibrated(scored)[best], plan.target[test]

        def figures(index: IntArray) -> dict[str, float]:
            tested = {metric: metrics.ranking(target[index], plain[index], metric) for metric in RANKINGS}
            if self._money is not None:
                tested["profit"] = float(self._earned(plan, test[index], calibrated[index, 1]).mean())
            return tested

        samples = bootstrap_rows(plan.groups[test], RESAMPLES, np.random.default_rng([plan.seed, 1]))
        resampled = pd.DataFrame([figures(index) for index in samples])
        bounds = {
            name: tuple(np.nanquantile(each, [0.025, 0.975]).tolist()) for name, each in resampled.items()
        }
        return figures(np.arange(len(test))), bounds
