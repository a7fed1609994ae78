"""Results as values: what a run will say, decided and tested without MLflow."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from personae.core import paths
from personae.core.files import read_json
from personae.core.settings import read
from personae.tracking.key import Finished

PARAM_LENGTH = 6000
LABELS = ("id", "a", "b", "variable", "check", "name")


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file and the folder of the run that it goes to."""

    path: Path
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A version of data: where it lies, its md5 in DVC's notation, what it was used for."""

    name: str
    path: str
    md5: str
    context: str


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted model's folder, and the tables that its stage read."""

    name: str
    directory: Path
    tables: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    """All that one run says.

    Attributes
    ----------
    params
        Settings, flat: `segment.k`.
    metrics
        Figures, flat: `<stage>.<key>`.
    tags
        Verdicts and provenance.
    artifacts, datasets, models
        Files, versions of data, fitted models.
    """

    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    artifacts: Sequence[Artifact] = ()
    datasets: Sequence[Dataset] = ()
    models: Sequence[Model] = ()


def collect(result: Finished) -> Results:
    """Read what the stages of a finished study wrote.

    Every report goes to the run as a file. Figures of the files that `dvc.yaml` declares as metrics become
    metrics named after their stage (or after the file, where a stage has two); each `verdict` becomes a tag.
    """
    study = result.study
    reports = paths.report(study, "")
    metrics: dict[str, float] = {}
    tags = {"study": study}
    artifacts, models = [], []
    prefixes = _prefixes(result)
    for output in result.outputs():
        path = Path(output.path)
        if path.is_relative_to(reports):
            artifacts += _files(path, reports)
        if output.path in prefixes:
            content = read_json(path)
            metrics |= flat_metrics(content, prefixes[output.path])
            tags |= flat_verdicts(content, f"verdict.{prefixes[output.path]}")
            if path.name == "prepare.json" and "data" in content:
                tags["data"] = content["data"]
        if path.parent == paths.model(study, "") and not (path / "skipped.json").exists():
            models.append(Model(path.name, path, _tables(result, output.stage)))
    settings = read(paths.resolved(study))
    artifacts += [Artifact(path, "provenance") for path in sorted(paths.resolved(study).iterdir())]
    datasets = _datasets(result)
    return Results(flat_params(settings), metrics, tags, artifacts, datasets, models)


def flat_metrics(content: Any, prefix: str) -> dict[str, float]:
    """Flatten the figures of a report.

    Nested objects give dotted names, lists of figures a position, lists of objects with an `id` that id.
    Other lists and matrices are tables and stay in their file; null, truth values and text are no figures.

    Examples
    --------
    >>> flat_metrics({"k": 2, "null": {"p_value": 0.01}, "sizes": [3, 4], "rule": "given"}, "segment")
    {'segment.k': 2.0, 'segment.null.p_value': 0.01, 'segment.sizes.0': 3.0, 'segment.sizes.1': 4.0}
    """
    if isinstance(content, bool):
        return {}
    if isinstance(content, int | float):
        return {_name(prefix): float(content)}
    return {
        name: figure
        for label, item in _items(content)
        if label is not None
        for name, figure in flat_metrics(item, f"{prefix}.{label}").items()
    }


def flat_verdicts(content: Any, prefix: str) -> dict[str, str]:
    """Find every `verdict` of a report, named by the way to it.

    Examples
    --------
    >>> flat_verdicts({"merge": [{"a": "KP281", "b": "KP481", "verdict": "keep"}]}, "verdict.compare")
    {'verdict.compare.merge.KP281.KP481': 'keep'}
    """
    found = {}
    if isinstance(content, dict) and isinstance(content.get("verdict"), str):
        found[_name(prefix)] = content["verdict"]
    for position, (label, item) in enumerate(_items(content, verdicts=True)):
        if isinstance(item, dict | list):
            found |= flat_verdicts(item, f"{prefix}.{position if label is None else label}")
    return found


def flat_params(settings: Any, prefix: str = "") -> dict[str, str]:
    """Flatten settings; lists are written as JSON.

    Examples
    --------
    >>> flat_params({"seed": 0, "segment": {"k": 4, "columns": ["age", "income"]}})
    {'seed': '0', 'segment.k': '4', 'segment.columns': '["age", "income"]'}
    """
    if isinstance(settings, dict) and settings:
        return {
            name: value
            for key, item in settings.items()
            for name, value in flat_params(item, f"{prefix}.{key}" if prefix else str(key)).items()
        }
    text = settings if isinstance(settings, str) else json.dumps(settings, default=str, ensure_ascii=False)
    return {_name(prefix): text[:PARAM_LENGTH]}


def _items(content: Any, *, verdicts: bool = False) -> Iterator[tuple[Any, Any]]:
    if isinstance(content, dict):
        yield from content.items()
    elif isinstance(content, list):
        for position, item in enumerate(content):
            if isinstance(item, dict):
                labels = [str(item[name]) for name in LABELS if name in item]
                yield (".".join(labels) or None) if verdicts else item.get("id"), item
            elif not isinstance(item, list):
                yield position, item


def _name(text: str) -> str:
    """Keep what MLflow allows in a name."""
    return re.sub(r"[^\w\-. :]", "_", text)[:250]


def _prefixes(result: Finished) -> dict[str, str]:
    """Name the figures of each metrics file after its stage, those of a second one after the file."""
    written = [output for output in result.outputs() if output.path in result.metrics]
    stages = [output.stage for output in written]
    return {
        output.path: output.stage if stages.count(output.stage) == 1 else Path(output.path).stem
        for output in written
    }


def _files(path: Path, root: Path) -> list[Artifact]:
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    return [Artifact(file, file.parent.relative_to(root).as_posix().removeprefix(".")) for file in files]


def _tables(result: Finished, stage: str) -> tuple[Path, ...]:
    """Tables that a stage read, those of a folder one by one."""
    deps = [Path(dep["path"]) for dep in result.entries[stage].get("deps", ())]
    files = [file for dep in deps for file in (sorted(dep.glob("*.parquet")) if dep.is_dir() else [dep])]
    return tuple(file for file in files if file.suffix == ".parquet")


def _datasets(result: Finished) -> list[Dataset]:
    raw = [Dataset(result.study, path, md5, "raw") for path, md5 in result.data().items()]
    customers = paths.table(result.study, "customers")
    return raw + [
        Dataset(f"{result.study} customers", output.path, output.md5, "customers")
        for output in result.outputs()
        if Path(output.path) == customers
    ]
