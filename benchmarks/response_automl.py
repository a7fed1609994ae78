"""The response procedure beside FLAML with the same time for each outer fold, on the same folds, several times.

FLAML needs another xgboost, so it lives in an environment of its own:
    uv venv ENV && uv pip install --python ENV/bin/python "flaml[automl]" pyarrow
Run: FLAML_PYTHON=ENV/bin/python python benchmarks/response_automl.py [campaign] [journey]

Each repeat of campaign deals the customers anew; journey has one dealing, forward in time, and new seeds. ECE has a
floor: `of chance` is what the same probabilities would have if they were right.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).parent))
from response_cases import customers, settings

from personae.config.compose import compose
from personae.core.paths import CONF, PARAMS
from personae.response import metrics
from personae.response.calibration import log_loss, margins
from personae.response.plan import build_plan
from personae.response.settings import Classify
from personae.response.validation import validate
from personae.studies.journey import source as journey
from personae.studies.journey.settings import JourneyPrepare

WORKER = Path(__file__).parent / "peers" / "flaml_out_of_fold.py"
REPEATS = 5
PEERS = {"FLAML": "roc_auc", "FLAML, by log loss": "log_loss"}


def campaign_case():
    table, _ = customers()
    return table, settings()


def journey_case():
    composed = compose("journey", CONF, PARAMS)
    prepared = journey.prepare(Path(), JourneyPrepare.model_validate_json(json.dumps(composed["prepare"])))
    chosen = Classify.model_validate_json(json.dumps(composed["classify"]))
    return prepared.tables[chosen.table].to_pandas(), chosen


def one_outer_fold(plan):
    """Seconds of the procedure for one outer fold alone: its inner fits, nothing shared with other folds."""
    start = time.perf_counter()
    validate(plan, nested=False)
    folds = plan.folds
    single = (time.perf_counter() - start) / len(folds.fits(False))
    return single * (1 + len(folds.inner(folds.outer[-1])))


def peer(plan, dealt, seconds, metric):
    """FLAML's probabilities, laid out as those of the procedure: (repeats, rows, classes)."""
    splits = [(repeat, *folds.rows(0, (k,))) for repeat, folds in enumerate(dealt) for k in folds.outer]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        plan.table.assign(_target=plan.target, _unit=plan.groups).to_parquet(directory / "table.parquet")
        rows = [[train.tolist(), test.tolist(), repeat] for repeat, train, test in splits]
        (directory / "splits.json").write_text(json.dumps(rows))
        command = [os.environ["FLAML_PYTHON"], str(WORKER), name, f"{seconds:.1f}", metric]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        predicted = json.loads((directory / "predictions.json").read_text())
    found = np.full((len(dealt), len(plan.target), 2), np.nan)
    for (repeat, _, test), values in zip(splits, predicted, strict=True):
        found[repeat, test] = np.column_stack([1 - np.array(values), values])
    return found


def by_fold(target, probabilities, dealt):
    """Figures of every fold, shape (repeats, folds)."""
    every = [
        [one(target[rows], found[rows]) for rows in (folds.assignment[0] == k for k in folds.outer)]
        for folds, found in zip(dealt, probabilities, strict=True)
    ]
    return {name: np.array([[fold[name] for fold in repeat] for repeat in every]) for name in every[0][0]}


def one(target, probabilities):
    return {**metrics.figures(target, probabilities), "log_loss": log_loss(probabilities, target)}


def pooled(target, probabilities):
    """Of all rows of a repeat at once: ECE, the ECE of chance, slope (Cox 1958) and observed / expected events."""
    rng = np.random.default_rng(0)
    every = []
    for found in probabilities:
        scored = ~np.isnan(found[:, 1])
        truth, given = target[scored], found[scored]
        lucky = [
            metrics.expected_calibration_error((rng.random(len(given)) < given[:, 1]).astype(int), given)
            for _ in range(100)
        ]
        log_odds = margins(np.log(np.clip(given, 1e-4, 1)))
        slope = LogisticRegression(C=np.inf).fit(log_odds, truth).coef_[0, 0]
        ece = metrics.expected_calibration_error(truth, given)
        every.append((ece, np.mean(lucky), slope, truth.mean() / given[:, 1].mean()))
    return np.mean(every, axis=0)


def difference(ours, theirs, name, dealt):
    """Corrected interval; forward in time the repeats are seeds on one dealing, so their mean counts once."""
    gaps = ours[name] - theirs[name]
    gaps = gaps.mean(axis=0) if dealt[0].forward else gaps
    return metrics.corrected_interval(gaps, test_share=dealt[0].test_share)


def compare(name, everyone, chosen):
    once = chosen.model_copy(update={"repeats": 1, "workers": 1})
    plans = [build_plan(everyone, once, seed=seed) for seed in range(REPEATS)]
    plan, dealt = plans[0], [each.folds for each in plans]
    table, target = plan.table, plan.target
    seconds = one_outer_fold(plan)
    found = {"personae": np.concatenate([validate(each).procedure for each in plans])}
    found |= {who: peer(plan, dealt, seconds, metric) for who, metric in PEERS.items()}
    folds = f"{REPEATS} times {len(dealt[0].outer)} outer folds"
    print(f"\n{name}: {len(table)} rows, {folds}, {seconds:.1f} s a fold, one core\n")
    print(
        "| | ROC AUC | AP | log loss | Brier | ECE of a fold | pooled ECE | of chance | slope | observed / expected |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    scored = {who: by_fold(target, given, dealt) for who, given in found.items()}
    for who, figures in scored.items():
        names = ("roc_auc", "average_precision", "log_loss", "brier", "ece")
        means = [f"{figures[each].mean():.4f}" for each in names]
        ece, lucky, slope, ratio = pooled(target, found[who])
        print(f"| {who} | {' | '.join(means)} | {ece:.4f} | {lucky:.4f} | {slope:.2f} | {ratio:.2f} |")
    for who in PEERS:
        for each in ("roc_auc", "log_loss", "brier", "ece"):
            mean, lower, upper, _ = difference(scored["personae"], scored[who], each, dealt)
            print(f"{each}, personae - {who}: {mean:+.4f} ({lower:+.4f} to {upper:+.4f})")


def main():
    if "FLAML_PYTHON" not in os.environ:
        print("left out: FLAML_PYTHON does not name the Python of an environment with flaml")
        return
    cases = {"campaign": campaign_case, "journey": journey_case}
    for name in sys.argv[1:] or cases:
        compare(name, *cases[name]())


if __name__ == "__main__":
    main()
