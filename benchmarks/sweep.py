"""Trials per second of a sweep beside the straightforward loop: the same trials, the same figures.

The straightforward loop composes with Hydra, clusters, computes silhouette and stability with scikit-learn and
writes an MLflow child run for every trial, in one process, on SQLite. Both work on the campaign table of build/.
"""

import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

TRIALS = int(sys.argv[1]) if len(sys.argv) > 1 else 100
SPACE = [
    "segment.k=range(2,9)",
    "segment.clusterer.n_init=range(4,17)",
    "segment.scaler.axes=int(interval(4,16))",
]
SETTINGS = f"""\
stage: segment
space: {SPACE}
objectives: [quality]
trials: {TRIALS}
sampler: random
startup: 10
seed: 1
bootstraps: 16
prune: null
"""


def straightforward(trials, search_seed=1, bootstraps=16):
    """Evaluate the given choices one after another; give qualities and seconds."""
    import json

    import mlflow
    import pandas as pd
    from sklearn.metrics import silhouette_score

    from personae.config.compose import compose
    from personae.core import paths, tables
    from personae.segmentation.settings import SegmentSettings
    from personae.segmentation.space import Space, WorkingSpace
    from personae.segmentation.stability import best_jaccard, mean_jaccard, resample
    from personae.segmentation.ward import build_clusterer

    mlflow.set_tracking_uri(f"sqlite:///{paths.MLRUNS / 'straightforward.db'}")
    mlflow.set_experiment("straightforward")
    table = tables.read(paths.table("campaign", "complete")).to_pandas()
    # Without the stage's own conclusion on both sides: only the trials are timed.
    found, started = [], perf_counter()
    with mlflow.start_run():
        for choices in trials:
            with mlflow.start_run(nested=True):
                composed = compose("campaign", paths.CONF, paths.PARAMS)
                segment = composed["segment"]
                segment["k"] = choices["segment.k"]
                segment["clusterer"]["n_init"] = choices["segment.clusterer.n_init"]
                segment["scaler"]["axes"] = choices["segment.scaler.axes"]
                settings = SegmentSettings.model_validate_json(json.dumps(segment))
                space = Space(**settings.space.model_dump()).fit(table)
                points = space.transform(table)
                working = WorkingSpace(space, settings.scaler.name, settings.scaler.axes).fit_transform(
                    points
                )
                model = build_clusterer(settings.clusterer, composed["seed"]).set_params(
                    n_clusters=settings.k
                )
                labels = model.fit(working).labels_
                silhouette = silhouette_score(points, labels)
                units = pd.factorize(table["unit"])[0]
                _, *children = np.random.SeedSequence([composed["seed"], search_seed]).spawn(1 + bootstraps)
                jaccard = []
                for child in children:
                    rng = np.random.default_rng(child)
                    weights = resample(units, rng)
                    drawn = weights > 0
                    again = build_clusterer(settings.clusterer, int(rng.integers(2**31)))
                    again = again.set_params(n_clusters=settings.k).fit(working[drawn], weights[drawn])
                    jaccard.append(best_jaccard(labels[drawn], again.labels_, settings.k))
                stability = float(mean_jaccard(np.array(jaccard)).min())
                kept = min(1.0, np.bincount(labels).min() / len(labels) / settings.floor)
                found.append(silhouette * stability * kept if silhouette > 0 else silhouette)
                mlflow.log_params(choices)
                mlflow.log_metrics({"quality": found[-1], "silhouette": silhouette, "stability": stability})
    return found, perf_counter() - started


def main():
    if not Path("build/campaign/complete.parquet").exists():
        print("build/campaign/complete.parquet: `dvc repro impute@campaign` makes it")
        return
    root = Path.cwd()
    with tempfile.TemporaryDirectory() as directory:
        for name in ("conf", "build", "params.yaml"):
            source, target = root / name, Path(directory) / name
            shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
        (Path(directory) / "conf/sweep/bench.yaml").write_text(SETTINGS)
        os.chdir(directory)
        try:
            _compare()
        finally:
            os.chdir(root)


def _compare():
    from personae.sweep import run as sweeping
    from personae.sweep import segment_trials

    spent = []
    measure = segment_trials.SegmentTrials.measure

    def timed(self, settings, report):
        started = perf_counter()
        figures = measure(self, settings, report)
        spent.append(perf_counter() - started)
        return figures

    segment_trials.SegmentTrials.measure = timed
    clock, claim = {}, sweeping.Worker.claim

    def timed_claim(worker, choose):
        clock.setdefault("first", perf_counter())
        clock["last"] = perf_counter()
        return claim(worker, choose)

    conclusion = sweeping._Run._conclude

    def conclude(run):
        clock["written"] = perf_counter()
        return {}

    sweeping.Worker.claim, sweeping._Run._conclude = timed_claim, conclude
    try:
        sweeping.sweep("campaign", "segment", file="bench")
    finally:
        segment_trials.SegmentTrials.measure, sweeping.Worker.claim = measure, claim
        sweeping._Run._conclude = conclusion
    import optuna

    study = optuna.load_study(study_name="campaign-segment-bench", storage="sqlite:///mlruns/optuna.db")
    ours = [trial.value for trial in study.get_trials()]
    # Everything is written to MLflow when the clock stops.
    seconds = clock["written"] - clock["first"]
    theirs, slow = straightforward([trial.params for trial in study.get_trials()])
    repeated = TRIALS - len(spent)
    print(f"trials {TRIALS}, of which with settings that had been tried {repeated}")
    print(f"largest difference of a figure {max(abs(a - b) for a, b in zip(ours, theirs, strict=True)):.1e}")
    print(f"{'':<18}{'seconds':>9}{'trials/s':>10}")
    print(f"{'straightforward':<18}{slow:>9.1f}{TRIALS / slow:>10.2f}")
    print(f"{'personae sweep':<18}{seconds:>9.1f}{TRIALS / seconds:>10.2f}")
    print(f"ratio {slow / seconds:.2f}")
    print(f"fit and score {sum(spent):.1f} s, median {statistics.median(spent) * 1000:.0f} ms a trial")
    print(f"overhead besides fit and scoring {1 - sum(spent) / seconds:.1%} of the sweep")


if __name__ == "__main__":
    main()
