"""Plan of a validation: inputs, target, groups, folds and preprocessing."""

import fnmatch
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from personae.core.arrays import IntArray
from personae.core.errors import PersonaeError
from personae.response.folds import (
    Folds,
    fold_count,
    grouped_folds,
    identical_rows,
    merged_groups,
    time_folds,
)
from personae.response.preprocessing import build_preprocessing, features
from personae.response.settings import Classify


@dataclass(frozen=True, slots=True)
class ResponsePlan:
    """Inputs of a validation, an explanation, or a fit on all rows.

    Attributes
    ----------
    settings : models, and how they are calibrated and chosen
    table : features as `preprocessing.features` gives them
    target : class codes 0..K-1, shape (rows,)
    classes : values of the target in the order of the codes
    groups : number of each row's group, whose rows are in one fold
    folds : which rows are tested together
    preprocessing : unfitted transformer of the table
    seed : of all fits; the same seed gives the same bytes for any number of workers
    per_segment : whether segments have models of their own
    """

    settings: Classify
    table: pd.DataFrame
    target: IntArray
    classes: tuple[Any, ...]
    groups: IntArray
    folds: Folds
    preprocessing: Any
    seed: int
    per_segment: bool = False


def build_plan(customers: pd.DataFrame, settings: Classify, *, seed: int = 0) -> ResponsePlan:
    """Build the plan from a table before imputation.

    Raises
    ------
    PersonaeError
        If a column is missing, or the target cannot be dealt into folds.
    """
    _check_columns(customers, settings)
    table = features(customers, settings.features)
    target, classes = encode_target(customers[settings.target], settings.target)
    groups = group_ids(customers, settings, table)
    folds = make_folds(customers, settings, target, groups, seed)
    described = build_preprocessing(table, settings, segment=settings.segment_input)
    return ResponsePlan(settings, table, target, classes, groups, folds, described, seed)


def encode_target(values: pd.Series, name: str) -> tuple[IntArray, tuple[Any, ...]]:
    """Encode classes in sorted order; of two, the second is the event.

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


def group_ids(customers: pd.DataFrame, settings: Classify, table: pd.DataFrame) -> IntArray:
    """Number groups of rows of one unit or one customer."""
    same = identical_rows(table)
    if settings.unit is None:
        return same
    codes = pd.factorize(customers[settings.unit], use_na_sentinel=False)[0]
    return merged_groups(same, np.asarray(codes, dtype=np.intp))


def make_folds(
    customers: pd.DataFrame, settings: Classify, target: IntArray, groups: IntArray, seed: int
) -> Folds:
    """Make grouped folds, or blocks of time."""
    if settings.time is not None:
        known = None if settings.known is None else customers[settings.known].to_numpy()
        return time_folds(target, customers[settings.time].to_numpy(), folds=settings.folds, known=known)
    folds = fold_count(target, groups, settings.folds)
    return grouped_folds(target, groups, folds=folds, repeats=settings.repeats, seed=seed)


def ablated_plans(plan: ResponsePlan) -> dict[str, ResponsePlan]:
    """Plans with variants of the inputs, by name.

    Raises
    ------
    PersonaeError
        If a pattern matches no feature, or nothing is left.
    """
    plans = {}
    for name, wanted in plan.settings.ablations.items():
        columns = list(plan.table)
        for pattern in wanted.drop:
            if not fnmatch.filter(columns, pattern):
                raise PersonaeError(f"classify.ablations.{name}: no feature is called '{pattern}'")
        kept = [c for c in columns if not any(fnmatch.fnmatch(c, pattern) for pattern in wanted.drop)]
        if not kept:
            raise PersonaeError(f"classify.ablations.{name}: no feature is left")
        table = plan.table[kept]
        segment = wanted.wants_segment
        described = build_preprocessing(table, plan.settings, segment=segment, fifths=wanted.fifths)
        plans[name] = replace(plan, table=table, preprocessing=described, per_segment=wanted.per_segment)
    return plans


def split_text(settings: Classify, folds: int) -> str:
    """Describe how rows are divided into training and test rows."""
    if settings.time is not None:
        known = f"whose {settings.known} lies before it" if settings.known else "before it"
        return f"{folds} blocks of {settings.time}, each predicted from rows {known}"
    kept = (
        "identical customers" if settings.unit is None else f"customers of one {settings.unit} or identical"
    )
    return f"{folds} stratified folds, {settings.repeats} times; {kept} in one fold"


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
