"""Five response models under repeated grouped folds: shared folds and preprocessing against one loop a model.

`calibrated`: every model gives calibrated probabilities; the loop wraps each in CalibratedClassifierCV, the nested
validation calibrates, stacks and chooses as well. `plain`: models as they are, ranked by their scores alone.

Run: python benchmarks/response_speed.py [rounds] [repeats]
"""

import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

sys.path.insert(0, str(Path(__file__).parent))
from response_cases import customers, settings

from personae.response import scores
from personae.response.folds import grouped_folds
from personae.response.plan import describe, units_of
from personae.response.preprocessing import features
from personae.response.validation import validate

RANKING = {"roc_auc": "roc_auc", "average_precision": "average_precision"}
SCORING = {
    "plain": {"accuracy": "accuracy", "f1": "f1", **RANKING},
    "calibrated": {"accuracy": "accuracy", "f1": "f1", **RANKING, "brier": "neg_brier_score"},
}


def straightforward(table, target, folds, models, kind):
    """What a notebook does: a pipeline and a call of cross_validate a model, on the same folds."""
    splits = [folds.rows(repeat, (k,)) for repeat in range(folds.repeats) for k in folds.outer]
    numeric = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    words = OneHotEncoder(handle_unknown="ignore")
    prepare = make_column_transformer(
        (numeric, make_column_selector(dtype_include="number")),
        (words, make_column_selector(dtype_exclude="number")),
        sparse_threshold=0,
    )
    found = {}
    for name, model in models.items():
        estimator = clone(model.estimator)
        if name == "xgboost":
            estimator.set_params(n_jobs=None)
        if kind == "calibrated":
            estimator = CalibratedClassifierCV(estimator, ensemble=False)
        pipeline, scoring = make_pipeline(prepare, estimator), SCORING[kind]
        scores = cross_validate(pipeline, table, target, cv=splits, scoring=scoring, n_jobs=2)
        found[name] = {figure: abs(scores[f"test_{figure}"].mean()) for figure in scoring}
    return found


def shared(table, target, folds, plan):
    found = validate(table, target, folds, plan, seed=1, workers=2)
    scored = scores.score_all(target, found.models, folds, workers=2)
    return {name: {figure: one.mean for figure, one in each.summary.items()} for name, each in scored.items()}


def timed(function, *arguments):
    start = time.perf_counter()
    found = function(*arguments)
    return time.perf_counter() - start, found


def compare(kind, rounds, table, target, folds, plan):
    loops, ours = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(rounds):
            taken, loop = timed(straightforward, table, target, folds, plan.models, kind)
            loops.append(taken)
            taken, found = timed(shared, table, target, folds, plan)
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
    chosen = settings()
    everyone, origin = customers()
    table, target = features(everyone, chosen.features), everyone[chosen.target].to_numpy()
    plan = describe(chosen, table)
    folds = grouped_folds(target, units_of(chosen, everyone, table), folds=5, repeats=repeats, seed=1)
    print(f"campaign ({origin}), {repeats} repeats x 5 folds, {rounds} rounds, medians")
    compare("calibrated", rounds, table, target, folds, plan)
    compare("plain", rounds, table, target, folds, replace(plan, stacks={}, nested=False))


if __name__ == "__main__":
    main()
