"""The final response model: fitted on all rows, saved without pickle."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import skops.io
from threadpoolctl import threadpool_limits

from personae.core.archive import damaged, normalised, parse
from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.imputation.imputer import TRUSTED_TYPES as IMPUTERS
from personae.response.calibration import Calibration
from personae.response.estimators import StackWeights, row_sums, scores, stacked_scores
from personae.response.plan import ResponsePlan
from personae.response.preprocessing import SegmentColumns, features, model_inputs
from personae.response.validation import Validation, fit_inputs, fit_model, seed_of
from personae.segmentation.segmenter import TRUSTED as SEGMENTERS

CHUNK = 100_000
# Reviewed: plain state of scikit-learn's trees and losses, and the project's own estimators.
TRUSTED = (
    *IMPUTERS,
    "sklearn._loss._loss.CyHalfBinomialLoss",
    "sklearn._loss._loss.CyHalfMultinomialLoss",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.link.MultinomialLogit",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss.loss.HalfMultinomialLoss",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
    "personae.imputation.imputer.TableImputer",
    f"{SegmentColumns.__module__}.{SegmentColumns.__name__}",
    *SEGMENTERS,
)
SKOPS, DESCRIPTION = "model.skops", "response.json"
STACK = ("weights", "intercept")


@dataclass(frozen=True, slots=True)
class ResponseModel:
    """A fitted, calibrated response model.

    Attributes
    ----------
    name : of the model in the study's settings
    target : what it predicts
    classes : values of the target, in the order of the probabilities
    columns : of the customer table that it needs
    preprocessing, members : fitted
    stack : weights of the members; None for a single one
    calibration : learned from predictions out of fold
    merged : class of each value of the target's column, where values were merged; else empty
    """

    name: str
    target: str
    classes: tuple[Any, ...]
    columns: tuple[str, ...]
    preprocessing: Any
    members: Mapping[str, Any]
    stack: StackWeights | None
    calibration: Calibration
    merged: Mapping[str, str] = field(default_factory=dict)

    def predict_proba(self, customers: pd.DataFrame) -> FloatArray:
        """Probabilities, shape (rows, classes), computed in pieces to bound memory.

        Raises
        ------
        PersonaeError
            If the table lacks a column that the model was fitted on.
        """
        starts = range(0, max(len(customers), 1), CHUNK)
        return np.concatenate([self._piece(customers.iloc[start : start + CHUNK]) for start in starts])

    def predict(self, customers: pd.DataFrame) -> npt.NDArray[Any]:
        """Most probable class of each customer."""
        return np.asarray(np.asarray(self.classes)[self.predict_proba(customers).argmax(axis=1)])

    def scores(self, customers: pd.DataFrame) -> FloatArray:
        """Log-probabilities before calibration, up to a constant per row, shape (rows, classes)."""
        taken = features(customers, self.columns)
        if taken.empty:
            return np.empty((0, len(self.classes)))
        inputs = model_inputs(self.preprocessing, taken)
        members = [scores(estimator, inputs, row_sums) for estimator in self.members.values()]
        return stacked_scores(self.stack, members, row_sums)

    def _piece(self, customers: pd.DataFrame) -> FloatArray:
        found = self.scores(customers)
        return self.calibration.probabilities(found) if len(found) else found


def fit_on_all(plan: ResponsePlan, validation: Validation, name: str | None = None) -> ResponseModel:
    """Fit the model on all rows; calibration and weights out of fold.

    Parameters
    ----------
    name : of a model or stack in the plan; by default the one that the inner folds chose
    """
    best = name or validation.best
    if best not in validation.calibrations:
        raise PersonaeError("a model without nested validation has no calibration and is not deployed")
    everyone = np.arange(len(plan.target))
    return _fitted(
        plan, best, everyone, plan.seed, (validation.stacks.get(best), validation.calibrations[best])
    )


def predict_outside(
    plan: ResponsePlan,
    validation: Validation,
    model: ResponseModel,
    time: pd.Series | None,
    others: pd.DataFrame,
) -> FloatArray:
    """Predict rows that are not in the plan, shape (rows, classes).

    By the model of all rows of the plan; where folds are blocks of time, by what the procedure had chosen and
    learned before each block, NaN in the blocks that are not tested.

    Parameters
    ----------
    time : of the plan's rows, where folds are blocks of time
    others : rows with the features and the column of the time
    """
    if time is None:
        return model.predict_proba(others)
    folds = plan.folds
    begins = [time[folds.assignment[0] == k].min() for k in range(folds.count)]
    block = np.searchsorted(np.array(begins), others[time.name].to_numpy(), side="right") - 1
    given = np.full((len(others), len(plan.classes)), np.nan)
    for place, k in enumerate(folds.outer):
        rows, name = np.flatnonzero(block == k), validation.chosen[place]
        stack = validation.fold_stacks[name][place] if name in validation.fold_stacks else None
        learned = (stack, validation.fold_calibrations[name][place])
        train, seed = folds.rows(0, (k,))[0], seed_of(plan.seed, (0, (k,)))
        given[rows] = _fitted(plan, name, train, seed, learned).predict_proba(others.iloc[rows])
    return given


def _fitted(
    plan: ResponsePlan, name: str, rows: IntArray, seed: int, learned: tuple[StackWeights | None, Calibration]
) -> ResponseModel:
    """Fit a model or the members of a stack on some rows; weights and calibration are learned."""
    with threadpool_limits(limits=1):
        prepare, inputs = fit_inputs(plan, rows, seed)
        members = {
            member: fit_model(plan, member, inputs, plan.target[rows], seed)
            for member in plan.settings.members(name)
        }
    columns = tuple(plan.table)
    return ResponseModel(name, plan.settings.target, plan.classes, columns, prepare, members, *learned)


def to_files(model: ResponseModel) -> dict[str, bytes]:
    """Serialise a model to files, byte-identical and without pickle."""
    boosters = {n: m for n, m in model.members.items() if type(m).__module__.startswith("xgboost")}
    others = {name: member for name, member in model.members.items() if name not in boosters}
    binary = {
        SKOPS: normalised(skops.io.dumps({"preprocessing": model.preprocessing, "members": others})),
        **{f"{name}.ubj": bytes(m.get_booster().save_raw("ubj")) for name, m in boosters.items()},
    }
    description = {
        "name": model.name,
        "target": model.target,
        "classes": model.classes,
        "columns": model.columns,
        "members": list(model.members),
        "stack": None
        if model.stack is None
        else {name: part.tolist() for name, part in zip(STACK, model.stack, strict=True)},
        "calibration": asdict(model.calibration),
        "merged": dict(model.merged),
        "sha256": {name: sha256(content).hexdigest() for name, content in binary.items()},
    }
    return {DESCRIPTION: (json.dumps(description, indent=1) + "\n").encode(), **binary}


def from_files(files: Mapping[str, bytes]) -> ResponseModel:
    """Read what `to_files` wrote.

    Raises
    ------
    PersonaeError
        If a file is missing or damaged, or the archive holds a type outside `TRUSTED` and scikit-learn.
    """
    try:
        description = json.loads(_file(files, DESCRIPTION))
        for name, digest in description["sha256"].items():  # XGBoost ends the process over an altered file
            if sha256(_file(files, name)).hexdigest() != digest:
                raise damaged(name, ValueError(f"not as {DESCRIPTION} has it"))
        archive = parse(_file(files, SKOPS), SKOPS, TRUSTED)
        names, weights = description["members"], description["stack"]
        return ResponseModel(
            description["name"],
            description["target"],
            tuple(description["classes"]),
            tuple(description["columns"]),
            archive["preprocessing"],
            {name: archive["members"].get(name) or _booster(_file(files, f"{name}.ubj")) for name in names},
            weights and (np.array(weights[STACK[0]]), np.array(weights[STACK[1]])),
            Calibration(**description["calibration"]),
            description.get("merged", {}),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(DESCRIPTION, error) from None


def _booster(content: bytes) -> Any:
    from xgboost import XGBClassifier  # noqa: PLC0415 - only where the model has one

    booster = XGBClassifier(n_jobs=1)
    booster.load_model(bytearray(content))
    return booster


def _file(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise PersonaeError(f"the response model lacks its file {name}")
    return files[name]
