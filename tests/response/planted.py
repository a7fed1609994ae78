import numpy as np
import pandas as pd

from personae.response.folds import grouped_folds, identical_rows
from personae.response.plan import ResponsePlan
from personae.response.preprocessing import build_preprocessing, features
from personae.response.settings import (
    BoostedTrees,
    Classify,
    GradientBoosting,
    Logistic,
    RandomForest,
    Stack,
    Svm,
)

FEATURES = ["income", "visits", "home"]
MODELS = {
    "logistic": Logistic(C=1.0, max_iter=1000),
    "random_forest": RandomForest(n_estimators=10, min_samples_leaf=5),
    "gradient_boosting": GradientBoosting(max_iter=10, max_leaf_nodes=4),
    "svm": Svm(C=1.0, gamma=0.1, class_weight="balanced"),
    "xgboost": BoostedTrees(n_estimators=20, max_depth=2, learning_rate=0.3, subsample=0.8),
    "stack": Stack(preferred=False),
}


def customers(rows: int, seed: int, classes: int = 2) -> pd.DataFrame:
    """Customers whose answer depends on income and home; a tenth of the incomes is missing."""
    rng = np.random.default_rng(seed)
    income, visits = rng.normal(50, 15, rows), rng.poisson(4, rows).astype(float)
    home = rng.choice(["flat", "house", "farm"], rows)
    drive = (income - 50) / 8 + 0.4 * (visits - 4) + 1.5 * (home == "house") - 0.5 + rng.logistic(0, 1, rows)
    answer = np.digitize(drive, [0.5, 3.0][: classes - 1])
    income[rng.random(rows) < 0.1] = np.nan
    return pd.DataFrame({"income": income, "visits": visits, "home": home, "answer": answer})


def settings_for(**changes) -> Classify:
    usual = {
        "target": "answer",
        "features": FEATURES,
        "unit": None,
        "models": MODELS,
        "calibrations": ["none", "sigmoid", "isotonic", "temperature"],
        "select": "roc_auc",
        "folds": 3,
        "repeats": 1,
        "workers": 1,
    }
    return Classify(**(usual | changes))


def plan_for(
    table: pd.DataFrame, *, seed: int = 5, groups=None, folds=None, preprocessing=None, **changes
) -> ResponsePlan:
    """A plan of planted customers; without groups, identical ones are kept together."""
    settings = settings_for(**changes)
    inputs, target = features(table, settings.features), table[settings.target].to_numpy()
    groups = identical_rows(inputs) if groups is None else groups
    if folds is None:
        folds = grouped_folds(target, groups, folds=settings.folds, repeats=settings.repeats, seed=1)
    return ResponsePlan(
        settings,
        inputs,
        target,
        tuple(f"level {k}" for k in range(target.max() + 1)),
        groups,
        folds,
        preprocessing or build_preprocessing(inputs, settings, segment=settings.segment_input),
        seed,
    )
