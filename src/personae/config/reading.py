"""YAML files as people and DVC write them."""

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from personae.core.errors import PersonaeError

MOST_NAMED = 5


def read_yaml(path: Path) -> dict[str, Any]:
    """Read keys and values as YAML 1.2, as DVC does.

    `no` is a word, `1e-05` a number and `0600` six hundred.

    Raises
    ------
    PersonaeError
        If there is no such file, it is not YAML, a key is there twice, or is no word.
    """
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PersonaeError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise PersonaeError(f"{path}: cannot be read ({error})") from None
    except YAMLError as error:
        raise PersonaeError(f"{path}: {_reason(error)}") from None
    if content is not None and not isinstance(content, dict):
        raise PersonaeError(f"{path}: holds {content!r}; expected keys and values")
    for keys in _keys(content):
        if not isinstance(keys[-1], str):
            name = ".".join(map(str, keys))
            raise PersonaeError(f"{path}: {name} is no setting; quote the key to make it a word")
    return content or {}


def section_of(study: str, params: Path | None) -> dict[str, Any]:
    """Read a study's section of params.yaml."""
    if params is None:
        return {}
    sections = read_yaml(params)
    if study not in sections:
        raise PersonaeError(f"{params}: no section {study}; a study needs one, {{}} at least")
    section = sections[study] or {}
    if not isinstance(section, dict) or not isinstance(section.get("use", {}), dict):
        raise PersonaeError(f"{params}: {study} holds {section!r}; expected keys and values, also below use")
    return section


def nearest(name: str, valid: Sequence[str]) -> str:
    """End an error about a wrong name: at most three valid ones that look like it, or else the first few."""
    if close := difflib.get_close_matches(name, valid, n=3, cutoff=0.4):
        return f"; did you mean {' or '.join(close)}?"
    more = f" and {len(valid) - MOST_NAMED} more" if len(valid) > MOST_NAMED else ""
    return f"; valid are {', '.join(valid[:MOST_NAMED])}{more}"


def _reason(error: YAMLError) -> str:
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return f"not YAML: {error}"
    line = error.problem_mark.line + 1
    if isinstance(error, DuplicateKeyError):
        key = str(error.problem).split('"')[1]
        first = f", first below line {error.context_mark.line + 1}" if error.context_mark else ""
        return f"the key {key} is there twice, again in line {line}{first}; keep one"
    return f"not YAML: {error.problem} in line {line}"


def _keys(tree: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give every key with those above it."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in inner:
        if isinstance(tree, dict):
            yield (*above, key)
        yield from _keys(value, (*above, key))
