"""Why the model says so: permutation importance on unseen folds, exact SHAP values, reasons a customer."""

from collections.abc import Sequence
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
from personae.response.calibration import Calibration
from personae.response.estimators import FittedStack, fit, scores
from personae.response.folds import Folds
from personae.response.preprocessing import input_columns
from personae.response.validation import Plan, Validation, seed_of, seeded


@dataclass(frozen=True, slots=True)
class Importance:
    """What shuffling one column costs in ROC AUC on unseen folds: mean and sd over folds."""

    column: str
    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Contributions:
    """SHAP values out of fold, on the log-odds of the event (more than two classes: of the likeliest one).

    `amounts` has shape (rows, columns), NaN where the row was not tested; `base` is the fold's expectation.
    """

    columns: tuple[str, ...]
    amounts: FloatArray
    base: FloatArray


def permutation_importance(
    table: pd.DataFrame,
    target: IntArray,
    folds: Folds,
    plan: Plan,
    validation: Validation,
    *,
    shuffles: int,
    seed: int,
    workers: int = 2,
) -> list[Importance]:
    """Shuffle each column of the customer table in the first repeat's test folds (Breiman 2001).

    The best model is fitted on the other folds as in the validation. A column that shares its content with
    others loses little: read small values as "not needed", not as "unrelated".

    Returns
    -------
    list
        Most important first.
    """
    name = validation.best
    tasks = [
        partial(
            _fold_importance,
            table,
            target,
            folds.rows(0, (k,)),
            plan,
            (_weights(validation, name, place), name, k, shuffles, seed),
        )
        for place, k in enumerate(folds.outer)
    ]
    drops = np.array(run_all(tasks, workers, "importance"))
    spread = drops.std(axis=0, ddof=1) if len(drops) > 1 else np.full(drops.shape[1], np.nan)
    found = [
        Importance(str(c), float(m), float(s))
        for c, m, s in zip(table, drops.mean(axis=0), spread, strict=True)
    ]
    return sorted(found, key=lambda one: (-one.mean, one.column))


def shap_values(
    table: pd.DataFrame,
    target: IntArray,
    folds: Folds,
    plan: Plan,
    *,
    model: str,
    seed: int,
    workers: int = 2,
) -> Contributions:
    """Compute exact SHAP values of an XGBoost model in the first repeat's test folds (Lundberg et al. 2020).

    Inputs that come from one column of the customer table are added up.

    Raises
    ------
    PersonaeError
        If the model is not XGBoost's.
    """
    if not type(plan.models[model].estimator).__module__.startswith("xgboost"):
        raise PersonaeError(f"exact SHAP values need an XGBoost model; '{model}' is none")
    splits = [folds.rows(0, (k,)) for k in folds.outer]
    tasks = [
        partial(_fold_contributions, table, target, rows, plan, (model, k, seed))
        for k, rows in zip(folds.outer, splits, strict=True)
    ]
    parts = run_all(tasks, workers, "contributions")
    names = parts[0][1]
    values, base = np.full((len(table), len(names)), np.nan), np.full(len(table), np.nan)
    for (_, test), (found, _) in zip(splits, parts, strict=True):
        values[test], base[test] = found[:, :-1], found[:, -1]
    return Contributions(names, values, base)


def mean_absolute(contributions: Contributions) -> dict[str, float]:
    """Average the size of each column's contribution, largest first."""
    size = np.nanmean(np.abs(contributions.amounts), axis=0)
    order = np.argsort(-size, kind="stable")
    return {contributions.columns[k]: float(size[k]) for k in order}


def reasons(table: pd.DataFrame, contributions: Contributions, *, count: int) -> list[str]:
    """Say for each customer which columns moved the model most, and where to.

    Examples
    --------
    >>> table = pd.DataFrame({"recency": [3.0], "home": ["flat"]})
    >>> found = Contributions(("recency", "home"), np.array([[0.9, -0.2]]), np.zeros(1))
    >>> reasons(table, found, count=2)
    ['recency 3 (+0.90), home flat (-0.20)']
    """
    order = np.argsort(-np.nan_to_num(np.abs(contributions.amounts)), axis=1, kind="stable")[:, :count]
    cells = {column: table[column].tolist() for column in contributions.columns if column in table}
    told = []
    for row, leading in enumerate(order):
        moved = [(contributions.columns[k], float(contributions.amounts[row, k])) for k in leading]
        words = [_reason(cells[column][row] if column in cells else "", column, by) for column, by in moved]
        told.append(", ".join(words) if np.isfinite(contributions.base[row]) else "")
    return told


def _reason(cell: Any, column: str, by: float) -> str:
    shown = f"{cell:.6g}" if isinstance(cell, float) else str(cell)
    return f"{column} {shown}".strip() + f" ({by:+.2f})"


def _weights(validation: Validation, name: str, place: int) -> FittedStack | None:
    stacks = validation.models[name].stacks
    return stacks[place] if stacks else None


def _fold_importance(
    table: pd.DataFrame,
    target: IntArray,
    rows: tuple[IntArray, IntArray],
    plan: Plan,
    task: tuple[FittedStack | None, str, int, int, int],
) -> FloatArray:
    stack, name, fold, shuffles, seed = task
    train, test = rows
    state = seed_of(seed, (0, (fold,)))
    prepare = seeded(clone(plan.preprocessing), state)
    inputs = np.asarray(prepare.fit_transform(table.iloc[train], target[train]))
    members = stack.members if stack is not None else (name,)
    fitted = [fit(plan.models[member], inputs, target[train], state) for member in members]

    def quality(seen: pd.DataFrame) -> float:
        unseen = np.asarray(prepare.transform(seen))
        found = [scores(member, unseen) for member in fitted]
        combined = stack.scores(found) if stack is not None else found[0]
        pieces = np.split(Calibration("none").probabilities(combined), len(seen) // len(test))
        return float(np.mean([metrics.ranking(target[test], piece, "roc_auc") for piece in pieces]))

    whole = quality(table.iloc[test])
    rng = np.random.default_rng(state)
    repeated = pd.concat([table.iloc[test]] * shuffles, ignore_index=True)
    drops = []
    for column in table:
        values = table[column].to_numpy()[test]
        mixed = np.concatenate([rng.permutation(values) for _ in range(shuffles)])
        drops.append(whole - quality(repeated.assign(**{str(column): mixed})))
    return np.array(drops)


def _fold_contributions(
    table: pd.DataFrame,
    target: IntArray,
    rows: tuple[IntArray, IntArray],
    plan: Plan,
    task: tuple[str, int, int],
) -> tuple[FloatArray, tuple[str, ...]]:
    from xgboost import DMatrix  # noqa: PLC0415 - only where the plan has such a model

    model, fold, seed = task
    train, test = rows
    state = seed_of(seed, (0, (fold,)))
    prepare = seeded(clone(plan.preprocessing), state)
    inputs = np.asarray(prepare.fit_transform(table.iloc[train], target[train]))
    unseen = np.asarray(prepare.transform(table.iloc[test]))
    booster = fit(plan.models[model], inputs, target[train], state).get_booster()
    booster.set_param("nthread", 1)
    found = np.asarray(booster.predict(DMatrix(unseen), pred_contribs=True), dtype=np.float64)
    if found.ndim == 3:
        likeliest = found.sum(axis=2).argmax(axis=1)
        found = found[np.arange(len(found)), likeliest]
    sources = input_columns(prepare)
    names = tuple(dict.fromkeys(sources))
    return np.column_stack([*(_total(found, sources, name) for name in names), found[:, -1]]), names


def _total(found: FloatArray, sources: Sequence[str], name: str) -> FloatArray:
    return np.asarray(found[:, [k for k, source in enumerate(sources) if source == name]].sum(axis=1))
