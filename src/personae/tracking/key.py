"""Identity of a study's finished result, from `dvc.lock`."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.lock import read_lock

TRACK = "track"


@dataclass(frozen=True, slots=True)
class Finished:
    """A study's finished result as `dvc.lock` describes it.

    Attributes
    ----------
    study
        Name of the study.
    key
        SHA-256 over parameters, outputs and data: equal results have equal keys.
    entries
        What `dvc.lock` says of each stage, by the stage's name without the study.
    """

    study: str
    key: str
    entries: Mapping[str, Any]

    def outputs(self) -> Iterator[tuple[str, str, str]]:
        """Path, md5 and stage of all outputs, in graph order."""
        for stage, entry in self.entries.items():
            for out in entry.get("outs", ()):
                yield out["path"], out["md5"], stage

    def data(self) -> dict[str, str]:
        """Path and md5 of the raw data behind the result."""
        return data(self.study, self.entries)


def read(study: str) -> Finished:
    """Read the finished result of a study from the working directory.

    Raises
    ------
    PersonaeError
        If a stage has not run, or ran on something else than its producer's latest output, or a file
        is not the one that its stage wrote.
    """
    try:
        lock, graph = read_lock(), Path("dvc.yaml").read_text("utf-8")
    except FileNotFoundError as error:
        raise _unfinished(study, f"there is no {error.filename}") from None
    result = finished(study, lock, graph)
    check_settings(result)
    for path, written, stage in result.outputs():
        if not path.startswith("build/") and md5(Path(path)) != written:
            raise _unfinished(study, f"{path} is not what {stage}@{study} wrote")
    return result


def finished(study: str, lock: str, graph: str) -> Finished:
    r"""Parse a study's finished result from `dvc.lock` and `dvc.yaml`.

    Stages that `dvc.yaml` no longer has for the study are left out, and so is the tracking stage itself.

    Raises
    ------
    PersonaeError
        If a stage has no entry, or its input is not the producer's latest output.

    Examples
    --------
    >>> graph = "stages: {prepare: {foreach: [aerofit], do: {cmd: x}}}"
    >>> lock = "stages:\n  prepare@aerofit:\n    outs: [{path: build/aerofit, md5: 1f}]\n"
    >>> list(finished("aerofit", lock, graph).outputs())
    [('build/aerofit', '1f', 'prepare')]
    """
    recorded = recorded_entries(study, lock)
    named = stages(study, graph)
    missing = [stage for stage in named if stage not in recorded]
    if missing or not named:
        raise _unfinished(
            study, f"{missing[0]}@{study} has not run" if missing else "dvc.yaml has no stages for it"
        )
    entries = {stage: recorded[stage] for stage in named}
    _check_chain(study, entries)
    identity = {
        "study": study,
        "data": data(study, entries),
        "params": {stage: entry.get("params", {}) for stage, entry in entries.items()},
        "outs": {out["path"]: out["md5"] for entry in entries.values() for out in entry.get("outs", ())},
    }
    text = json.dumps(identity, sort_keys=True, default=str)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Finished(study, digest, entries)


def md5(path: Path) -> str | None:
    """Hash a file or folder as DVC does; None if absent."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        listing = [{"md5": _file_md5(file), "relpath": file.relative_to(path).as_posix()} for file in files]
        listing.sort(key=lambda entry: entry["relpath"])
        text = json.dumps(listing, sort_keys=True)
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() + ".dir"
    return _file_md5(path) if path.exists() else None


def recorded_entries(study: str, lock: str) -> dict[str, Any]:
    r"""Parse only the study's own part of `dvc.lock`, for speed.

    Examples
    --------
    >>> recorded_entries("aerofit", "stages:\n  prepare@aerofit:\n    cmd: x\n  prepare@fitbit: {}\n")
    {'prepare': {'cmd': 'x'}}
    """
    blocks = re.split(r"(?m)^(?=  \S)", lock)
    own = [block for block in blocks if re.match(rf"  [\w-]+@{re.escape(study)}:", block)]
    entries = yaml.load("".join(own), Loader=yaml.CSafeLoader) or {}
    return {name.partition("@")[0]: entry for name, entry in entries.items()}


def data(study: str, entries: Mapping[str, Any]) -> dict[str, str]:
    """Path and md5 of the raw data that stage entries name."""
    raw = str(paths.raw(study))
    deps = (dep for entry in entries.values() for dep in entry.get("deps", ()))
    return {dep["path"]: dep["md5"] for dep in deps if dep["path"] == raw}


def _file_md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def stages(study: str, graph: str) -> list[str]:
    """A study's stages in `dvc.yaml`, without track."""
    content = yaml.load(graph, Loader=yaml.CSafeLoader)
    variables = {
        name: value
        for given in content.get("vars", ())
        if isinstance(given, dict)
        for name, value in given.items()
    }
    named = []
    for name, stage in content["stages"].items():
        over = stage.get("foreach", ())
        if isinstance(over, str):
            over = variables.get(over.removeprefix("${").removesuffix("}"), (study,))
        if name != TRACK and study in over:
            named.append(name)
    return named


def _check_chain(study: str, entries: Mapping[str, Any]) -> None:
    written = {
        out["path"]: (out["md5"], stage) for stage, entry in entries.items() for out in entry.get("outs", ())
    }
    for consumer, entry in entries.items():
        for dep in entry.get("deps", ()):
            latest, producer = written.get(dep["path"], (dep["md5"], ""))
            if dep["md5"] != latest:
                reason = f"{consumer}@{study} has not seen the latest {dep['path']} of {producer}@{study}"
                raise _unfinished(study, reason)


def check_settings(result: Finished) -> None:
    """Compare the stages' recorded settings with those on disk.

    Raises
    ------
    PersonaeError
        If a stage ran with others.
    """
    folder = paths.resolved(result.study)
    for stage, entry in result.entries.items():
        for path, seen in ((Path(dep["path"]), dep["md5"]) for dep in entry.get("deps", ())):
            if folder in path.parents and md5(path) != seen:
                reason = f"{stage}@{result.study} has not seen the latest {path}"
                raise _unfinished(result.study, reason)


def _unfinished(study: str, reason: str) -> PersonaeError:
    return PersonaeError(f"{study}: not finished ({reason}): dvc repro {TRACK}@{study}")
