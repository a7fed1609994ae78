"""Runs in FLAML's own environment: fit on the training rows of each split, predict the others.

Usage: python flaml_out_of_fold.py DIRECTORY SECONDS METRIC
DIRECTORY holds table.parquet (features, `_target`, `_unit`) and splits.json (train, test, seed); predictions go to
predictions.json. FLAML chooses by METRIC: roc_auc, which is its own default for two classes, or log_loss.
"""

import json
import sys
import warnings
from pathlib import Path

import pandas as pd
from flaml import AutoML


def main():
    directory, seconds, metric = Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
    table = pd.read_parquet(directory / "table.parquet")
    target, unit = table.pop("_target").to_numpy(), table.pop("_unit").to_numpy()
    table = table.astype(dict.fromkeys(table.select_dtypes(exclude="number"), "category"))
    predictions = []
    for train, test, seed in json.loads((directory / "splits.json").read_text()):
        automl = AutoML()
        automl.fit(
            table.iloc[train],
            target[train],
            task="classification",
            metric=metric,
            time_budget=seconds,
            eval_method="cv",
            split_type="group",
            groups=unit[train],
            n_jobs=1,
            seed=seed,
            verbose=0,
        )
        predictions.append(automl.predict_proba(table.iloc[test])[:, 1].tolist())
    (directory / "predictions.json").write_text(json.dumps(predictions))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
