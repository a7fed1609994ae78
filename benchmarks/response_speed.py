"""Five response models under repeated grouped folds: shared folds and preprocessing against one loop a model.

`calibrated`: every model gives calibrated probabilities; the loop wraps each in CalibratedClassifierCV, the nested
validation calibrates, stacks and chooses as well. `plain`: models as they are, ranked by their scores alone.

Run: python benchmarks/response_speed.py [rounds] [repeats]
"""

import sys
import time
import warnings
from pathlib import Path
from statistics import median

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

sys.path.insert(0, str(Path(__file__).parent))
from response_cases import customers, settings

from personae.response import scores
from personae.response.estimators import build
from personae.response.plan import build_plan
from personae.response.validation import validate

RANKING = {"roc_auc": "roc_auc", "average_precision": "average_precision"}
SCORING = {
    "plain": {"accuracy": "accuracy", "f1": "f1", **RANKING},
    "calibrated": {"accuracy": "accuracy", "f1": "f1", **RANKING, "brier": "neg_brier_score"},
}


def straightforward(plan, kind):
    """What a notebook does: a pipeline and a call of cross_validate a model, on the same folds."""
    folds = plan.folds
    splits = [folds.rows(repeat, (k,)) for repeat in range(folds.repeats) for k in folds.outer]
    numeric = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    words = OneHotEncoder(handle_unknown="ignore")
    prepare = make_column_transformer(
        (numeric, make_column_selector(dtype_include="number")),
        (words, make_column_selector(dtype_exclude="number")),
        sparse_threshold=0,
    )
    found = {}
    for name, model in plan.settings.single_models.items():
        estimator = build(model)
        if name == "xgboost":
            estimator.set_params(n_jobs=None)
        if kind == "calibrated":
            estimator = CalibratedClassifierCV(estimator, ensemble=False)
        pipeline, scoring = make_pipeline(prepare, estimator), SCORING[kind]
        scores = cross_validate(pipeline, plan.table, plan.target, cv=splits, scoring=scoring, n_jobs=2)
        found[name] = {figure: abs(scores[f"test_{figure}"].mean()) for figure in scoring}
    return found


def shared(plan, kind):
    scored = scores.score_all(plan, validate(plan, nested=kind == "calibrated"))
    return {name: {figure: one["mean"] for figure, one in each.items()} for name, (_, each) in scored.items()}


def timed(function, *arguments):
    start = time.perf_counter()
    found = function(*arguments)
    return time.perf_counter() - start, found


def compare(kind, rounds, plan):
    loops, ours = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(rounds):
            taken, loop = timed(straightforward, plan, kind)
            loops.append(taken)
            taken, found = timed(shared, plan, kind)
            ours.append(taken)
    ratios = np.divide(loops, ours)
    print(
        f"\n{kind}: cross_validate a model {median(loops):.1f} s, shared {median(ours):.1f} s: "
        f"{median(ratios):.2f} times as fast ({ratios.min():.2f} to {ratios.max():.2f})\n"
    )
    names = [figure for figure in SCORING[kind] if figure not in ("accuracy", "f1")]
    print("| model | " + " | ".join(f"{figure}, loop | shared" for figure in names) + " |")
    print("|---" * (1 + 2 * len(names)) + "|")
    for name, figures in found.items():
        pairs = (
            f"{loop[name][figure]:.4f} | {figures[figure]:.4f}"
            if name in loop
            else f"| {figures[figure]:.4f}"
            for figure in names
        )
        print(f"| {name} | {' | '.join(pairs)} |")


def main():
    rounds, repeats = (int(given) for given in (sys.argv[1:] + ["3", "10"][len(sys.argv) - 1 :]))
    everyone, origin = customers()
    plan = build_plan(everyone, settings().model_copy(update={"repeats": repeats}), seed=1)
    print(f"campaign ({origin}), {repeats} repeats x 5 folds, {rounds} rounds, medians")
    compare("calibrated", rounds, plan)
    compare("plain", rounds, plan)


if __name__ == "__main__":
    main()
