"""What all settings have in common, and how a stage reads its own from the composed file."""

import json
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict

from personae.core import paths
from personae.core.errors import PersonaeError


class Frozen(BaseModel):
    """Settings that cannot change once built: strict types, no unknown keys."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


Keys = TypeVar("Keys", bound=Frozen)


def load(study: str, keys: type[Keys]) -> Keys:
    """Read from `resolved/<study>.yaml` the keys that `keys` has as fields, and no others.

    Parameters
    ----------
    study
        Name of the study.
    keys
        Class whose fields are the top-level keys that `dvc.yaml` declares for the stage.

    Raises
    ------
    PersonaeError
        If the study has no composed settings or a value does not fit.
    """
    path = paths.resolved(study)
    try:
        composed = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except FileNotFoundError:
        raise PersonaeError(f"{path}: no such file; `dvc repro compose@{study}` makes it") from None
    try:
        declared = {name: composed[name] for name in keys.model_fields if name in composed}
        return keys.model_validate_json(json.dumps(declared))
    except ValueError as error:
        raise PersonaeError(f"{path}: does not fit the code, compose it again: {error}") from None
