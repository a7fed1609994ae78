"""What a study costs beside its imports: each stage's run, and a process that only imports the same modules.

`python benchmarks/study_cost.py [--study aerofit] [--raw DIR]`: the raw files are the sample below data/, or
those of DIR. Everything is written to a scratch directory. CPU seconds include worker processes. The last line is
what the 20 x 5 forests before a merge and after it cost scikit-learn alone, on a table of aerofit's size.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).parents[1]
STAGES = (
    *("compose", "prepare", "impute", "segment", "compare", "profile"),
    *("classify", "target", "promote", "days", "report"),
)
EVERY = ("compose", "report")
RUN = """
import importlib, json, sys
from threadpoolctl import threadpool_limits
with threadpool_limits(limits=1):
    importlib.import_module("personae.stages.{stage}").main("{study}")
print(json.dumps(sorted(name for name in sys.modules if not name.startswith("__"))))
"""
FORESTS = """
import numpy as np
from sklearn.ensemble import RandomForestClassifier
rng = np.random.default_rng(0)
table, target = rng.normal(size=(144, 10)), rng.integers(0, 3, 144)
for seed in range(200):
    RandomForestClassifier(100, random_state=seed).fit(table, target).predict_proba(table[:36])
"""
IMPORT = """
import importlib, json, sys
for name in json.load(sys.stdin):
    try:
        importlib.import_module(name)
    except Exception:
        pass
"""


def measured(program: str, directory: Path, given: str = "") -> tuple[float, float, str]:
    """Run a program; give wall seconds, CPU seconds and the last line of its output."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")} | dict.fromkeys(names, "1")
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=directory,
        env=environment,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(done.stderr)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, (done.stdout.splitlines() or [""])[-1]


def scratch(directory: Path, study: str, raw: Path) -> None:
    """Lay the settings and the raw files out."""
    shutil.copytree(ROOT / "conf", directory / "conf")
    shutil.copy(ROOT / "params.yaml", directory)
    shutil.copytree(raw, directory / "data" / study)
    origin = directory / "data" / study / "origin.json"
    if not origin.exists():
        origin.write_text(json.dumps({"data": "original"}))
    for place in ("resolved", "build", "models", "reports"):
        (directory / place).mkdir()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", default="aerofit")
    parser.add_argument("--raw", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="scratch directory that stays")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory = chosen.keep or Path(temporary)
        directory.mkdir(exist_ok=True)
        scratch(directory, chosen.study, chosen.raw or ROOT / "data" / chosen.study)
        totals = np.zeros(4)
        print("| stage | run, CPU s | imports, CPU s | ratio | run, wall s | imports, wall s | ratio |")
        print("|---|---|---|---|---|---|---|")
        for stage in STAGES:
            if stage not in EVERY and not (directory / "resolved" / chosen.study / f"{stage}.yaml").exists():
                continue
            program = RUN.format(stage=stage, study=chosen.study)
            runs = [measured(program, directory) for _ in range(chosen.runs)]
            bare = [measured(IMPORT, directory, runs[0][2]) for _ in range(chosen.runs)]
            times = [
                [statistics.median(one[place] for one in each) for each in (runs, bare)] for place in (1, 0)
            ]
            totals += np.ravel(times)
            print(row(stage, np.ravel(times)), flush=True)
        print(row("all", totals))
        _, forests, _ = measured(FORESTS, directory)
        print(f"200 forests of scikit-learn alone: {forests:.1f} CPU s")


def row(name: str, times: npt.NDArray[np.float64]) -> str:
    """Write a line of the table from CPU and wall seconds, each of run and imports."""
    cpu, wall = times[:2], times[2:]
    each = [f"{run:.1f} | {bare:.1f} | {run / bare:.2f}" for run, bare in (cpu, wall)]
    return f"| {name} | {' | '.join(each)} |"


if __name__ == "__main__":
    main()
