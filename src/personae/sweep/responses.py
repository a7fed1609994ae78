"""Trials of stage classify: scored on inner folds of customers that leave an outer fold untouched."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from threadpoolctl import ThreadpoolController

from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.core.parallel import run_all
from personae.core.statistics import bootstrap_rows
from personae.response import metrics
from personae.response.calibration import Calibration, choose_calibration
from personae.response.estimators import fit, scores
from personae.response.evaluate import classify, encode_target
from personae.response.folds import Folds
from personae.response.plan import deal, describe, units_of
from personae.response.preprocessing import features
from personae.response.settings import Classify
from personae.response.validation import Plan, seed_of, seeded
from personae.sweep.held import RESAMPLES, Held
from personae.targeting.profit import Economics, contact

Report = Callable[[float], None]
RANKINGS = ("average_precision", "roc_auc")


class ResponseTrials:
    """One study's customers, their outer and inner folds and encoded features, shared by all trials.

    Parameters
    ----------
    customers : DataFrame
        Before imputation: gaps are filled, columns scaled and segments fitted inside the folds.
    base : Classify
        Settings that all trials share.
    objective : str
        What chooses between several models, and is reported on the way unless it is profit.
    models : sequence of str
        Models that the space is about; none: all of them.
    money : Economics, optional
        Of all customers, for profit.
    seed, search_seed, folds, outer : int
        The first fold of `outer` is held out; `folds` divide the others.
    """

    def __init__(
        self,
        customers: pd.DataFrame,
        base: Classify,
        objective: str,
        *,
        models: tuple[str, ...],
        money: Economics | None,
        seed: int,
        search_seed: int,
        folds: int,
        outer: int,
    ) -> None:
        if objective == "profit" and money is None:
            raise PersonaeError("objectives: profit needs a section target; this study has none")
        self._customers, self._base, self._objective, self._seed = customers, base, objective, seed
        self._models, self._money = models, money
        self._table = features(customers, base.features)
        self._target, _ = encode_target(customers[base.target], base.target)
        self._units = units_of(base, customers, self._table)
        own = int(np.random.SeedSequence([seed, search_seed]).generate_state(1)[0])
        dealt = self._deal(np.arange(len(customers)), outer, own)
        held = dealt.outer[-1]
        self._test = np.flatnonzero(dealt.assignment[0] == held)
        self._inner = np.flatnonzero(dealt.assignment[0] != held)
        self._folds = self._deal(self._inner, folds, own + 1)
        self._encoded: dict[tuple[str, Any], tuple[FloatArray, FloatArray]] = {}

    @property
    def held_out(self) -> IntArray:
        """Rows of the customers that no trial sees."""
        return self._test

    def _deal(self, rows: IntArray, folds: int, seed: int) -> Folds:
        settings = self._base.model_copy(update={"folds": folds, "repeats": 1})
        some = self._customers.iloc[rows]
        return deal(settings, some, self._target[rows], self._units[rows], seed)

    def measure(self, settings: Classify, report: Report) -> dict[str, float]:
        """Score a trial on the inner folds; of several models the best counts.

        Returns
        -------
        dict
            Objectives by name, and figures under the names that the graph's have.
        """
        plan = self._plan(settings)
        steps = self._folds.outer
        found: list[dict[str, FloatArray]] = []
        ranking = self._objective if self._objective in RANKINGS else "average_precision"
        width = max(1, self._base.workers)
        with ThreadpoolController().limit(limits=1):
            for start in range(0, len(steps), width):
                tasks = [partial(self._fold, settings, plan, k) for k in steps[start : start + width]]
                found += run_all(tasks, self._base.workers, threads=True)
                report(max(self._ranking(found, name, ranking) for name in plan.models))
        judged = {name: self._judged(found, name) for name in plan.models}
        best = max(judged, key=lambda name: judged[name][self._objective])
        figures = {
            f"classify.models.{name}.{figure}.mean": value
            for name, values in judged.items()
            for figure, value in values.items()
        }
        return {name: judged[best][name] for name in (*RANKINGS, "profit") if name in judged[best]} | figures

    def conclude(self, settings: Classify) -> tuple[Held, dict[str, Any]]:
        """Score on the outer fold what was fitted on the others, and give what `dvc repro` will write.

        The first are the honest figures of the winner. Figures of the graph come from folds of all customers,
        those that searched among them; guard, claims and explanations are left to the graph.
        """
        with ThreadpoolController().limit(limits=1):
            held = self._outer(settings)
        table, target = self._table, self._target
        found = classify(
            self._customers,
            settings.target,
            deal(settings, self._customers, target, self._units, self._seed),
            describe(settings, table),
            columns=settings.features,
            split="",
            ablations={},
            ablated=[],
            seed=self._seed,
            workers=settings.workers,
        )
        kept = ("target", "rows", "folds", "repeats", "majority_accuracy", "models", "best", "selection")
        return held, {name: found.report[name] for name in kept if name in found.report}

    def _plan(self, settings: Classify) -> Plan:
        plan = describe(settings, self._table)
        named = self._models or tuple(plan.models)
        absent = [name for name in named if name not in plan.models]
        if absent:
            raise PersonaeError(
                f"space: model {absent[0]!r} cannot be swept; {', '.join(plan.models)} can be"
            )
        return Plan(
            plan.preprocessing, {name: plan.models[name] for name in named}, {}, ("none",), plan.select
        )

    def _fold(self, settings: Classify, plan: Plan, k: int) -> dict[str, FloatArray]:
        train, test = (self._inner[rows] for rows in self._folds.rows(0, (k,)))
        return self._scores(settings, plan, train, test, k)

    def _scores(
        self, settings: Classify, plan: Plan, train: IntArray, test: IntArray, place: Any
    ) -> dict[str, FloatArray]:
        """Fit on some rows and score others; what the preprocessing gives is kept for later trials."""
        seed = seed_of(self._seed, (0, () if place is None else (place,)))
        shared = settings.model_dump(include={"imputer", "scaler", "segment", "segment_input"})
        key = (json.dumps(shared, sort_keys=True), place)
        if key not in self._encoded:
            prepare = seeded(clone(plan.preprocessing), seed).fit(
                self._table.iloc[train], self._target[train]
            )
            self._encoded[key] = (
                np.asarray(prepare.transform(self._table.iloc[train])),
                np.asarray(prepare.transform(self._table.iloc[test])),
            )
        inputs, unseen = self._encoded[key]
        return {
            name: scores(fit(model, inputs, self._target[train], seed), unseen)
            for name, model in plan.models.items()
        }

    def _rows(self, count: int) -> list[IntArray]:
        return [self._inner[self._folds.rows(0, (k,))[1]] for k in self._folds.outer[:count]]

    def _ranking(self, found: list[dict[str, FloatArray]], name: str, metric: str) -> float:
        plain = Calibration("none")
        parts = [
            metrics.ranking(self._target[rows], plain.probabilities(one[name]), metric)
            for rows, one in zip(self._rows(len(found)), found, strict=True)
        ]
        return float(np.mean(parts))

    def _judged(self, found: list[dict[str, FloatArray]], name: str) -> dict[str, float]:
        rows = self._rows(len(found))
        judged = {metric: self._ranking(found, name, metric) for metric in RANKINGS}
        plain = [Calibration("none").probabilities(one[name]) for one in found]
        right = [(p.argmax(axis=1) == self._target[r]).mean() for p, r in zip(plain, rows, strict=True)]
        judged["accuracy"] = float(np.mean(right))
        if self._money is not None:
            judged["profit"] = self._profit(np.concatenate(rows), [one[name] for one in found], rows)
        return judged

    def _profit(self, order: IntArray, parts: list[FloatArray], rows: list[IntArray]) -> float:
        """Profit a customer; a fold's probabilities are calibrated on the scores of the other folds."""
        scored, fold = np.concatenate(parts), np.repeat(np.arange(len(rows)), [len(each) for each in rows])
        probability = np.empty(len(order))
        for k in range(len(rows)):
            held = fold == k
            learned = self._calibration(scored[~held], order[~held], fold[~held])
            probability[held] = learned.probabilities(scored[held])[:, 1]
        return float(self._earned(order, probability).mean())

    def _calibration(self, scored: FloatArray, rows: IntArray, part: IntArray) -> Calibration:
        methods = self._base.calibrations if len(np.unique(part)) > 1 else self._base.calibrations[:1]
        return choose_calibration(scored, self._target[rows], part, methods)

    def _earned(self, rows: IntArray, probability: FloatArray) -> FloatArray:
        assert self._money is not None
        money = Economics(self._money.cost[rows], self._money.revenue[rows])
        return np.asarray(contact(probability[None], money)[0] * money.earned(self._target[rows]))

    def _outer(self, settings: Classify) -> Held:
        """Choose between models and calibrate on inner folds, then look at the outer fold once."""
        plan = self._plan(settings)
        found = run_all(
            [partial(self._fold, settings, plan, k) for k in self._folds.outer],
            self._base.workers,
            threads=True,
        )
        best = max(plan.models, key=lambda name: self._judged(found, name)[self._objective])
        rows = self._rows(len(found))
        fold = np.repeat(np.arange(len(rows)), [len(each) for each in rows])
        order = np.concatenate(rows)
        learned = self._calibration(np.concatenate([one[best] for one in found]), order, fold)
        scored = self._scores(settings, plan, self._inner, self._test, None)[best]
        test, target = self._test, self._target[self._test]
        plain, calibrated = Calibration("none").probabilities(scored), learned.probabilities(scored)

        def figures(index: IntArray) -> dict[str, float]:
            told = {metric: metrics.ranking(target[index], plain[index], metric) for metric in RANKINGS}
            if self._money is not None:
                told["profit"] = float(self._earned(test[index], calibrated[index, 1]).mean())
            return told

        samples = bootstrap_rows(self._units[test], RESAMPLES, np.random.default_rng([self._seed, 1]))
        resampled = [figures(index) for index in samples]
        whole = figures(np.arange(len(test)))
        intervals = {
            name: tuple(np.nanquantile([each[name] for each in resampled], [0.025, 0.975]).tolist())
            for name in whole
        }
        return Held(len(test), whole, intervals)
