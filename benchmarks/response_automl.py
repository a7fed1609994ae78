"""The response procedure beside FLAML with the same time for each outer fold, on the same folds.

FLAML needs another xgboost, so it lives in an environment of its own:
    uv venv ENV && uv pip install --python ENV/bin/python "flaml[automl]" pyarrow
Run: FLAML_PYTHON=ENV/bin/python python benchmarks/response_automl.py [campaign] [journey]
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from response_cases import customers, settings

from personae.composition import compose
from personae.paths import CONF, PARAMS
from personae.response import results
from personae.response.classification import encode_target
from personae.response.folds import Folds
from personae.response.preprocessing import features
from personae.response.study import deal, describe, units_of
from personae.response.validation import validate
from personae.schema.classify import Classify
from personae.schema.prepare import JourneyPrepare
from personae.sources import journey

WORKER = Path(__file__).parent / "peers" / "flaml_out_of_fold.py"


def campaign_case():
    table, _ = customers()
    return table, settings().model_copy(update={"repeats": 1})


def journey_case():
    composed = compose("journey", CONF, PARAMS)
    prepared = journey.prepare(Path(), JourneyPrepare.model_validate_json(json.dumps(composed["prepare"])))
    chosen = Classify.model_validate_json(json.dumps(composed["classify"]))
    return prepared.tables[chosen.table].to_pandas(), chosen


def one_outer_fold(table, target, folds, plan):
    """Seconds of the procedure for one outer fold alone: its inner fits, nothing shared with other folds."""
    start = time.perf_counter()
    validate(table, target, folds, replace(plan, nested=False, stacks={}), seed=1, workers=1)
    single = (time.perf_counter() - start) / len(folds.fits(False))
    return single * (1 + len(folds.inner(folds.outer[-1])))


def peer(table, target, units, folds, seconds):
    """FLAML's probabilities, laid out as those of the procedure."""
    pairs = [folds.rows(0, (k,)) for k in folds.outer]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        table.assign(_target=target, _unit=units).to_parquet(directory / "table.parquet")
        rows = [[train.tolist(), test.tolist()] for train, test in pairs]
        (directory / "folds.json").write_text(json.dumps(rows))
        command = [os.environ["FLAML_PYTHON"], str(WORKER), name, f"{seconds:.1f}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        predicted = json.loads((directory / "predictions.json").read_text())
    found = np.full((1, len(target), 2), np.nan)
    for (_, test), values in zip(pairs, predicted, strict=True):
        found[0, test] = np.column_stack([1 - np.array(values), values])
    return found


def compare(name, everyone, chosen):
    table, (target, _) = (
        features(everyone, chosen.features),
        encode_target(everyone[chosen.target], chosen.target),
    )
    units = units_of(chosen, everyone, table)
    folds: Folds = deal(chosen, everyone, target, units, 1)
    plan = describe(chosen, table)
    seconds = one_outer_fold(table, target, folds, plan)
    ours = validate(table, target, folds, plan, seed=1, workers=1).procedure
    rows = {"personae": ours, "FLAML": peer(table, target, units, folds, seconds)}
    print(f"{name}: {len(table)} rows, {len(folds.outer)} outer folds, {seconds:.1f} s a fold, one core")
    print(f"{'':<12}{'ROC AUC':>10}{'AP':>10}{'Brier':>10}{'pooled ECE':>12}")
    for who, probabilities in rows.items():
        found = results.score(target, probabilities, folds).summary
        print(
            f"{who:<12}{found['roc_auc'].mean:>10.4f}{found['average_precision'].mean:>10.4f}"
            f"{found['brier'].mean:>10.4f}{found['ece'].pooled:>12.4f}"
        )


def main():
    if "FLAML_PYTHON" not in os.environ:
        print("left out: FLAML_PYTHON does not name the Python of an environment with flaml")
        return
    cases = {"campaign": campaign_case, "journey": journey_case}
    for name in sys.argv[1:] or cases:
        compare(name, *cases[name]())


if __name__ == "__main__":
    main()
