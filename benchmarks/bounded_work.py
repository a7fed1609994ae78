"""What every stage costs on planted tables of many customers: CPU seconds and peak memory, workers included.

`python -m benchmarks.bounded_work ROWS [--study own|campaign] [--effort quick] [--stages impute,classify]`: the
planted customers are those of the campaign's simulation. `own` brings them in as a user would, by `new-study`;
`campaign` runs the study with its six models and its ablations. The memory of a moment is the sum of the
resident pages of a stage's processes, shared pages counted once a process. Everything is in a scratch directory.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from personae.studies.campaign.simulate import simulate, to_files

ROOT = Path(__file__).parents[1]
STAGES = (
    "compose",
    "prepare",
    "impute",
    "segment",
    "compare",
    "profile",
    "classify",
    "target",
    "scorer",
    "report",
)
STUDIES = {"own": "planted", "campaign": "campaign"}
PAGE = os.sysconf("SC_PAGE_SIZE")


def project(directory: Path, rows: int, kind: str, effort: str) -> str:
    """Lay a project out with a planted table; give the study's name."""
    shutil.copytree(ROOT / "conf", directory / "conf", dirs_exist_ok=True)
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(ROOT / name, directory)
    study, made = STUDIES[kind], to_files(simulate(rows, seed=3)[0])
    place = directory / ("data/campaign" if kind == "campaign" else "raw")
    place.mkdir(parents=True)
    files = [place / name for name in made]
    for path, content in zip(files, made.values(), strict=True):
        path.write_bytes(content)
    if kind == "own":
        for command in (["git", "init", "-q"], ["dvc", "init", "-q"]):
            subprocess.run(command, cwd=directory, check=True)
        named = ["--target", "Response", "--id", "ID"]
        run(directory, "-m", "personae.cli", "new-study", study, *map(str, files), *named, "--yes")
        written = directory / "conf" / "study" / f"{study}.yaml"
        priced = written.read_text().replace(
            "target: Response", "target: {column: Response, cost: 3, revenue: 11}"
        )
        written.write_text(priced)
    params = yaml.safe_load((directory / "params.yaml").read_text())
    params.setdefault(study, {}).setdefault("use", {})["effort"] = effort
    (directory / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    return study


def run(directory: Path, *arguments: str) -> tuple[float, float, float]:
    """Run Python to its end; give wall seconds, CPU seconds and peak GB of its processes."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    environment = os.environ | one | {"PYTHONPATH": str(ROOT / "src"), "DVC_NO_ANALYTICS": "true"}
    before, start, peak = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter(), 0
    with subprocess.Popen([sys.executable, *arguments], cwd=directory, env=environment) as process:
        while process.poll() is None:
            peak = max(peak, resident(process.pid))
            time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, cpu, peak / 2**30


def resident(process: int) -> int:
    """Sum the resident bytes of a process and its descendants."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return pages * PAGE + sum(resident(int(child)) for child in children)


def main() -> None:
    """Print a line a stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int)
    parser.add_argument("--study", choices=STUDIES, default="own")
    parser.add_argument("--effort", default="quick")
    parser.add_argument("--stages", default=",".join(STAGES))
    parser.add_argument("--keep", type=Path, help="project that stays; one that is there goes on")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory = (chosen.keep or Path(temporary)).absolute()
        study = STUDIES[chosen.study]
        if not (directory / "dvc.yaml").exists():
            directory.mkdir(parents=True, exist_ok=True)
            project(directory, chosen.rows, chosen.study, chosen.effort)
        total, most = 0.0, 0.0
        for stage in chosen.stages.split(","):
            wall, cpu, peak = run(directory, "-m", f"personae.stages.{stage}", study)
            total, most = total + cpu, max(most, peak)
            print(f"{stage:<10}{wall:>9.1f} s wall{cpu:>9.1f} s CPU{peak:>7.2f} GB", flush=True)
        print(f"{chosen.rows:,} rows, {chosen.effort}: {total / 60:.1f} CPU min, peak {most:.2f} GB")


if __name__ == "__main__":
    main()
