"""What the graph costs: `dvc repro` beside the same functions in one warm process, and the no-op beside `dvc status`.

The scratch checkout is made from the files as they are. Ratios are medians over the runs.
"""

import argparse
import importlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def scratch(directory: Path) -> Path:
    """Copy the checkout's files, make a repository of them and bring the sample data."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, directory / name)
    for command in (["git", "init", "-q"], ["git", "add", "-A"], ["git", "commit", "-qm", "scratch"]):
        subprocess.run(command, cwd=directory, check=True, env=environment())
    subprocess.run(["dvc", "pull", "-q", "data.dvc"], cwd=directory, check=True, env=environment())
    return directory


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "MLFLOW_"))}
    who = {
        f"GIT_{role}_{what}": "bench@localhost"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    bins = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    return kept | who | {"PATH": bins, "DVC_NO_ANALYTICS": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}


def seconds(command: list[str], directory: Path) -> float:
    start = time.perf_counter()
    subprocess.run(command, cwd=directory, check=True, env=environment(), capture_output=True)
    return time.perf_counter() - start


def warm(directory: Path, study: str, runs: int) -> float:
    """Time the stages' functions in one process, after a first pass that imports everything."""
    os.chdir(directory)
    graph = yaml.safe_load(Path("dvc.yaml").read_text())["stages"]
    names = [
        name
        for name, stage in graph.items()
        if name not in ("track",) and ("${studies}" in str(stage["foreach"]) or study in stage["foreach"])
    ]
    mains = [importlib.import_module(f"personae.stages.{name}").main for name in names]
    times = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        for main in mains:
            main(study)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", default="campaign")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = scratch(Path(name))
        target = f"track@{options.study}"
        full = [seconds(["dvc", "repro", "-q", "-f", target], directory) for _ in range(options.runs)]
        pairs = [
            (
                seconds(["dvc", "repro", "-q", target], directory),
                seconds(["dvc", "status", "-q", "--with-deps", target], directory),
            )
            for _ in range(max(options.runs, 5))
        ]
        compute = warm(directory, options.study, options.runs)
        os.chdir(ROOT)
    repro = statistics.median(full)
    print(
        f"full repro of {options.study}: {repro:.1f} s, compute in one warm process {compute:.1f} s, ratio {repro / compute:.2f}"
    )
    noop = statistics.median(first / second for first, second in pairs)
    print(f"no-op: {statistics.median(p[0] for p in pairs):.2f} s, {noop:.2f} times `dvc status --with-deps`")
    if subprocess.run(["dvc", "status", "-q"], cwd=ROOT, env=environment(), check=False).returncode:
        print("the whole graph is not up to date here: its no-op is not measured")
        return
    whole = [
        seconds(["dvc", "repro", "-q"], ROOT) / seconds(["dvc", "status", "-q"], ROOT)
        for _ in range(options.runs)
    ]
    print(f"no-op of all studies here: {statistics.median(whole):.2f} times `dvc status`")


if __name__ == "__main__":
    main()
