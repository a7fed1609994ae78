"""Candidates: a trial's choices composed to checked stage settings."""

import copy
import difflib
import itertools
import json
import tempfile
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from optuna.distributions import BaseDistribution
from pydantic import ValidationError

from personae.config.compose import compose
from personae.config.reading import section_of
from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.settings import Frozen
from personae.imputation.settings import Impute
from personae.response.settings import Classify
from personae.segmentation.settings import SegmentSettings
from personae.sweep.space import Suggest, corners, parse_space

SECTIONS: dict[str, type[Frozen]] = {"impute": Impute, "segment": SegmentSettings, "classify": Classify}
GROUPS = {"impute": ("imputer",), "segment": ("clusterer", "scaler"), "classify": ("classifier",)}
# What makes trials comparable stays out of their reach: the reference space, rows, folds, target, effort.
SWEPT = {
    "impute": ("impute.imputer.",),
    "segment": ("segment.k", "segment.clusterer.", "segment.scaler."),
    "classify": ("classify.models.", "classify.imputer.", "classify.scaler", "classify.segment_input"),
}
NAMES = ("segment.clusterer.name", "segment.scaler.name", "impute.imputer.method", "classify.imputer.method")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trial's group choices, values by key, and checked settings."""

    choices: Mapping[str, str]
    values: Mapping[str, Any]
    settings: Any

    @property
    def key(self) -> str:
        """Identity of the settings: equal ones give equal figures."""
        return json.dumps(self.settings.model_dump(), sort_keys=True)


@dataclass(frozen=True, slots=True)
class StageConfig:
    """A study's stage and the files its settings are composed from."""

    study: str
    stage: str
    conf: Path
    params: Path

    def section(self) -> dict[str, Any]:
        """Read the study's section of params.yaml."""
        return section_of(self.study, self.params)

    def composed(self, section: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Compose the study from params.yaml, or from another section."""
        if section is None:
            return compose(self.study, self.conf, self.params)
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "params.yaml"
            path.write_text(yaml.safe_dump({self.study: dict(section)}), encoding="utf-8")
            try:
                return compose(self.study, self.conf, path)
            except PersonaeError as error:
                raise PersonaeError(str(error).replace(str(path), "space")) from None

    def choose(self, section: MutableMapping[str, Any], choices: Mapping[str, str]) -> None:
        """Apply group choices to a section, dropping settings of other groups.

        A classifier is added to the models that are compared, not put in place of them.
        """
        for group, name in choices.items():
            path = paths.choice(self.conf, group, name)
            if not path.exists():
                known = paths.choices(self.conf, group)
                raise PersonaeError(f"space: {group} holds {name!r}; expected one of {', '.join(known)}")
            if group == "classifier":
                models = list(self.composed()["classify"]["models"])
                if name not in models:
                    section.setdefault("use", {})["classifier"] = [*models, name]
                continue
            section.setdefault("use", {})[group] = name
            text = path.read_text(encoding="utf-8")
            inner: Any = section
            for part in text.partition("@package ")[2].split()[0].split("."):
                inner = inner.get(part, {}) if isinstance(inner, Mapping) else {}
            for key in [each for each in inner if each not in yaml.safe_load(text)]:
                del inner[key]


class SearchSpace:
    """All settings that a sweep can try.

    Raises
    ------
    PersonaeError
        If a key does not exist, is not for a sweep to change, or may be something that does not fit.
    """

    def __init__(self, config: StageConfig, space: Sequence[str]) -> None:
        self.config = config
        dimensions = parse_space(space)
        self._groups = {key: among for key, among in dimensions.items() if "." not in key}
        self._keys = {key: among for key, among in dimensions.items() if "." in key}
        for group in self._groups:
            if group not in GROUPS[config.stage]:
                raise PersonaeError(
                    f"space: {group} is no group of stage {config.stage}; expected "
                    f"{' or '.join(GROUPS[config.stage])}"
                )
        self._composed: dict[tuple[Any, ...], dict[str, Any]] = {}
        for names in itertools.product(*map(corners, self._groups.values())):
            section = copy.deepcopy(config.section())
            config.choose(section, dict(zip(self._groups, names, strict=True)))
            self._composed[names] = config.composed(section)
            if self._composed[names].get(config.stage) is None:
                raise PersonaeError(
                    f"{config.study}: the study has no section {config.stage}, so nothing to sweep"
                )
        for key in self._keys:
            self._check_key(key)
        for names in self._composed:
            for key, among in self._keys.items():
                for corner in corners(among):
                    given = dict(zip(self._groups, names, strict=True)) | {key: corner}
                    self.draw(partial(_given, given))

    @property
    def study(self) -> dict[str, Any]:
        """The study's whole settings, with the first choice of every group."""
        return next(iter(self._composed.values()))

    @property
    def first(self) -> Candidate:
        """The candidate with the first of all choices."""
        return self.draw(partial(_given, {}))

    @property
    def models(self) -> tuple[str, ...]:
        """Response models that the space names; none means all."""
        classifiers = self._groups.get("classifier")
        groups = [str(name) for name in corners(classifiers)] if classifiers else []
        keys = [key.split(".")[2] for key in self._keys if key.startswith("classify.models.")]
        return tuple(dict.fromkeys(groups or keys))

    def draw(self, suggest: Suggest) -> Candidate:
        """Make a candidate of what `suggest` chooses."""
        return self.candidate(*self.choose(suggest))

    def choose(self, suggest: Suggest) -> tuple[dict[str, Any], dict[str, Any]]:
        """Suggest all group choices and the values of chosen groups."""
        choices = {group: suggest(group, among) for group, among in self._groups.items()}
        composed = self._composed[tuple(choices.values())]
        asked = {key: among for key, among in self._keys.items() if _active(key, composed, choices)}
        return choices, {key: suggest(key, among) for key, among in asked.items()}

    def candidate(self, choices: Mapping[str, Any], values: Mapping[str, Any]) -> Candidate:
        """Make and check the settings with these choices and values."""
        stage = self.config.stage
        composed = self._composed[tuple(choices[group] for group in self._groups)]
        section = copy.deepcopy(composed[stage])
        for key, value in values.items():
            put(section, key.split(".")[1:], value)
        try:
            settings = SECTIONS[stage].model_validate_json(json.dumps(section))
        except ValidationError as error:
            raise PersonaeError(_problem(stage, values, error)) from None
        return Candidate(dict(choices), dict(values), settings)

    def _check_key(self, key: str) -> None:
        stage, trees = self.config.stage, self._composed.values()
        exists = any(has(tree, key.split(".")) for tree in trees)
        if exists and _open(key, stage):
            return
        known = sorted({path for tree in trees for path in leaves(tree[stage], stage)})
        open_ = [path for path in known if _open(path, stage)]
        if exists:
            raise PersonaeError(
                f"space: {key} is fixed in a sweep, or trials could not be compared; it may change "
                f"{', '.join(open_)}"
            )
        close = difflib.get_close_matches(key, open_, n=3, cutoff=0.4) or open_
        raise PersonaeError(
            f"space: {key} is no setting of {self.config.study}; did you mean {' or '.join(close)}?"
        )


def put(tree: Any, path: Sequence[str], value: Any) -> None:
    """Set a nested value, with the mappings on the way to it."""
    for part in path[:-1]:
        tree = tree.setdefault(part, {})
    tree[path[-1]] = value


def has(tree: Any, path: Sequence[str]) -> bool:
    """Whether a path exists in nested settings.

    Examples
    --------
    >>> has({"segment": {"k": None}}, ["segment", "k"]), has({"segment": {}}, ["segment", "k"])
    (True, False)
    """
    for part in path:
        if not isinstance(tree, Mapping) or part not in tree:
            return False
        tree = tree[part]
    return True


def leaves(tree: Any, prefix: str) -> list[str]:
    """Name all settings below a prefix."""
    if not isinstance(tree, Mapping) or not tree:
        return [prefix]
    return [name for key, inner in tree.items() for name in leaves(inner, f"{prefix}.{key}")]


def _given(given: Mapping[str, Any], key: str, among: BaseDistribution) -> Any:
    return given.get(key, corners(among)[0])


def _open(key: str, stage: str) -> bool:
    if key in NAMES or (key.startswith("classify.models.") and key.endswith(".type")):
        return False
    return any(key == each or (each.endswith(".") and key.startswith(each)) for each in SWEPT[stage])


def _active(key: str, composed: Mapping[str, Any], choices: Mapping[str, Any]) -> bool:
    """Whether a key has an effect with these group choices."""
    if key == "segment.k" and composed["segment"]["clusterer"]["name"] == "hdbscan":
        return False
    chosen = choices.get("classifier")
    if chosen is not None and key.startswith("classify.models.") and key.split(".")[2] != chosen:
        return False
    return has(composed, key.split("."))


def _problem(stage: str, values: Mapping[str, Any], error: ValidationError) -> str:
    problem = error.errors()[0]
    parts = [stage, *(str(part) for part in problem["loc"])]
    named = [key for key in values if key.split(".")[0] == stage and key.split(".")[-1] == parts[-1]]
    hint = "; take int(interval(...))" if problem["type"] == "int_type" else ""
    return (
        f"space: {named[0] if named else '.'.join(parts)} may be {problem['input']!r}: {problem['msg']}{hint}"
    )
