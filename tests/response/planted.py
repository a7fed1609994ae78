import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

from personae.imputation.imputer import TableImputer
from personae.response.estimators import Stack, build
from personae.response.preprocessing import preprocessing
from personae.response.validation import Plan


def customers(rows: int, seed: int, classes: int = 2) -> pd.DataFrame:
    """Customers whose answer depends on income and home; a tenth of the incomes is missing."""
    rng = np.random.default_rng(seed)
    income, visits = rng.normal(50, 15, rows), rng.poisson(4, rows).astype(float)
    home = rng.choice(["flat", "house", "farm"], rows)
    drive = (income - 50) / 8 + 0.4 * (visits - 4) + 1.5 * (home == "house") - 0.5 + rng.logistic(0, 1, rows)
    answer = np.digitize(drive, [0.5, 3.0][: classes - 1])
    income[rng.random(rows) < 0.1] = np.nan
    return pd.DataFrame({"income": income, "visits": visits, "home": home, "answer": answer})


def plan_for(table: pd.DataFrame, **changes) -> Plan:
    models = {
        "logistic": build("logistic", C=1.0, max_iter=1000),
        "random_forest": build("random_forest", n_estimators=10, min_samples_leaf=5),
        "gradient_boosting": build("gradient_boosting", max_iter=10, max_leaf_nodes=4),
        "svm": build("svm", C=1.0, gamma=0.1, class_weight="balanced"),
        "xgboost": build("xgboost", n_estimators=20, max_depth=2, learning_rate=0.3, subsample=0.8),
    }
    settings = {
        "preprocessing": preprocessing(table, imputer=TableImputer("median"), scaler=StandardScaler()),
        "models": models,
        "stacks": {"stack": Stack(tuple(models), 1.0)},
        "calibrations": ("none", "sigmoid", "isotonic", "temperature"),
        "select": "roc_auc",
    }
    return Plan(**(settings | changes))
