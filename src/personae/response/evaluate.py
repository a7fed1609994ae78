"""Evaluate the response models: comparison, choice, explanation, leakage guard, final fit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from personae.core.arrays import FloatArray, IntArray
from personae.core.sampling import sample_by_hash
from personae.core.statistics import adjust
from personae.response import explanations, leakage, metrics, scores
from personae.response.calibration_check import calibration_figures
from personae.response.conformal import prediction_sets
from personae.response.folds import Folds, grouped_folds
from personae.response.merged_classes import merge_classes
from personae.response.model import ResponseModel, fit_on_all, predict_outside
from personae.response.plan import ResponsePlan, ablated_plans, build_plan, split_text
from personae.response.predictions import responses, with_others
from personae.response.preprocessing import build_preprocessing, features
from personae.response.published import repeated_splits
from personae.response.settings import Classify
from personae.response.telling import Finding
from personae.response.validation import Validation, validate

PERMUTED_FOLDS = 3
MOST_ASKED = 10


@dataclass(frozen=True, slots=True)
class ResponseEvaluation:
    """All that stage classify writes.

    Attributes
    ----------
    report : contents of classify.json
    curves : tables by name, as `personae.response.scores.curves` gives them
    responses : as `personae.response.predictions` lays them out, of the whole procedure
    model : chosen in the inner folds, fitted on all rows; None where there is nothing to predict
    outside : probabilities of rows that were not sampled, see `personae.response.model.predict_outside`
    """

    report: Mapping[str, Any]
    curves: Mapping[str, pd.DataFrame]
    responses: pd.DataFrame
    model: ResponseModel | None
    outside: FloatArray | None = None

    @classmethod
    def empty(cls, report: Mapping[str, Any] | None = None) -> Self:
        """Result without a model, its tables without rows."""
        curves = {
            "roc": ["false_positive_rate", "true_positive_rate", "model", "class"],
            "precision_recall": ["recall", "precision", "model", "class"],
            "reliability": ["model", "predicted", "observed", "rows"],
        }
        columns = ["row", "customer", "unit", "target", "reason", "repeat", "class", "probability"]
        return cls(
            report=report or {"skipped": "the study has no answer to predict"},
            curves={name: pd.DataFrame(columns=each) for name, each in curves.items()},
            responses=pd.DataFrame(columns=columns),
            model=None,
        )


def evaluate_response(
    customers: pd.DataFrame, settings: Classify, groups: Mapping[str, str] | None = None, *, seed: int = 0
) -> ResponseEvaluation:
    """Compare, choose, explain and check response models; fit the best.

    Parameters
    ----------
    customers : table before imputation, with the columns that the settings name and `customer`
    settings : the study's section `classify`
    groups : where the settings have `merging`, the merged class of each class, from the merge verdicts
    seed : of folds and fits

    Returns
    -------
    ResponseEvaluation
        Of more than `fit_rows` rows, evaluated on a sample (`sampled`: rows to `fit` `of` all); unless
        classes were merged, `responses` holds what was learned says of the others.
        Where classes were merged, of the merged classes; the report then holds what
        `personae.response.merged_classes.merge_classes` gives, too. Where the merge leaves one class,
        `models` says so in `skipped`, and there is no model.

    Raises
    ------
    PersonaeError
        If a column is missing, or the target cannot be dealt into folds.
    """
    answered = customers.dropna(subset=[settings.target]) if settings.target in customers else customers
    unanswered = len(customers) - len(answered)
    if unanswered:
        left_out = {"left_out": [{"rows": unanswered, "name": None, "reason": "no answer"}]}
        evaluation = evaluate_response(answered.reset_index(drop=True), settings, groups, seed=seed)
        return replace(evaluation, report={**evaluation.report, **left_out})
    owner = settings.unit or "customer"
    drawn = sample_by_hash(customers.get(owner, customers.index), settings.fit_rows)
    if len(drawn) == len(customers):
        return _decided(customers, settings, groups or {}, seed)
    part = customers.iloc[drawn].reset_index(drop=True)
    others = customers.drop(index=customers.index[drawn])
    evaluation = _decided(part, settings, groups or {}, seed, others)
    sampled = {"sampled": {"fit": len(drawn), "of": len(customers)}}
    evaluation = replace(evaluation, report={**evaluation.report, **sampled})
    if evaluation.outside is None or evaluation.model is None:
        return evaluation
    everyone = with_others(
        evaluation.responses,
        drawn,
        customers["customer"],
        customers[owner],
        customers[settings.target],
        classes=evaluation.model.classes,
        probabilities=evaluation.outside,
    )
    return replace(evaluation, responses=everyone)


def _decided(
    customers: pd.DataFrame,
    settings: Classify,
    groups: Mapping[str, str],
    seed: int,
    others: pd.DataFrame | None = None,
) -> ResponseEvaluation:
    """Evaluate the classes as they are, or as merged."""
    if settings.merging is None:
        return _evaluated(customers, settings, seed, others)
    merged, report = merge_classes(customers, settings, settings.merging, groups, seed=seed)
    classes = merged[settings.target].unique().tolist()
    if len(classes) == 1:
        alone = {"target": settings.target, "classes": classes, "models": report["after"]}
        return ResponseEvaluation.empty(alone | report)
    evaluation = _evaluated(merged, settings, seed)
    model = evaluation.model and replace(evaluation.model, merged=dict(groups or {}))
    return replace(evaluation, report={**evaluation.report, **report}, model=model)


def _evaluated(
    customers: pd.DataFrame, settings: Classify, seed: int, others: pd.DataFrame | None = None
) -> ResponseEvaluation:
    plan = build_plan(customers, settings, seed=seed)
    validation = validate(plan)
    explained, reasons = _explanations(plan, validation)
    report = {**figures(plan, validation), "ablation": ablation(plan, validation), **explained}
    if settings.segment is not None:
        report["segment"] = {
            "columns": [*settings.segment.columns, *settings.segment.categorical],
            "k": settings.segment.k,
            "method": settings.segment.clusterer.name,
        }
    known = [leakage.known_leaks(customers[settings.leaking], plan.target)] if settings.leaking else []
    undeclared = _undeclared(plan, customers)
    moved = {row["column"]: row["mean"] for row in report["importance"]}
    whole = leakage.whole_procedure(plan, validation.procedure[0], moved)
    report["leakage"] = [*known, *undeclared, *leakage.inspect(plan), whole, _permuted_targets(plan)]
    report["leakage_scope"] = {"kinds": leakage.KINDS, "unseen": leakage.UNSEEN}
    if settings.claim is not None:
        report["seed_claim"] = repeated_splits(plan, settings.claim)
    model = fit_on_all(plan, validation)
    time = None if settings.time is None else customers[settings.time]
    return ResponseEvaluation(
        report,
        scores.curves(plan.target, validation),
        responses(
            customers["customer"],
            plan.groups,
            plan.target,
            classes=plan.classes,
            probabilities=validation.procedure,
            reasons=reasons,
        ),
        model,
        None if others is None else predict_outside(plan, validation, model, time, others),
    )


def figures(plan: ResponsePlan, validation: Validation) -> dict[str, Any]:
    """Figures of all models and of the procedure, the choice, differences."""
    folds, settings = plan.folds, plan.settings
    scored = scores.score_all(plan, validation)
    _, procedure = scores.score(plan.target, validation.procedure, folds)
    return {
        "target": settings.target,
        "classes": plan.classes,
        "split": split_text(settings, folds.count),
        "rows": len(plan.target),
        **_bounded(plan),
        "folds": folds.count,
        "repeats": folds.repeats,
        "spread": "sd over all folds of all repeats; pooled: all rows of a repeat, mean over repeats",
        "majority_accuracy": _majority_accuracy(plan),
        "models": {name: summary for name, (_, summary) in scored.items()},
        "best": validation.best,
        "selection": {
            "by": settings.select,
            "preferred": settings.preferred,
            "counts": {name: validation.chosen.count(name) for name in validation.probabilities},
            "figures": procedure,
        },
        "calibration": {name: fitted.method for name, fitted in validation.calibrations.items()},
        "calibration_check": _calibration_check(plan, validation),
        "sample": _sample(plan, validation),
        **prediction_sets(plan, validation.procedure),
        "differences": scores.differences(scored, folds),
    }


def _bounded(plan: ResponsePlan) -> dict[str, Any]:
    """Rows that models learned from, where limited."""
    bounds, fewest = plan.settings.model_rows, len(plan.folds.rows(0, plan.folds.outer[:1])[0])
    models = plan.settings.single_models.items()
    found = {name: bounds[model.type] for name, model in models if bounds.get(model.type, fewest) < fewest}
    return {"fit_rows": found} if found else {}


def _calibration_check(plan: ResponsePlan, validation: Validation) -> dict[str, Any]:
    """Check the calibration of the first repeat, by class if several."""
    shown = [1] if len(plan.classes) == 2 else range(len(plan.classes))
    given = validation.procedure[0]
    return {
        str(plan.classes[k]): calibration_figures(
            (plan.target == k).astype(np.intp), given[:, k], plan.groups, seed=plan.seed
        )
        for k in shown
    }


def _sample(plan: ResponsePlan, validation: Validation) -> dict[str, Any]:
    """Rows predicted out of fold, whether the rarer class has enough, and the ROC AUC's interval."""
    given = validation.procedure[0]
    seen = ~np.isnan(given[:, 0])
    rarer = int(np.bincount(plan.target[seen], minlength=len(plan.classes)).min())
    verdict, reason = "enough", f"the rarest class has {rarer} rows"
    if rarer < metrics.EXACT_BELOW:
        verdict, reason = "too few", f"{reason}; {metrics.EXACT_BELOW} are the least to judge a model by"
    interval = metrics.auc_interval(plan.target[seen], given[seen])
    counts = {"rows": int(seen.sum()), "rarest_class": rarer}
    return {**counts, "verdict": verdict, "reason": reason, "roc_auc_ci": interval}


def _majority_accuracy(plan: ResponsePlan) -> float:
    """Accuracy of the majority class in the scored folds, their mean."""
    usual = plan.target == np.bincount(plan.target).argmax()
    parts = [usual[fold == k].mean() for fold in plan.folds.assignment for k in plan.folds.outer]
    return float(np.mean(parts))


def ablation(plan: ResponsePlan, validation: Validation) -> dict[str, Any]:
    """Score each variant of the inputs on the same folds and seeds.

    Returns
    -------
    dict
        By variant and model: ROC AUC and average precision of the variant, and the difference to all features
        with its corrected interval; `p_adjusted` over all variants, models and figures (Holm 1979).
    """
    variants, models = ablated_plans(plan), plan.settings.ablated
    if not variants or not models:
        return {name: {} for name in variants}
    alone, scored = plan.settings.without_stacks(*models), {}
    full = scores.score_all(replace(plan, settings=alone), validation.as_fitted(models))
    for name, inputs in variants.items():
        variant = replace(inputs, settings=alone)
        scored[name] = scores.score_all(variant, validate(variant, nested=False))
    compared = {
        name: {model: _compared((name, one[model]), ("all", full[model]), plan.folds) for model in models}
        for name, one in scored.items()
    }
    rows = [
        each["difference"] for one in compared.values() for found in one.values() for each in found.values()
    ]
    for row, p in zip(rows, adjust([row["p"] for row in rows], "holm").tolist(), strict=True):
        row["p_adjusted"] = p
    return compared


def _compared(
    variant: tuple[str, scores.Scored], full: tuple[str, scores.Scored], folds: Folds
) -> dict[str, Any]:
    _, (_, summary) = variant
    return {
        metric: {
            "figure": summary[metric],
            "difference": scores.difference(variant, full, metric, folds.test_share),
        }
        for metric in ("roc_auc", "average_precision")
    }


def _undeclared(plan: ResponsePlan, customers: pd.DataFrame) -> list[Finding]:
    """Gain from each excluded column that is not declared as leaking."""
    if not plan.settings.ask:
        return []
    name = next(iter(plan.settings.single_models))
    folds = plan.folds
    if not folds.forward:
        folds = grouped_folds(plan.target, plan.groups, folds=PERMUTED_FOLDS, repeats=1, seed=plan.seed)
    plain = replace(plan, settings=plan.settings.without_stacks(name), folds=folds)

    def reached(*further: str) -> float:
        table = features(customers, [*plan.table, *further])
        inputs = replace(plain, table=table, preprocessing=build_preprocessing(table, plain.settings))
        _, summary = scores.score_all(inputs, validate(inputs, nested=False))[name]
        return float(summary["roc_auc"]["mean"])

    without = reached()
    return [
        Finding(
            "known only afterwards?",
            (column,),
            "ask",
            f"left out, for it may be known only after the answer: ROC AUC of {name.replace('_', ' ')} is "
            f"{reached(column):.3f} with it and {without:.3f} without",
        )
        for column in plan.settings.ask[:MOST_ASKED]
    ]


def _permuted_targets(plan: ResponsePlan) -> Finding:
    """Run the whole nested procedure on permuted targets."""

    def run(target: IntArray) -> FloatArray:
        folds = plan.folds
        if not folds.forward:
            folds = grouped_folds(target, plan.groups, folds=PERMUTED_FOLDS, repeats=1, seed=plan.seed)
        return np.asarray(validate(replace(plan, target=target, folds=folds)).procedure[0])

    # Forward in time a customer's earlier answers are known, and may tell of the later ones.
    alike = np.arange(len(plan.target)) if plan.folds.forward else plan.groups
    permutations = plan.settings.guard.permutations
    return leakage.permuted_target_check(run, plan.target, alike, permutations=permutations, seed=plan.seed)


def _explanations(plan: ResponsePlan, validation: Validation) -> tuple[dict[str, Any], list[str]]:
    """Importance and SHAP values, with reasons by row for XGBoost."""
    importance = explanations.permutation_importance(plan, validation)
    boosted = [name for name, model in plan.settings.models.items() if model.type == "xgboost"]
    if not boosted:
        return {"importance": importance}, [""] * len(plan.table)
    moved, _ = explanations.shap_values(plan, boosted[0])
    shap = {"model": boosted[0], "mean_absolute": explanations.mean_absolute(moved)}
    reasons = explanations.reasons(plan.table, moved, count=plan.settings.reasons)
    return {"importance": importance, "shap": shap}, reasons
