"""`personae restore`: from a run in MLflow back to its code, data and settings, and its figures once more."""

import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import read_json, write_text
from personae.core.noise import Figure, Sameness, sameness
from personae.history import dvc
from personae.history.result import Past, figures_of, from_run, prefixes
from personae.report.summary import aligned
from personae.tracking import key, provenance
from personae.tracking import read as published
from personae.tracking.contents import flat_verdicts
from personae.tracking.store import Store

WORDS: tuple[Sameness, ...] = ("different", "within noise", "identical")
NOT_COMPUTED = ("report", key.TRACK)
ELSEWHERE = "everything else"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a metric came out again; words instead of figures for verdicts of the reports."""

    name: str
    before: str
    after: str
    sameness: Sameness


@dataclass(frozen=True, slots=True)
class Restored:
    """A run that was computed again.

    Attributes
    ----------
    run_id, study, directory
        Of the run; where its code, data and results are.
    verdicts
        One a metric and one a verdict of the reports.
    outputs, same
        Files and folders that were written, and how many have the md5 of then.
    """

    run_id: str
    study: str
    directory: Path
    verdicts: tuple[Verdict, ...]
    outputs: int
    same: int

    @property
    def different(self) -> tuple[Verdict, ...]:
        """What came out otherwise, beyond noise."""
        return tuple(each for each in self.verdicts if each.sameness == "different")

    def lines(self, *, every: bool = False) -> list[str]:
        """Say it for people: counts a stage, then each metric that is not identical, or every one."""
        stages = list(dict.fromkeys(each.name.split(".")[0] for each in self.verdicts))
        found = Counter((each.name.split(".")[0], each.sameness) for each in self.verdicts)
        counts = [[stage, *(str(found[stage, word]) for word in WORDS)] for stage in stages]
        told = [v for v in self.verdicts if every or v.sameness != "identical"]
        rows = [[v.name, v.before, v.after, v.sameness] for v in told]
        return [
            *aligned([[self.study, *WORDS], *counts]),
            *(["", *aligned([["metric", "then", "now", "verdict"], *rows])] if told else []),
            "",
            f"{self.same} of {self.outputs} files and folders have the md5 of then",
            f"{self.directory}: code, data and results; `git worktree remove --force` takes it away",
        ]


def restore(run_id: str, into: Path | None = None, *, cached: bool = False) -> Restored:
    """Bring a run's code, data and settings back and compute its result again.

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
    run = published.find(Store.here(), run_id)
    if run is None:
        raise PersonaeError(f"{Store.here().uri}: no run {run_id}; `personae ui` shows those there")
    past = from_run(run)
    commit = _checked(run_id, past, run.provenance)
    directory = (into or paths.RESTORED / past.label).resolve()
    with _worktree(directory, commit):
        _lay_out(directory, past, run.provenance.get(published.DIFF, b""))
        _fetch(directory, past)
    stages = stages_of(past.entries)
    force = () if cached else ("--force",)
    dvc.run(
        directory, "repro", "--single-item", *force, *(f"{stage}@{past.study}" for stage in stages), show=True
    )
    lock = (directory / "dvc.lock").read_text("utf-8")
    entries = key.recorded_entries(past.study, lock)
    files = {name: directory / paths.report(past.study, f"{name}.json") for name in past.reports}
    reports = {name: read_json(path) for name, path in files.items() if path.exists()}
    outputs = {out["path"]: out["md5"] for name in stages for out in entries[name].get("outs", ())}
    before = past.outputs()
    same = sum(before.get(path) == md5 for path, md5 in outputs.items())
    return Restored(run_id, past.study, directory, compare(past, reports), len(outputs), same)


def compare(past: Past, reports: Mapping[str, Any]) -> tuple[Verdict, ...]:
    """Compare the reports of a past result with those computed again, figure by figure."""
    names = prefixes(past.study, past.entries)
    found: list[Verdict] = []
    for report in sorted(past.reports):
        before, after = past.reports[report], reports.get(report)
        stem = names.get(report, report)
        own = list(_figures(figures_of({report: before}, names), figures_of({report: after}, names)))
        own += list(_words(flat_verdicts(before, stem), flat_verdicts(after, stem)))
        if before != after and all(each.sameness == "identical" for each in own):
            own.append(Verdict(f"{stem}.{ELSEWHERE}", "", "", "different"))
        found += own
    return tuple(found)


def stages_of(entries: Mapping[str, Any]) -> list[str]:
    """Put the stages that make a result in an order in which they can run; report and track are none.

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
            for path in (read, *map(str, Path(read).parents))
            if producer.get(path, stage) != stage
        }
        for stage, entry in entries.items()
    }
    return [stage for stage in TopologicalSorter(graph).static_order() if stage not in NOT_COMPUTED]


def _checked(run_id: str, past: Past, provenance_: Mapping[str, bytes]) -> str:
    """Give the commit of a run that can be restored."""
    if not past.lock:
        raise PersonaeError(
            f"run {run_id}: holds no dvc.lock (a sweep or one of its trials); adopt the sweep's winner, or "
            "restore the run that stage track published"
        )
    if past.commit is None:
        raise PersonaeError(f"run {run_id}: was made outside of git, so its code is not known")
    if past.dirty and published.DIFF not in provenance_:
        raise PersonaeError(f"run {run_id}: its uncommitted changes were not stored with it")
    if provenance.git("cat-file", "-e", f"{past.commit}^{{commit}}") is None:
        raise PersonaeError(
            f"run {run_id}: git does not know its commit {past.commit[:12]}; fetch the branch that has it"
        )
    return past.commit


@contextmanager
def _worktree(directory: Path, commit: str) -> Iterator[None]:
    """Check a commit out beside the working tree; take it away again when the block fails."""
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise PersonaeError(
            f"{directory}: is there already; `git worktree remove --force {directory}` or choose --into"
        )
    provenance.git("worktree", "prune")
    made = provenance.git(
        "-c", "core.hooksPath=/dev/null", "worktree", "add", "--detach", str(directory), commit
    )
    if made is None:
        raise PersonaeError(f"{directory}: git cannot make a worktree of {commit[:12]} there")
    try:
        yield
    except BaseException:
        provenance.git("worktree", "remove", "--force", str(directory))
        raise


def _lay_out(directory: Path, past: Past, diff: bytes) -> None:
    """Put the changes, the lock file and the settings of DVC's cache in their places."""
    if diff:
        command = ["git", "apply", "--whitespace=nowarn", "-"]
        done = subprocess.run(command, input=diff, cwd=directory, capture_output=True, check=False)
        if done.returncode:
            raise PersonaeError(f"run {past.label}: its uncommitted changes do not fit its commit any more")
    write_text(directory / "dvc.lock", past.lock)
    write_text(directory / ".dvc" / "config.local", f"[cache]\n    dir = {dvc.cache()}\n")


def _fetch(directory: Path, past: Past) -> None:
    """Bring the raw data of then from the cache, or else from the remote."""
    for path, md5 in key.data(past.study, past.entries).items():
        for command in (("checkout", path), ("pull", path)):
            try:
                dvc.run(directory, *command)
            except PersonaeError:
                continue
            if key.md5(directory / path) == md5:
                break
        else:
            raise PersonaeError(
                f"run {past.label}: its data {path} (md5 {md5}) is neither in DVC's cache nor in a remote"
            )


def _figures(before: Mapping[str, Figure], after: Mapping[str, Figure]) -> Iterator[Verdict]:
    for name in dict.fromkeys([*before, *after]):
        then, now = before.get(name), after.get(name)
        yield Verdict(name, _written(then), _written(now), sameness(then, now))


def _words(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Verdict]:
    for name in dict.fromkeys([*before, *after]):
        then, now = before.get(name, "-"), after.get(name, "-")
        yield Verdict(f"{name}.verdict", then, now, "identical" if then == now else "different")


def _written(figure: Figure | None) -> str:
    return "-" if figure is None else f"{figure.value:.6g}"
