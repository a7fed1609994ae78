"""Read a stage's settings from the composed file: only the keys that the stage names."""

import json
from typing import TypeVar

import yaml

from personae import paths
from personae.errors import PersonaeError
from personae.schema.base import Frozen

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
