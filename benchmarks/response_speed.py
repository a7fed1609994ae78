"""Five response models under repeated grouped folds: shared folds and preprocessing against one loop a model.

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

from personae.response import results
from personae.response.folds import grouped_folds
from personae.response.preprocessing import features
from personae.response.study import describe, units_of
from personae.response.validation import validate

SCORING = ["accuracy", "precision", "recall", "f1", "roc_auc", "average_precision", "neg_brier_score"]


def straightforward(table, target, folds, models):
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
        if name == "svm":
            estimator = CalibratedClassifierCV(estimator, ensemble=False)
        if name == "xgboost":
            estimator.set_params(n_jobs=None)
        scores = cross_validate(
            make_pipeline(prepare, estimator), table, target, cv=splits, scoring=SCORING, n_jobs=2
        )
        found[name] = scores["test_roc_auc"].mean(), scores["test_average_precision"].mean()
    return found


def shared(table, target, folds, plan):
    found = validate(table, target, folds, plan, seed=1, workers=2)
    scored = results.score_all(target, found.models, folds, workers=2)
    return {
        name: (one.summary["roc_auc"].mean, one.summary["average_precision"].mean)
        for name, one in scored.items()
    }


def timed(function, *arguments):
    start = time.perf_counter()
    found = function(*arguments)
    return time.perf_counter() - start, found


def main():
    rounds, repeats = (int(given) for given in (sys.argv[1:] + ["3", "10"][len(sys.argv) - 1 :]))
    chosen = settings()
    everyone, origin = customers()
    table, target = features(everyone, chosen.features), everyone[chosen.target].to_numpy()
    units, plan = units_of(chosen, everyone, table), describe(chosen, table)
    plain = replace(plan, stacks={}, nested=False)
    folds = grouped_folds(target, units, folds=5, repeats=repeats, seed=1)
    seconds = {"loop": [], "shared": [], "nested": []}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(rounds):
            for name, call in {
                "loop": (straightforward, table, target, folds, plan.models),
                "shared": (shared, table, target, folds, plain),
                "nested": (shared, table, target, folds, plan),
            }.items():
                taken, found = timed(*call)
                seconds[name].append(taken)
                if name == "loop":
                    reference = found
                elif name == "shared":
                    ours = found
    print(f"campaign ({origin}), {repeats} repeats x 5 folds, {rounds} rounds, median seconds")
    print(f"{'model':<20}{'AUC loop':>10}{'shared':>10}{'AP loop':>10}{'shared':>10}")
    for name in plan.models:
        (auc, ap), (auc_shared, ap_shared) = reference[name], ours[name]
        print(f"{name:<20}{auc:>10.4f}{auc_shared:>10.4f}{ap:>10.4f}{ap_shared:>10.4f}")
    times = {name: median(values) for name, values in seconds.items()}
    ratios = [loop / ours for loop, ours in zip(seconds["loop"], seconds["shared"], strict=True)]
    print(
        f"cross_validate a model {times['loop']:.1f} s, shared {times['shared']:.1f} s: {median(ratios):.2f} x faster"
    )
    print(
        f"nested, calibrated, chosen and stacked: {times['nested']:.1f} s, "
        f"{times['nested'] / times['shared']:.2f} x the plain one for 3 x the fits"
    )
    print(f"spread of the ratio over rounds: {np.min(ratios):.2f} to {np.max(ratios):.2f}")


if __name__ == "__main__":
    main()
