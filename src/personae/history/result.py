"""A finished result of earlier, whatever it is called: MLflow run, DVC experiment or git revision."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.noise import Figure, with_noise
from personae.tracking import key, provenance
from personae.tracking import read as published
from personae.tracking.contents import flat_metrics, flat_params, flat_verdicts
from personae.tracking.store import Store


@dataclass(frozen=True)
class Past:
    """What is known of a result.

    Attributes
    ----------
    label
        Short name for columns.
    kind
        What it was found as: `run`, `experiment` or `revision`.
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

    @property
    def whole(self) -> bool:
        """Whether this is a study's result, with all settings; not a sweep or one of its trials."""
        return bool(self.lock)

    @cached_property
    def entries(self) -> dict[str, Any]:
        """What dvc.lock says of the study's stages."""
        return key.recorded_entries(self.study, self.lock)

    @cached_property
    def figures(self) -> dict[str, Figure]:
        """Figures with their noise, named `<stage>.<key>` as in MLflow."""
        if not self.reports:
            return with_noise(self.metrics)
        return figures_of(self.reports, prefixes(self.study, self.entries))

    @cached_property
    def verdicts(self) -> dict[str, str]:
        """Verdicts in a word, named after stage and place."""
        names = prefixes(self.study, self.entries)
        return {
            name: word
            for report, content in self.reports.items()
            for name, word in flat_verdicts(content, names.get(report, report)).items()
        }

    def outputs(self) -> dict[str, str]:
        """Give path and md5 of all that the stages wrote."""
        return {out["path"]: out["md5"] for entry in self.entries.values() for out in entry.get("outs", ())}

    def code(self) -> dict[str, str]:
        """Give path and md5 of the code that the stages ran."""
        deps = (dep for entry in self.entries.values() for dep in entry.get("deps", ()))
        return {dep["path"]: dep["md5"] for dep in deps if dep["path"].startswith(("src/", "conf/"))}


def figures_of(reports: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Figure]:
    """Give the figures of reports, named after their stages."""
    flat: dict[str, float] = {}
    for report, content in reports.items():
        flat |= flat_metrics(content, names.get(report, report))
    return with_noise(flat)


def prefixes(study: str, entries: Mapping[str, Any]) -> dict[str, str]:
    """Name each report's figures after its stage; where a stage wrote two, after the file."""
    folder = paths.report(study, "")
    names: dict[str, str] = {}
    for stage, entry in entries.items():
        written = [Path(out["path"]) for out in entry.get("outs", ())]
        own = [path.stem for path in written if path.parent == folder and path.suffix == ".json"]
        names |= {stem: stage if len(own) == 1 else stem for stem in own}
    return names


def from_run(run: published.StoredRun) -> Past:
    """Turn a run of MLflow into a past result."""
    settings = [text for name, text in run.provenance.items() if name.endswith(".yaml")]
    return Past(
        label=run.run_id[:8],
        kind="run",
        study=run.study,
        commit=run.tags.get("git.commit"),
        dirty=run.tags.get("git.dirty") == "true",
        params=_params(settings) if settings else run.params,
        lock=run.provenance.get(published.LOCK, b"").decode(),
        reports=run.reports,
        metrics=run.metrics,
    )


def from_revision(name: str, commit: str, study: str, kind: str = "revision") -> Past:
    """Read the result that a commit holds.

    Raises
    ------
    PersonaeError
        If the commit holds no result of the study.
    """
    folder = paths.report(study, "").as_posix()
    listed = (provenance.git("ls-tree", "--name-only", commit, f"{folder}/") or b"").decode().splitlines()
    texts = {Path(path).stem: _show(commit, path) for path in listed if path.endswith(".json")}
    lock = _show(commit, "dvc.lock")
    settings = [_show(commit, path) for own, path in _settings_files(commit) if own == study]
    if not texts or not lock or not settings:
        raise PersonaeError(f"{name}: the revision holds no result of {study} (dvc.lock, resolved, reports)")
    return Past(
        label=name if len(name) <= 12 or kind == "experiment" else name[:12],
        kind=kind,
        study=study,
        commit=commit,
        dirty=False,
        params=_params(settings),
        lock=lock,
        reports={stem: json.loads(text) for stem, text in texts.items()},
    )


def read_all(names: Sequence[str], study: str | None = None) -> list[Past]:
    """Find results by MLflow run id, DVC experiment or git revision, all of one study.

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
    runs = {name: from_run(run) for name in names if (run := _run(name)) is not None}
    commits = {name: resolve(name) for name in names if name not in runs}
    chosen = study or _study(list(runs.values()), [commit for commit, _ in commits.values()])
    wrong = [past for past in runs.values() if past.study != chosen]
    if wrong:
        raise PersonaeError(f"run {wrong[0].label} is of study {wrong[0].study}; expected {chosen}")
    return [
        runs[name] if name in runs else from_revision(name, commits[name][0], chosen, commits[name][1])
        for name in names
    ]


def resolve(name: str) -> tuple[str, str]:
    """Give the commit of a git revision or DVC experiment, and which of the two it is.

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
    found = {commit for commit, ref in refs if ref.rsplit("/", 1)[1] == name and "/exec/" not in ref}
    if len(found) > 1:
        raise PersonaeError(f"{name}: {len(found)} DVC experiments have this name; give a revision instead")
    if not found:
        raise PersonaeError(f"{name}: is no MLflow run id, DVC experiment or git revision")
    return found.pop(), "experiment"


def _run(name: str) -> published.StoredRun | None:
    """Find a run; what does not look like a run's id is not asked for."""
    return published.find(Store.here(), name) if re.fullmatch(r"[0-9a-f]{32}", name) else None


def _study(runs: Sequence[Past], commits: Iterable[str]) -> str:
    """Tell which study is meant, if only one can be."""
    found = {past.study for past in runs}
    for commit in () if found else commits:
        found |= {own for own, _ in _settings_files(commit)}
    if len(found) == 1:
        return found.pop()
    if not found:
        raise PersonaeError("none of the revisions holds the result of a study")
    raise PersonaeError(f"several studies are possible: --study {' or '.join(sorted(found))}")


def _params(settings: Iterable[str | bytes]) -> dict[str, str]:
    """Flatten settings that stand in one file or in one a stage."""
    return flat_params({key: value for text in settings for key, value in yaml.safe_load(text).items()})


def _settings_files(commit: str) -> list[tuple[str, str]]:
    """List study and path of the settings that a commit holds: one file a study, later one a stage."""
    listed = provenance.git("ls-tree", "-r", "--name-only", commit, "resolved/") or b""
    return [(Path(path).parts[1].removesuffix(".yaml"), path) for path in listed.decode().splitlines()]


def _show(commit: str, path: str) -> str:
    return (provenance.git("show", f"{commit}:{path}") or b"").decode()
