"""One call for stage classify: models compared, one chosen, fitted on all rows, everything reported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.response import metrics, scores
from personae.response.folds import Folds
from personae.response.model import ResponseModel, fit_on_all
from personae.response.preprocessing import features
from personae.response.validation import Plan, Validation, validate


@dataclass(frozen=True, slots=True)
class Ablation:
    """A variant of the inputs, scored on the same folds with models that need no nesting.

    Attributes
    ----------
    columns : features of the variant
    preprocessing : unfitted, for these columns
    """

    columns: Sequence[str]
    preprocessing: Any


@dataclass(frozen=True, slots=True)
class Classification:
    """Everything that stage classify writes.

    Attributes
    ----------
    report : contents of classify.json, leakage left to the guard
    validation : predictions out of fold
    procedure : those of the whole procedure, shape (repeats, rows, classes)
    model : chosen in the inner folds, fitted on all rows
    curves : tables by name
    """

    report: dict[str, Any]
    validation: Validation
    procedure: FloatArray
    model: ResponseModel
    curves: dict[str, pd.DataFrame]


def encode_target(values: pd.Series, name: str) -> tuple[IntArray, tuple[Any, ...]]:
    """Number the classes of a target in sorted order; of two classes the second is the event.

    Raises
    ------
    PersonaeError
        If a value is missing or there is one class only.

    Examples
    --------
    >>> encode_target(pd.Series(["no", "yes", "no"]), "bought")
    (array([0, 1, 0]), ('no', 'yes'))
    """
    if values.isna().any():
        raise PersonaeError(
            f"target '{name}' is missing in {int(values.isna().sum())} rows: leave them out in `prepare`"
        )
    codes, classes = pd.factorize(values, sort=True)
    if len(classes) < 2:
        raise PersonaeError(f"target '{name}' has one class only ({classes[0]!r}): nothing to learn")
    return np.asarray(codes, dtype=np.intp), tuple(
        getattr(value, "item", lambda v=value: v)() for value in classes
    )


def classify(
    customers: pd.DataFrame,
    target_name: str,
    folds: Folds,
    plan: Plan,
    *,
    columns: Sequence[str],
    split: str,
    ablations: Mapping[str, Ablation],
    ablated: Sequence[str],
    seed: int,
    workers: int = 2,
) -> Classification:
    """Validate the plan's models, choose in inner folds, fit the choice on all rows.

    Parameters
    ----------
    customers : table before imputation, with the target
    target_name : column of the target
    folds : as `folds.grouped_folds` or `folds.time_folds` deal them
    plan : models and how they are validated
    columns : features
    split : in words, for the report
    ablations : variants of the inputs by name
    ablated : models that are fitted on the variants
    seed : of all fits
    workers : processes

    Returns
    -------
    Classification
    """
    target, classes = encode_target(customers[target_name], target_name)
    table = features(customers, columns)
    validation = validate(table, target, folds, plan, seed=seed, workers=workers)
    if validation.procedure is None:
        raise PersonaeError("stage classify needs a nested validation: without it nothing is chosen")
    ablation = ablate(
        customers,
        target,
        folds,
        plan,
        columns=columns,
        ablations=ablations,
        models=ablated,
        seed=seed,
        workers=workers,
    )
    model = fit_on_all(
        table,
        target,
        plan,
        validation,
        name=validation.best,
        target_name=target_name,
        classes=classes,
        seed=seed,
    )
    report = {
        "target": target_name,
        "classes": classes,
        "split": split,
        **_figures(target, folds, validation, plan, workers),
        "ablation": ablation,
    }
    return Classification(report, validation, validation.procedure, model, scores.curves(target, validation))


def _figures(
    target: IntArray, folds: Folds, validation: Validation, plan: Plan, workers: int
) -> dict[str, Any]:
    scored = scores.score_all(target, validation.models, folds, workers=workers)
    assert validation.procedure is not None
    whole = scores.score(target, validation.procedure, folds)
    return {
        "rows": len(target),
        "folds": folds.count,
        "repeats": folds.repeats,
        "spread": "sd over all folds of all repeats; pooled: all rows of a repeat, mean over repeats",
        "majority_accuracy": _majority_accuracy(target, folds),
        "models": {name: found.summary for name, found in scored.items()},
        "best": validation.best,
        "selection": scores.selection(validation, whole, plan),
        "calibration": {n: m.final.method for n, m in validation.models.items() if m.final is not None},
        "differences": scores.differences(scored, folds),
    }


def _majority_accuracy(target: IntArray, folds: Folds) -> float:
    """Share of the most frequent class in the scored folds: the mean over them, as of the models."""
    usual = target == np.bincount(target).argmax()
    parts = [usual[fold == k].mean() for fold in folds.assignment for k in folds.outer]
    return float(np.mean(parts))


def ablate(
    customers: pd.DataFrame,
    target: IntArray,
    folds: Folds,
    plan: Plan,
    *,
    columns: Sequence[str],
    ablations: Mapping[str, Ablation],
    models: Sequence[str],
    seed: int,
    workers: int = 2,
) -> dict[str, Any]:
    """Score each variant of the inputs beside all features, on the same folds and seeds, nothing tuned.

    Returns
    -------
    dict
        By variant and model: ROC AUC and average precision of the variant, and the difference to all features
        with its corrected interval.
    """
    if not ablations:
        return {}
    plain = replace(plan, models={name: plan.models[name] for name in models}, stacks={}, nested=False)
    full = Ablation(columns, plan.preprocessing)
    scored: dict[str, dict[str, scores.Scored]] = {}
    for name, variant in {"all": full, **ablations}.items():
        found = validate(
            features(customers, variant.columns),
            target,
            folds,
            replace(plain, preprocessing=variant.preprocessing),
            seed=seed,
            workers=workers,
        )
        scored[name] = scores.score_all(target, found.models, folds, workers=workers)
    return {
        name: {m: _compared(scored[name][m], scored["all"][m], folds, name) for m in models}
        for name in ablations
    }


def _compared(variant: scores.Scored, full: scores.Scored, folds: Folds, name: str) -> dict[str, Any]:
    pairs = {
        metric: metrics.corrected_difference(
            name, "all", metric, (variant.by_fold[metric], full.by_fold[metric]), test_share=folds.test_share
        )
        for metric in ("roc_auc", "average_precision")
    }
    return {metric: {"figure": variant.summary[metric], "difference": pair} for metric, pair in pairs.items()}
