"""Base class of all settings, and reading a stage's composed settings."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from personae.core.errors import PersonaeError


def _some(workers: int) -> int:
    if workers == 0:
        raise ValueError("0 processes do nothing; -1 takes all cores")
    return workers


class Frozen(BaseModel):
    """Settings that cannot change once built: strict types, no unknown keys."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


# What NumPy, scikit-learn and XGBoost take alike.
Seed = Annotated[int, Field(ge=0, lt=2**32)]
# Processes; -1 takes all cores.
Workers = Annotated[int, Field(ge=-1), AfterValidator(_some)]
Section = TypeVar("Section", bound=Frozen)


def load(path: Path, kind: type[Section], section: str | None = None) -> Section:
    """Read and validate a section of a stage's settings.

    Raises
    ------
    PersonaeError
        If there is no such file or the section does not fit.
    """
    try:
        return TypeAdapter(kind).validate_json(json.dumps(read(path)[section or path.stem]))
    except (KeyError, ValueError, AttributeError, yaml.YAMLError) as error:
        raise PersonaeError(f"{path}: does not fit the code, compose it again: {error}") from None


def load_seed(path: Path) -> int:
    """Read the seed of a stage from its settings."""
    return int(read(path)["seed"])


def load_effort(path: Path) -> str:
    """Read the word for how much is computed: quick, standard or thorough."""
    return str(read(path)["effort"])


def read(path: Path) -> dict[str, Any]:
    """Read the plain values of a settings file or folder.

    Raises
    ------
    PersonaeError
        If there is no such file.
    """
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    try:
        texts = [file.read_text(encoding="utf-8") for file in files]
    except FileNotFoundError:
        study = path.parent.name if path.suffix else path.name
        raise PersonaeError(f"{path}: no such file; `dvc repro compose@{study}` makes it") from None
    return {key: value for text in texts for key, value in yaml.load(text, yaml.CSafeLoader).items()}


def fits(effects: Mapping[str, float], when: Mapping[str, float]) -> bool:
    """Whether effects meet the conditions of an offer.

    Examples
    --------
    >>> fits({"income": 0.6, "age": -0.1}, {"income": 0.5}), fits({"age": -0.1}, {"age": -0.5})
    (True, False)
    """
    return all(
        effects[name] >= bound if bound > 0 else effects[name] <= bound for name, bound in when.items()
    )
