"""All of stage classify as one value: compared models, guard, explanations, responses out of fold."""

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.preprocessing import RobustScaler, StandardScaler

from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.core.parallel import run_all
from personae.imputation.imputer import TableImputer
from personae.response import explanations, leakage, scores
from personae.response.estimators import Stack, build
from personae.response.evaluate import Ablation, Classification, classify, encode_target
from personae.response.folds import Folds, grouped_folds, identical_rows, merged_groups, time_folds
from personae.response.model import ResponseModel
from personae.response.predictions import responses
from personae.response.preprocessing import SegmentColumns, features, preprocessing
from personae.response.settings import Claim, Classify
from personae.response.settings import Stack as StackSettings
from personae.response.validation import Plan, fit_and_score, seed_of, validate
from personae.segmentation.clusterers import KMeansClusterer
from personae.segmentation.space import Space

CANARY_FOLDS = 3
SCALERS = {"standard": StandardScaler(), "robust": RobustScaler(), "passthrough": "passthrough"}


@dataclass(frozen=True, slots=True)
class Answers:
    """What stage classify writes: classify.json, curves by name, responses out of fold, the fitted model."""

    report: dict[str, Any]
    curves: dict[str, pd.DataFrame]
    responses: pd.DataFrame
    model: ResponseModel | None


def no_answers() -> Answers:
    """Say that a study has nothing to predict: tables have columns and no rows, and there is no model."""
    curves = {
        "roc": ["false_positive_rate", "true_positive_rate", "model", "class"],
        "precision_recall": ["recall", "precision", "model", "class"],
        "reliability": ["model", "predicted", "observed", "rows"],
    }
    return Answers(
        report={"skipped": "the study has no answer to predict"},
        curves={name: pd.DataFrame(columns=columns) for name, columns in curves.items()},
        responses=pd.DataFrame(columns=["customer", "unit", "target", "reason"]),
        model=None,
    )


@dataclass(frozen=True, slots=True)
class _Case:
    settings: Classify
    table: pd.DataFrame
    target: IntArray
    units: IntArray
    folds: Folds
    plan: Plan
    seed: int


def answer(customers: pd.DataFrame, settings: Classify, *, seed: int) -> Answers:
    """Compare, guard and explain the response models of a study.

    Parameters
    ----------
    customers : table before imputation, with the columns that the settings name and `customer`
    settings : the study's section `classify`
    seed : of folds and fits

    Raises
    ------
    PersonaeError
        If a column is missing, or the target cannot be dealt into folds.
    """
    _check_columns(customers, settings)
    table = features(customers, settings.features)
    target, classes = encode_target(customers[settings.target], settings.target)
    units = units_of(settings, customers, table)
    folds = deal(settings, customers, target, units, seed)
    case = _Case(settings, table, target, units, folds, describe(settings, table), seed)
    found = classify(
        customers,
        settings.target,
        case.folds,
        case.plan,
        columns=settings.features,
        split=_split(settings),
        ablations=variants(settings, customers),
        ablated=settings.ablated,
        seed=seed,
        workers=settings.workers,
    )
    report, why = _explained(case, found)
    known = [leakage.declared(customers[settings.leaking], target)] if settings.leaking else []
    if settings.segment is not None:
        report["segment"] = {"columns": settings.segment.columns, "k": settings.segment.k}
    report["leakage"] = [*known, *_guarded(case)]
    if settings.claim is not None:
        report["seed_claim"] = _claimed(case, settings.claim)
    scored = responses(
        customers["customer"], units, target, classes=classes, probabilities=found.procedure, reasons=why
    )
    return Answers(report, found.curves, scored, found.model)


def units_of(settings: Classify, customers: pd.DataFrame, table: pd.DataFrame) -> IntArray:
    """Number who is kept together: rows of one unit, and rows that are identical in all features."""
    same = identical_rows(table)
    if settings.unit is None:
        return same
    codes = pd.factorize(customers[settings.unit], use_na_sentinel=False)[0]
    return merged_groups(same, np.asarray(codes, dtype=np.intp))


def describe(settings: Classify, table: pd.DataFrame, *, segment: bool | None = None) -> Plan:
    """Build the unfitted models and the preprocessing of a table of features."""
    plain = {n: m for n, m in settings.models.items() if not isinstance(m, StackSettings)}
    stacks = {n: m for n, m in settings.models.items() if isinstance(m, StackSettings)}
    imputer = settings.imputer
    chosen = settings.segment if (settings.segment_input if segment is None else segment) else None
    return Plan(
        preprocessing=preprocessing(
            table,
            imputer=TableImputer(imputer.method, options=imputer.model_dump(exclude={"method"})),
            scaler=SCALERS[settings.scaler],
            segments=_segments(chosen.columns, chosen.log1p, chosen.k) if chosen else None,
            segment_columns=chosen.columns if chosen else (),
        ),
        models={n: build(m.type, **m.model_dump(exclude={"type"})) for n, m in plain.items()},
        stacks={n: Stack(tuple(m.members or plain), m.C) for n, m in stacks.items()},
        calibrations=settings.calibrations,
        select=settings.select,
        prefer=next((name for name, stack in stacks.items() if stack.preferred), None),
    )


def deal(settings: Classify, customers: pd.DataFrame, target: IntArray, units: IntArray, seed: int) -> Folds:
    """Deal the customers into folds, or cut time into blocks."""
    if settings.time is not None:
        known = None if settings.known is None else customers[settings.known].to_numpy()
        return time_folds(target, customers[settings.time].to_numpy(), folds=settings.folds, known=known)
    return grouped_folds(target, units, folds=settings.folds, repeats=settings.repeats, seed=seed)


def variants(settings: Classify, customers: pd.DataFrame) -> dict[str, Ablation]:
    """Build the variants of the inputs that the settings name.

    Raises
    ------
    PersonaeError
        If a pattern matches no feature, or nothing is left.
    """
    found = {}
    for name, wanted in settings.ablations.items():
        for pattern in wanted.drop:
            if not fnmatch.filter(settings.features, pattern):
                raise PersonaeError(f"classify.ablations.{name}: no feature is called '{pattern}'")
        kept = [c for c in settings.features if not any(fnmatch.fnmatch(c, p) for p in wanted.drop)]
        if not kept:
            raise PersonaeError(f"classify.ablations.{name}: no feature is left")
        plan = describe(settings, features(customers, kept), segment=wanted.segment)
        found[name] = Ablation(kept, plan.preprocessing)
    return found


def _segments(columns: Sequence[str], log1p: Sequence[str], k: int) -> SegmentColumns:
    space = Space("response", list(columns), log1p=list(log1p))
    return SegmentColumns(space, KMeansClusterer(k))


def _check_columns(customers: pd.DataFrame, settings: Classify) -> None:
    named = [
        settings.target,
        *settings.features,
        *settings.leaking,
        *filter(None, (settings.unit, settings.time, settings.known)),
        "customer",
    ]
    absent = [column for column in named if column not in customers]
    if absent:
        raise PersonaeError(
            f"classify: column '{absent[0]}' is not in the customer table; it has {', '.join(customers)}"
        )
    early = [column for column in settings.leaking if column in settings.features]
    if early:
        raise PersonaeError(f"classify: '{early[0]}' is declared as leaking, and among the features")
    if settings.target in settings.features:
        raise PersonaeError(f"classify: the target '{settings.target}' is among its own features")


def _split(settings: Classify) -> str:
    if settings.time is not None:
        known = f"whose {settings.known} lies before it" if settings.known else "before it"
        return f"{settings.folds} blocks of {settings.time}, each predicted from rows {known}"
    kept = (
        "identical customers" if settings.unit is None else f"customers of one {settings.unit} or identical"
    )
    return f"{settings.folds} stratified folds, {settings.repeats} times; {kept} in one fold"


def _explained(case: _Case, found: Classification) -> tuple[dict[str, Any], list[str]]:
    known, workers = (case.table, case.target, case.folds, case.plan), case.settings.workers
    importance = explanations.permutation_importance(
        *known, found.validation, shuffles=case.settings.shuffles, seed=case.seed, workers=workers
    )
    report, why = {**found.report, "importance": importance}, [""] * len(case.table)
    boosted = [name for name, model in case.settings.models.items() if model.type == "xgboost"]
    if boosted:
        moved = explanations.shap_values(*known, model=boosted[0], seed=case.seed, workers=workers)
        report["shap"] = {"model": boosted[0], "mean_absolute": explanations.mean_absolute(moved)}
        why = explanations.reasons(case.table, moved, count=case.settings.reasons)
    return report, why


def _guarded(case: _Case) -> list[leakage.Finding]:
    """Inspect the table, then run the whole nested procedure on permuted answers."""
    guard = case.settings.guard
    table, target, units = case.table, case.target, case.units
    found = leakage.inspect(
        table,
        target,
        units,
        suspicious_auc=guard.suspicious_auc,
        seed=case.seed,
        forward=case.folds.forward,
    )

    def run(answers: IntArray) -> FloatArray:
        once = case.folds
        if not once.forward:
            once = grouped_folds(answers, units, folds=CANARY_FOLDS, repeats=1, seed=case.seed)
        workers = case.settings.workers
        procedure = validate(table, answers, once, case.plan, seed=case.seed, workers=workers).procedure
        assert procedure is not None
        return np.asarray(procedure[0])

    # Forward in time a customer's earlier answers are known, and may tell of the later ones.
    alike = np.arange(len(target)) if case.folds.forward else units
    return [*found, leakage.canary(run, target, alike, permutations=guard.permutations, seed=case.seed)]


def _claimed(case: _Case, claim: Claim) -> dict[str, Any]:
    """Repeat the published single random split many times, with the model alone."""
    model, target = claim.model, case.target
    plain = Plan(case.plan.preprocessing, {model: case.plan.models[model]}, {}, ("none",), case.plan.select)
    splitter = StratifiedShuffleSplit(
        claim.splits, test_size=claim.test_share, random_state=case.seed % 2**32
    )
    splits = list(splitter.split(target, target))
    tasks = [
        partial(fit_and_score, case.table, target, rows, plain, seed_of(case.seed, (number, ())))
        for number, rows in enumerate(splits)
    ]
    found = run_all(tasks, case.settings.workers, "claim")
    correct = [
        float((one[model].argmax(axis=1) == target[test]).mean())
        for one, (_, test) in zip(found, splits, strict=True)
    ]
    return scores.seed_claim(correct, claim.accuracy, float(np.bincount(target).max() / len(target)), model)
