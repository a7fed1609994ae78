"""Contents of a run as plain values, testable without MLflow."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from personae.core import paths
from personae.core.files import read_json
from personae.core.markdown import escaped
from personae.tracking.key import Finished

PARAM_LENGTH = 6000
LABELS = ("id", "a", "b", "variable", "check", "name")
# Columns of the tables that MLflow shows of several runs beside each other.
PERSONA = ("id", "name", "share", "size", "response_rate", "action")
CANDIDATE = ("space", "k", "chosen", "silhouette", "min_jaccard", "ari_mean", "smallest_share")


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that one run logs.

    Attributes
    ----------
    params
        Settings, flat: `segment.k`.
    metrics
        Main figures, by plain name.
    tags
        What the main figures say in words, and provenance.
    artifacts
        Files, each with the folder of the run that it goes to.
    datasets
        Versions of data: name, path, md5 in DVC's notation, what it was used for.
    models
        Folder of the fitted models that together score a customer; None without stage `scorer`.
    tables
        Columns of the tables to compare between runs, by name.
    question
        That the study answers.
    columns
        What a table of runs shows, as MLflow names columns: main figures, and tags with their words.
    """

    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    artifacts: Sequence[tuple[Path, str]] = ()
    datasets: Sequence[tuple[str, str, str, str]] = ()
    models: Path | None = None
    tables: Mapping[str, Mapping[str, list[Any]]] = field(default_factory=dict)
    question: str = ""
    columns: Sequence[str] = ()


def _note(answer: Mapping[str, Any]) -> str:
    """Format an answer as the Markdown description of a run."""
    lines = [f"**{escaped(answer['question'])}**", *(["", answer["note"]] if answer.get("note") else [])]
    titles = {"found": "What we found", "trust": "Can I trust it", "action": "What to do"}
    for part, title in titles.items():
        lines += ["", f"### {title}", ""]
        for statement in answer[part]:
            chip = f"**{statement['chip']}**: " if "chip" in statement else ""
            lines.append(f"- {chip}{escaped(statement['text'])}")
    return "\n".join(lines)


def collect(result: Finished) -> Results:
    """Read what the stages of a finished study wrote.

    Every report goes to the run as a file. The main figures become metrics, what they say in words tags; all
    verdicts are one table, which several runs show beside each other.
    """
    study, outputs = result.study, list(result.outputs())
    reports, customers = paths.report(study, ""), paths.table(study, "customers")
    names = report_names(study, result.entries)
    metrics: dict[str, float] = {}
    tags = {"study": study}
    tables: dict[str, Mapping[str, list[Any]]] = {}
    verdicts: dict[str, str] = {}
    artifacts, question, columns = [], "", []
    for output, _, _ in outputs:
        path = Path(output)
        if path.is_relative_to(reports):
            artifacts += [(file, _folder(file, reports)) for file in _files(path)]
        if path == reports / "candidates.csv":
            tables["candidates"] = _columns(csv.DictReader(path.read_text("utf-8").splitlines()), CANDIDATE)
        if path.parent != reports or path.suffix != ".json":
            continue
        content = read_json(path)
        verdicts |= flat_verdicts(content, names[path.stem])
        if path.stem == "answer":
            question = content["question"]
            tags["mlflow.note.content"] = _note(content)
        elif path.stem == "personas" and isinstance(content, list):
            tables["personas"] = _columns(content, PERSONA)
        elif path.stem == "headline":
            metrics = {name: figure for name, figure in content.items() if not isinstance(figure, str)}
            tags |= {name: text for name, text in content.items() if isinstance(text, str)}
            columns = [f"{'metrics' if name in metrics else 'tags'}.`{name}`" for name in content]
        elif path.stem == "prepare" and "data" in content:
            tags["data"] = content["data"]
    if verdicts:
        tables["verdicts"] = {"of": list(verdicts), "verdict": list(verdicts.values())}
    settings = _files(paths.resolved(study))
    artifacts += [(file, "provenance") for file in settings]
    datasets = [(study, path, md5, "raw") for path, md5 in result.data().items()]
    datasets += [
        (f"{study} customers", path, md5, "customers") for path, md5, _ in outputs if Path(path) == customers
    ]
    folder = paths.model(study, "")
    models = folder if any(Path(path) == folder / "scorer" for path, _, _ in outputs) else None
    params = params_of(file.read_bytes() for file in settings)
    return Results(params, metrics, tags, artifacts, datasets, models, tables, question, columns)


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
    >>> flat_verdicts({"merge": [{"a": "KP281", "b": "KP481", "verdict": "keep"}]}, "compare")
    {'compare.merge.KP281.KP481': 'keep'}
    """
    verdicts = {}
    if isinstance(content, dict) and isinstance(content.get("verdict"), str):
        verdicts[_name(prefix)] = content["verdict"]
    for position, (label, item) in enumerate(_items(content, verdicts=True)):
        if isinstance(item, dict | list):
            verdicts |= flat_verdicts(item, f"{prefix}.{position if label is None else label}")
    return verdicts


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


def params_of(settings: Iterable[str | bytes]) -> dict[str, str]:
    """Flatten a study's settings, in one file or one a stage."""
    return flat_params({key: value for text in settings for key, value in _parsed(text).items()})


def report_names(study: str, entries: Mapping[str, Any]) -> dict[str, str]:
    """Name each report's figures after its stage, or its file."""
    folder = paths.report(study, "")
    names: dict[str, str] = {}
    for stage, entry in entries.items():
        written = [Path(out["path"]) for out in entry.get("outs", ())]
        own = [path.stem for path in written if path.parent == folder and path.suffix == ".json"]
        names |= {stem: stage if len(own) == 1 else stem for stem in own}
    return names


def _columns(rows: Iterable[Mapping[str, Any]], names: Sequence[str]) -> dict[str, list[Any]]:
    listed = list(rows)
    return {name: [row.get(name) for row in listed] for name in names}


def _parsed(text: str | bytes) -> dict[str, Any]:
    return yaml.load(text, Loader=yaml.CSafeLoader) or {}


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


def _files(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def _folder(file: Path, root: Path) -> str:
    return file.parent.relative_to(root).as_posix().removeprefix(".")
