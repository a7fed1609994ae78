"""`personae restore`: bring back a run's code, data, settings; compute again."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from personae.core import paths, version
from personae.core.errors import PersonaeError
from personae.core.files import is_alive, read_json, write_text
from personae.core.noise import Estimate, Sameness, reproducibility
from personae.history.result import StoredResult, from_run, side_by_side
from personae.report.summary import aligned
from personae.tracking import key, provenance
from personae.tracking.store import Store

WORDS: tuple[Sameness, ...] = ("different", "within noise", "identical")
NOT_COMPUTED = ("report", key.TRACK)
INHERITED = ("DVC_", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "PYTHONPATH")
# Name of a figure or verdict, what it was, what it is now, and whether that is the same.
Row = tuple[str, str, str, Sameness]


@dataclass(frozen=True, slots=True)
class Restored:
    """A run that was computed again.

    Attributes
    ----------
    run_id, study, directory
        Of the run; where its code, data and results are.
    rows
        One a figure and one a verdict of the reports.
    outputs, same
        Files and folders that were written, and how many have the same md5 as before.
    """

    run_id: str
    study: str
    directory: Path
    rows: Sequence[Row]
    outputs: int
    same: int

    @property
    def different(self) -> list[str]:
        """Figures and verdicts that came out otherwise, beyond noise."""
        return [name for name, _, _, word in self.rows if word == "different"]

    def lines(self, *, every: bool = False) -> list[str]:
        """Format for people: counts a stage, then differing or all figures."""
        counts = Counter((name.split(".")[0], word) for name, _, _, word in self.rows)
        stages = dict.fromkeys(stage for stage, _ in counts)
        table = [[stage, *(str(counts[stage, word]) for word in WORDS)] for stage in stages]
        rows = [row for row in self.rows if every or row[-1] != "identical"]
        return [
            *aligned([[self.study, *WORDS], *table]),
            *(["", *aligned([("metric", "then", "now", "verdict"), *rows])] if rows else []),
            "",
            f"{self.same} of {self.outputs} files and folders have the md5 of that run",
            f"{self.directory}: code, data and results; `git worktree remove --force` takes it away",
        ]


def restore(run_id: str, into: Path | None = None, *, cached: bool = False) -> Restored:
    """Bring back a run's code, data and settings and compute it again.

    Parameters
    ----------
    run_id : str
        Of a published result.
    into : Path, optional
        New folder for the git worktree; by default build/restored/<start of the id>.
    cached : bool
        Take from DVC's cache what is in it instead of computing it.

    Raises
    ------
    PersonaeError
        If the run, its commit or its data cannot be found, or a stage fails.
    """
    before = from_run(run_id)
    if before is None:
        raise PersonaeError(f"{Store.here().uri}: no run {run_id}; `personae ui` shows those there")
    commit = _checked(run_id, before)
    directory = (into or paths.RESTORED / before.label).resolve()
    unfinished = directory.with_name(f".{directory.name}.partial")
    if unfinished.exists() and not is_alive(int(unfinished.read_text())):  # what a killed call left
        provenance.git("worktree", "remove", "--force", str(directory))
        shutil.rmtree(directory, ignore_errors=True)
    with _worktree(directory, commit, unfinished):
        _lay_out(directory, before)
        _check_version(run_id, directory)
        _fetch(directory, before)
    graph = key.stages(before.study, (directory / "dvc.yaml").read_text("utf-8"))
    stages = [stage for stage in stages_of(before.entries) if stage in graph]
    force = () if cached else ("--force",)
    targets = [f"{stage}@{before.study}" for stage in stages]
    try:
        dvc(directory, "repro", "--single-item", *force, *targets, show=True)
    finally:
        unfinished.unlink(missing_ok=True)
    files = {name: directory / paths.report(before.study, f"{name}.json") for name in before.reports}
    after = replace(
        before,
        lock=(directory / "dvc.lock").read_text("utf-8"),
        reports={name: read_json(path) for name, path in files.items() if path.exists()},
    )
    written = {out["path"]: out["md5"] for name in stages for out in after.entries[name].get("outs", ())}
    same = sum(before.outputs.get(path) == md5 for path, md5 in written.items())
    return Restored(run_id, before.study, directory, compare(before, after), len(written), same)


def compare(before: StoredResult, after: StoredResult) -> list[Row]:
    """Compare a result's reports with those computed again, figure by figure."""
    pair = (before, after)
    figures = side_by_side([result.figures for result in pair])
    words = side_by_side([result.verdicts for result in pair])
    rows: list[Row] = [
        (name, _written(then), _written(now), reproducibility(then, now))
        for name, (then, now) in figures.items()
    ]
    rows += [
        (f"{name}.verdict", then or "-", now or "-", "identical" if then == now else "different")
        for name, (then, now) in words.items()
    ]
    ordered: list[Row] = []
    for report in sorted(before.reports):
        stem = before.names.get(report, report)
        own = [row for row in rows if row[0].split(".")[0] == stem]
        equal = before.reports[report] == after.reports.get(report)
        if not equal and all(word == "identical" for *_, word in own):
            own.append((f"{stem}.everything else", "", "", "different"))
        ordered += own
    return ordered


def stages_of(entries: Mapping[str, Any]) -> list[str]:
    """Order the stages of a result for running, without report and track.

    Examples
    --------
    >>> stages_of({"segment": {"deps": [{"path": "a"}]}, "prepare": {"outs": [{"path": "a"}]}, "track": {}})
    ['prepare', 'segment']
    """
    producer = {out["path"]: stage for stage, entry in entries.items() for out in entry.get("outs", ())}
    graph = {
        stage: {
            producer[path]
            for read in [*(dep["path"] for dep in entry.get("deps", ())), *entry.get("params", ())]
            for path in (read, *map(str, Path(read).parents))  # a file may be in a folder that was written
            if producer.get(path, stage) != stage
        }
        for stage, entry in entries.items()
    }
    return [stage for stage in TopologicalSorter(graph).static_order() if stage not in NOT_COMPUTED]


def dvc(directory: Path, *arguments: str, show: bool = False) -> str:
    """Run DVC in a checkout and return its output; `show` uses stderr.

    It runs with the packages of this process, and inherits nothing that points elsewhere.

    Raises
    ------
    PersonaeError
        If it fails.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(INHERITED)}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments],
        cwd=directory,
        env=kept | {"PATH": path, "DVC_NO_ANALYTICS": "true"},
        stdout=sys.stderr if show else subprocess.PIPE,
        stderr=None if show else subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        error_lines = (done.stderr or "").strip().splitlines()
        raise PersonaeError(
            f"{directory}: dvc {arguments[0]} failed{': ' + error_lines[-1] if error_lines else ''}"
        )
    return done.stdout or ""


def _checked(run_id: str, result: StoredResult) -> str:
    """Give the commit of a run that can be restored."""
    if not result.whole:
        raise PersonaeError(
            f"run {run_id}: holds no dvc.lock (a sweep or one of its trials); adopt the sweep's winner, or "
            "restore the run that stage track published"
        )
    if result.commit is None:
        raise PersonaeError(f"run {run_id}: was made outside of git, so its code is not known")
    if result.dirty and result.diff is None:
        raise PersonaeError(f"run {run_id}: its uncommitted changes were not stored with it")
    if provenance.git("cat-file", "-e", f"{result.commit}^{{commit}}") is None:
        raise PersonaeError(
            f"run {run_id}: git does not know its commit {result.commit[:12]}; fetch the branch that has it"
        )
    return result.commit


@contextmanager
def _worktree(directory: Path, commit: str, unfinished: Path) -> Iterator[None]:
    """Check a commit out in a worktree, removed when the block fails; a file tells of a killed call."""
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise PersonaeError(
            f"{directory}: is there already; `git worktree remove --force {directory}` or choose --into"
        )
    provenance.git("worktree", "prune")
    write_text(unfinished, str(os.getpid()))
    add = ("-c", "core.hooksPath=/dev/null", "worktree", "add", "--detach", str(directory), commit)
    if provenance.git(*add) is None:
        unfinished.unlink()
        raise PersonaeError(f"{directory}: git cannot make a worktree of {commit[:12]} there")
    try:
        yield
    except BaseException:
        provenance.git("worktree", "remove", "--force", str(directory))
        unfinished.unlink(missing_ok=True)
        raise


def _lay_out(directory: Path, result: StoredResult) -> None:
    """Apply the changes, lock file and cache settings of the result."""
    if result.diff:
        command = ["git", "apply", "--whitespace=nowarn", "-"]
        done = subprocess.run(command, input=result.diff, cwd=directory, capture_output=True, check=False)
        if done.returncode:
            raise PersonaeError(f"run {result.label}: its uncommitted changes do not fit its commit any more")
    write_text(directory / "dvc.lock", result.lock)
    cache = dvc(Path(), "cache", "dir").strip()
    write_text(directory / ".dvc" / "config.local", f"[cache]\n    dir = {cache}\n")


def _check_version(run_id: str, directory: Path) -> None:
    """Outside a checkout, require the run's own version of the package."""
    known = directory / version.FILE
    if known.exists() and (then := known.read_text(encoding="utf-8")) != (now := version.installed()):
        raise PersonaeError(
            f"run {run_id}: was made by {then.strip()}; {now.strip()} is installed: install the former"
        )


def _fetch(directory: Path, result: StoredResult) -> None:
    """Bring the result's raw data from the cache, else the remote."""
    for path, md5 in result.data.items():
        for command in ("checkout", "pull"):
            try:
                dvc(directory, command, path)
            except PersonaeError:
                continue
            if key.md5(directory / path) == md5:
                break
        else:
            raise PersonaeError(
                f"run {result.label}: its data {path} (md5 {md5}) is neither in DVC's cache nor in a remote"
            )


def _written(figure: Estimate | None) -> str:
    return "-" if figure is None else f"{figure.value:.6g}"
