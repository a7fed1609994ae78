"""A result read back from MLflow, an experiment or a git revision."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.noise import Estimate, with_intervals
from personae.report.results import DERIVED
from personae.tracking import key, provenance, read
from personae.tracking.contents import flat_metrics, flat_verdicts, params_of, report_names
from personae.tracking.runs import DIFF, LOCK, PROVENANCE
from personae.tracking.store import Store

Value = TypeVar("Value")


@dataclass(frozen=True)
class StoredResult:
    """What is known of a result.

    Attributes
    ----------
    label
        Short name for columns.
    kind
        How it is stored: `run`, `experiment` or `revision`.
    study, commit
        It is of; None where a run was made outside of git.
    dirty
        Whether the code had changes that are not in the commit.
    params
        Settings, flat.
    lock
        Text of dvc.lock; empty for trials of a sweep.
    reports
        Contents of the JSON reports by name without ending.
    metrics
        Figures of a run without reports: a sweep's, or a trial's.
    diff
        What the commit lacks of the code; None where that was not stored.
    """

    label: str
    kind: str
    study: str
    commit: str | None
    dirty: bool
    params: Mapping[str, str]
    lock: str = ""
    reports: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    diff: bytes | None = None

    @property
    def whole(self) -> bool:
        """Whether this is a study's full result, not a sweep or trial."""
        return bool(self.lock)

    @cached_property
    def entries(self) -> dict[str, Any]:
        """The entries of the study's stages in dvc.lock."""
        return key.recorded_entries(self.study, self.lock)

    @cached_property
    def names(self) -> dict[str, str]:
        """Names that the figures of each report begin with."""
        return report_names(self.study, self.entries)

    @cached_property
    def figures(self) -> dict[str, Estimate]:
        """Figures with their intervals, named `<stage>.<key>` as in MLflow."""
        flat = {} if self.reports else dict(self.metrics)
        for report, content in self.reports.items():
            flat |= flat_metrics(content, self.names.get(report, report))
        return with_intervals(flat)

    @cached_property
    def verdicts(self) -> dict[str, str]:
        """Verdicts in a word, named after stage and place."""
        verdicts: dict[str, str] = {}
        for report, content in self.reports.items():
            verdicts |= flat_verdicts(content, self.names.get(report, report))
        return verdicts

    @property
    def data(self) -> dict[str, str]:
        """Path and md5 of the raw data."""
        return key.data(self.study, self.entries)

    @property
    def outputs(self) -> dict[str, str]:
        """Path and md5 of all that the stages wrote."""
        return {out["path"]: out["md5"] for entry in self.entries.values() for out in entry.get("outs", ())}

    @property
    def code(self) -> dict[str, str]:
        """Path and md5 of the code that the stages ran; what `compose` did shows in the settings."""
        entries = (entry for stage, entry in self.entries.items() if stage != "compose")
        deps = (dep for entry in entries for dep in entry.get("deps", ()))
        return {dep["path"]: dep["md5"] for dep in deps if dep["path"].startswith(("src/", "personae."))}


def side_by_side(named: Sequence[Mapping[str, Value]]) -> dict[str, tuple[Value | None, ...]]:
    """Line up values of several results by name; None where missing.

    Examples
    --------
    >>> side_by_side([{"k": 2, "seed": 0}, {"k": 3}])
    {'k': (2, 3), 'seed': (0, None)}
    """
    names = dict.fromkeys(name for each in named for name in each)
    return {name: tuple(each.get(name) for each in named) for name in names}


def read_all(names: Sequence[str], study: str | None = None) -> list[StoredResult]:
    """Read results of one study, by run, DVC experiment or revision.

    Parameters
    ----------
    names : sequence of str
        What the user calls them.
    study : str, optional
        Which study to look at in revisions that hold several.

    Raises
    ------
    PersonaeError
        If a name is none of the three, or the results are not of one study.
    """
    # What does not look like a run's id is not asked for.
    ids = [name for name in names if re.fullmatch(r"[0-9a-f]{32}", name)]
    runs = {name: run for name in ids if (run := from_run(name)) is not None}
    commits = {name: resolve(name) for name in names if name not in runs}
    chosen = study or _only_study(list(runs.values()), [commit for commit, _ in commits.values()])
    wrong = [result for result in runs.values() if result.study != chosen]
    if wrong:
        raise PersonaeError(f"run {wrong[0].label} is of study {wrong[0].study}; expected {chosen}")
    return [runs[name] if name in runs else from_revision(name, *commits[name], chosen) for name in names]


def runs(study: str) -> dict[str, str]:
    """Name the published runs of a study by their ids, latest first.

    Raises
    ------
    PersonaeError
        If MLflow's store does not answer.
    """
    return {run: f"{name}, {time:%Y-%m-%d %H:%M} UTC" for run, name, time in read.runs(Store.here(), study)}


def from_run(run_id: str) -> StoredResult | None:
    """Read a result from an MLflow run; None for an unknown id."""
    run = read.find(Store.here(), run_id)
    if run is None:
        return None
    tags, params, metrics, files = run
    kept = {Path(path).name: text for path, text in files.items() if path.startswith(f"{PROVENANCE}/")}
    reports = {Path(path).stem: text for path, text in files.items() if "/" not in path}
    settings = [text for name, text in kept.items() if name.endswith(".yaml")]
    return StoredResult(
        label=run_id[:8],
        kind="run",
        study=tags["study"],
        commit=tags.get("git.commit"),
        dirty=tags.get("git.dirty") == "true",
        params=params_of(settings) if settings else params,
        lock=kept.get(LOCK, b"").decode(),
        reports=_parsed(reports) if LOCK in kept else {},
        metrics=metrics,
        diff=kept.get(DIFF),
    )


def from_revision(name: str, commit: str, kind: str, study: str) -> StoredResult:
    """Read the result that a commit holds.

    Raises
    ------
    PersonaeError
        If the commit holds no result of the study.
    """
    folder = paths.report(study, "")
    files = [path for path in map(Path, _listed(commit, folder.as_posix())) if path.parent == folder]
    texts = {path.stem: _show(commit, path.as_posix()) for path in files if path.suffix == ".json"}
    settings = [_show(commit, path) for path in _listed(commit, "resolved") if _study_of(path) == study]
    lock = _show(commit, LOCK)
    if not texts or not lock or not settings:
        raise PersonaeError(f"{name}: the revision holds no result of {study} (dvc.lock, resolved, reports)")
    return StoredResult(
        label=name if len(name) <= 12 or kind == "experiment" else name[:12],
        kind=kind,
        study=study,
        commit=commit,
        dirty=False,
        params=params_of(settings),
        lock=lock,
        reports=_parsed(texts),
    )


def resolve(name: str) -> tuple[str, str]:
    """Give the commit of a revision or DVC experiment, and which it is.

    Raises
    ------
    PersonaeError
        If it is neither, or several experiments have this name.
    """
    commit = provenance.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if commit:
        return commit.decode().strip(), "revision"
    listed = provenance.git("for-each-ref", "--format=%(objectname) %(refname)", "refs/exps") or b""
    refs = [line.split(" ", 1) for line in listed.decode().splitlines()]
    matches = {commit for commit, ref in refs if ref.rsplit("/", 1)[1] == name and "/exec/" not in ref}
    if len(matches) > 1:
        raise PersonaeError(f"{name}: {len(matches)} DVC experiments have this name; give a revision instead")
    if not matches:
        raise PersonaeError(f"{name}: is no MLflow run id, DVC experiment or git revision")
    return matches.pop(), "experiment"


def _parsed(texts: Mapping[str, str | bytes]) -> dict[str, Any]:
    """Parse reports, without those that repeat what others say."""
    return {name: json.loads(text) for name, text in texts.items() if name not in DERIVED}


def _only_study(runs: Sequence[StoredResult], commits: Sequence[str]) -> str:
    """Give the one study that the results can be of."""
    matches = {result.study for result in runs}
    if not matches:
        matches = {_study_of(path) for commit in commits for path in _listed(commit, "resolved")}
    if not matches:
        raise PersonaeError("none of the revisions holds the result of a study")
    if len(matches) > 1:
        raise PersonaeError(f"several studies are possible: --study {' or '.join(sorted(matches))}")
    return matches.pop()


def _study_of(settings: str) -> str:
    """Name the study of a settings file: `resolved/<study>.yaml`, or `resolved/<study>/<stage>.yaml`."""
    return Path(settings).parts[1].removesuffix(".yaml")


def _listed(commit: str, folder: str) -> list[str]:
    return (provenance.git("ls-tree", "-r", "--name-only", commit, f"{folder}/") or b"").decode().splitlines()


def _show(commit: str, path: str) -> str:
    return (provenance.git("show", f"{commit}:{path}") or b"").decode()
