"""Permutation importance, exact SHAP values, and reasons by customer."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from personae.core.arrays import FloatArray
from personae.core.errors import PersonaeError
from personae.core.parallel import parallel_map
from personae.response import metrics
from personae.response.calibration import Calibration
from personae.response.estimators import StackWeights, scores, stacked_scores
from personae.response.plan import ResponsePlan
from personae.response.preprocessing import input_columns
from personae.response.validation import Validation, fit_inputs, fit_model, seed_of

# Rows that a model is asked about at once.
MOST_ROWS = 100_000


def permutation_importance(plan: ResponsePlan, validation: Validation) -> list[dict[str, Any]]:
    """Permutation importance of columns in the first repeat's test folds (Breiman 2001).

    The best model is fitted on the other folds as in the validation. A column that shares its content with
    others loses little: read small values as "not needed", not as "unrelated".

    Returns
    -------
    list
        `column`, `mean` and `sd` over folds of what shuffling it costs in ROC AUC; most important first.
    """
    name, outer = validation.best, plan.folds.outer
    weights = validation.fold_stacks.get(name, [None] * len(outer))[: len(outer)]
    tasks = [partial(_fold_importance, plan, k, name, stack) for k, stack in zip(outer, weights, strict=True)]
    drops = np.array(parallel_map(tasks, plan.settings.workers, "importance"))
    spread = drops.std(axis=0, ddof=1) if len(drops) > 1 else np.full(drops.shape[1], np.nan)
    rows = [
        {"column": str(column), "mean": float(mean), "sd": float(sd)}
        for column, mean, sd in zip(plan.table, drops.mean(axis=0), spread, strict=True)
    ]
    return sorted(rows, key=lambda one: (-one["mean"], one["column"]))


def shap_values(plan: ResponsePlan, model: str) -> tuple[pd.DataFrame, FloatArray]:
    """Exact SHAP values of XGBoost in the first repeat's test folds (Lundberg et al. 2020).

    They are on the log-odds of the event (more than two classes: of the likeliest one). Inputs that come from
    one column of the customer table are added up.

    Returns
    -------
    tuple
        Contributions, a table of shape (rows, columns), and the fold's expectation, shape (rows,); NaN where
        the row was not tested.

    Raises
    ------
    PersonaeError
        If the model is not XGBoost's.
    """
    if plan.settings.models[model].type != "xgboost":
        raise PersonaeError(f"exact SHAP values need an XGBoost model; '{model}' is none")
    outer = plan.folds.outer
    tasks = [partial(_fold_contributions, plan, k, model) for k in outer]
    parts = parallel_map(tasks, plan.settings.workers, "contributions")
    columns = list(parts[0][0])
    amounts, base = np.full((len(plan.table), len(columns)), np.nan), np.full(len(plan.table), np.nan)
    for k, (contributions, expected) in zip(outer, parts, strict=True):
        _, test = plan.folds.rows(0, (k,))
        amounts[test], base[test] = np.column_stack(list(contributions.values())), expected
    return pd.DataFrame(amounts, plan.table.index, columns), base


def mean_absolute(contributions: pd.DataFrame) -> dict[str, float]:
    """Average the size of each column's contribution, largest first."""
    size = np.nanmean(np.abs(contributions.to_numpy()), axis=0)
    order = np.argsort(-size, kind="stable")
    return {contributions.columns[k]: float(size[k]) for k in order}


def reasons(table: pd.DataFrame, contributions: pd.DataFrame, *, count: int) -> list[str]:
    """Columns that move each customer's score most, with their direction.

    Examples
    --------
    >>> table = pd.DataFrame({"recency": [3.0], "home": ["flat"]})
    >>> reasons(table, pd.DataFrame({"recency": [0.9], "home": [-0.2]}), count=2)
    ['recency 3 (+0.90), home flat (-0.20)']
    """
    columns, amounts = list(contributions), contributions.to_numpy()
    order = np.argsort(-np.nan_to_num(np.abs(amounts)), axis=1, kind="stable")[:, :count]
    cells = {column: table[column].tolist() for column in columns if column in table}
    texts = []
    for row, leading in enumerate(order):
        moved = [(columns[k], float(amounts[row, k])) for k in leading]
        words = [_reason(cells[column][row] if column in cells else "", column, by) for column, by in moved]
        texts.append(", ".join(words) if np.isfinite(amounts[row]).all() else "")
    return texts


def _reason(cell: Any, column: str, by: float) -> str:
    shown = f"{cell:.6g}" if isinstance(cell, float) else str(cell)
    return f"{column} {shown}".strip() + f" ({by:+.2f})"


def _fold_importance(plan: ResponsePlan, fold: int, name: str, stack: StackWeights | None) -> FloatArray:
    train, test = plan.folds.rows(0, (fold,))
    seed, shuffles = seed_of(plan.seed, (0, (fold,))), plan.settings.shuffles
    prepare, inputs = fit_inputs(plan, train, seed)
    members = plan.settings.members(name)
    fitted = [fit_model(plan, member, inputs, plan.target[train], seed) for member in members]

    def qualities(rows: pd.DataFrame) -> FloatArray:
        """ROC AUC of every piece as long as the test fold."""
        unseen = np.asarray(prepare.transform(rows))
        combined = stacked_scores(stack, [scores(member, unseen) for member in fitted])
        pieces = np.split(Calibration("none").probabilities(combined), len(rows) // len(test))
        return np.array([metrics.ranking(plan.target[test], piece, "roc_auc") for piece in pieces])

    tested = plan.table.iloc[test]
    rng = np.random.default_rng(seed)
    repeated = pd.concat([tested] * shuffles, ignore_index=True)
    drops = [np.empty(0)]
    # Asking a model costs more than the rows it is asked about: many columns are asked about at once.
    names, step = list(plan.table), max(MOST_ROWS // len(repeated), 1)
    for columns in (names[first : first + step] for first in range(0, len(names), step)):
        mixed = [repeated.assign(**{str(name): _shuffled(tested[name], shuffles, rng)}) for name in columns]
        shuffled = qualities(pd.concat(mixed, ignore_index=True)).reshape(len(columns), shuffles)
        drops.append(-shuffled.mean(axis=1))
    return qualities(tested) + np.concatenate(drops)


def _shuffled(cells: pd.Series, times: int, rng: np.random.Generator) -> NDArray[Any]:
    values = cells.to_numpy()
    return np.concatenate([rng.permutation(values) for _ in range(times)])


def _fold_contributions(
    plan: ResponsePlan, fold: int, model: str
) -> tuple[dict[str, FloatArray], FloatArray]:
    from xgboost import DMatrix  # noqa: PLC0415 - only where the plan has such a model

    train, test = plan.folds.rows(0, (fold,))
    seed = seed_of(plan.seed, (0, (fold,)))
    prepare, inputs = fit_inputs(plan, train, seed)
    unseen = np.asarray(prepare.transform(plan.table.iloc[test]))
    booster = fit_model(plan, model, inputs, plan.target[train], seed).get_booster()
    booster.set_param("nthread", 1)
    contributions = np.asarray(booster.predict(DMatrix(unseen), pred_contribs=True), dtype=np.float64)
    if contributions.ndim == 3:
        likeliest = contributions.sum(axis=2).argmax(axis=1)
        contributions = contributions[np.arange(len(contributions)), likeliest]
    sources = input_columns(prepare)
    places = {name: [k for k, source in enumerate(sources) if source == name] for name in sources}
    return {name: contributions[:, columns].sum(axis=1) for name, columns in places.items()}, contributions[
        :, -1
    ]
