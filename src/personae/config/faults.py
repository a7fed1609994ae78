"""What does not fit in a study's settings: file, key, value and the nearest valid names."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError, create_model

from personae.config.dictionary import Dictionary
from personae.config.reading import nearest, read_yaml, section_of
from personae.config.study import Study

# First what explains most of what follows from it.
ORDER = ("extra_forbidden", "union_tag_invalid", "union_tag_not_found", "missing")


def problems(
    errors: Sequence[Any], composed: Mapping[str, Any], study: str, conf: Path, params: Path | None
) -> str:
    """Describe all that does not fit, a key once: unknown settings, missing ones, then invalid values."""
    ranked = sorted(
        errors, key=lambda each: ORDER.index(each["type"]) if each["type"] in ORDER else len(ORDER)
    )
    missing = [".".join(map(str, _path(each["loc"]))) for each in ranked if each["type"] == "missing"]
    told: dict[str, tuple[Path, str]] = {}
    for problem in ranked:
        if problem["type"] == "missing":
            names = list(dict.fromkeys(missing))
            text = f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} missing"
            told.setdefault("missing", (own_file(study, conf), text))
            continue
        name, where, text = _problem(problem, composed, study, conf, params)
        if not any(f"{name}.".startswith(f"{other}.") for other in told):
            told[name] = where, text
    files = dict.fromkeys(where for where, _ in told.values())
    return "; ".join(
        f"{file}: {'; '.join(text for where, text in told.values() if where == file)}" for file in files
    )


def _problem(
    problem: Mapping[str, Any], composed: Mapping[str, Any], study: str, conf: Path, params: Path | None
) -> tuple[str, Path, str]:
    """Give key, file and description of what does not fit."""
    if problem["type"].startswith("union_tag"):
        key = ".".join(map(str, [*_path(problem["loc"]), str(problem["ctx"]["discriminator"]).strip("'")]))
        tags = problem["ctx"].get("expected_tags")
        if tags is None:
            return key, own_file(study, conf), f"{key} is missing"
        tags = tags.replace("'", "").split(", ")
        where = _origin(key.split("."), study, conf, params)
        return key, where, f"{key} holds {problem['ctx']['tag']!r}{nearest(problem['ctx']['tag'], tags)}"
    keys = _keys_on_path(problem["loc"], composed)
    name = ".".join(str(key) for key in keys)
    where = _origin(keys, study, conf, params)
    if problem["type"] == "value_error":
        key = f"{name}: " if name else ""
        return name, where, f"{key}{problem['msg'].removeprefix('Value error, ')}"
    if problem["type"] == "extra_forbidden":
        valid = _fields(_of_source(composed, keys), keys[:-1])
        return (
            name,
            where,
            f"{name} is no setting (value {problem['input']!r}){nearest(str(keys[-1]), valid)}",
        )
    return name, where, f"{name} holds {problem['input']!r}; {_sentence(problem['msg'])}"


def beside_dictionary(composed: Mapping[str, Any]) -> list[Any]:
    """Find what does not fit in the sections, which a wrong dictionary leaves undecoded: unknown keys and
    wrong scalars.
    """
    tree = {name: value for name, value in composed.items() if name not in Dictionary.model_fields}
    if isinstance(tree.get("prepare"), dict) and composed.get("source"):
        tree["prepare"] = {"source": composed["source"], **tree["prepare"]}
    try:
        Study.model_validate_json(json.dumps(tree | {"study": ""}))
    except ValidationError as error:
        return [each for each in error.errors() if _is_wrong(each)]
    return []


def _is_wrong(problem: Mapping[str, Any]) -> bool:
    """Whether an unknown key or a scalar is wrong however the dictionary decodes its section."""
    kind, location = problem["type"], problem["loc"]
    if location[0] == "compare" or "also" in location:
        return False
    scalar = not isinstance(problem["input"], dict | list)
    return kind == "extra_forbidden" or (scalar and kind != "value_error" and not kind.startswith("union"))


def other_shape(study: str, conf: Path) -> str | None:
    """Name a key that holds a list where a group has keys and values, or the reverse, which do not merge."""
    own = own_file(study, conf)
    for path, package in _groups(conf):
        tree: Any = read_yaml(path)
        for key in reversed(package):
            tree = {key: tree}
        for keys, given, expected in _both(read_yaml(own), tree):
            if {type(given), type(expected)} == {list, dict}:
                name, shape = ".".join(keys), "keys and values" if isinstance(expected, dict) else "a list"
                return f"{own}: {name} holds {given!r}; expected {shape}, as in {path}"
    return None


def _both(first: Any, second: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Give keys that are in both trees, with the values of each."""
    for key in first.keys() & second.keys():
        yield (*above, key), first[key], second[key]
        if isinstance(first[key], dict) and isinstance(second[key], dict):
            yield from _both(first[key], second[key], (*above, key))


def _groups(conf: Path) -> Iterator[tuple[Path, list[str]]]:
    """Give the files of the groups, and the keys that each stands below."""
    for path in sorted(conf.glob("*/*.yaml")):
        package = path.read_text(encoding="utf-8").partition("@package ")[2].split("\n")[0].strip()
        yield path, [key for key in package.split(".") if key != "_global_"]


def _path(location: Sequence[int | str]) -> list[int | str]:
    """Drop pydantic's union tags from the location of an error."""
    keys: list[int | str] = []
    models: Sequence[type[BaseModel]] = (Study,)
    for part in location:
        named = [each.model_fields[part] for each in models if part in each.model_fields]
        tags = {
            tag for each in models for field in each.model_fields.values() for tag in _tags(field.annotation)
        }
        if not named and part in tags:
            continue
        keys.append(part)
        models = [inner for field in named for inner in _models(field.annotation)] or models
    return keys


def _tags(annotation: Any) -> Iterator[Any]:
    """Literal values that distinguish the models of a union."""
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)


def _of_source(composed: Mapping[str, Any], keys: Sequence[Any]) -> Sequence[type[BaseModel]]:
    """Models that a location may mean, given the source in use."""
    source = composed.get("source") or (composed.get("prepare") or {}).get("source")
    if len(keys) > 2 or keys[:1] != ["prepare"]:
        return (Study, Dictionary)
    own = [each for each in _models(Study.model_fields["prepare"].annotation) if source in _source(each)]
    return [create_model("Own", prepare=(own[0], ...))] if own else (Study, Dictionary)


def _source(model: type[BaseModel]) -> tuple[Any, ...]:
    return get_args(model.model_fields["source"].annotation) if "source" in model.model_fields else ()


def _sentence(message: str) -> str:
    return f"it {message.removeprefix('Input ')}" if message.startswith("Input ") else message


def _keys_on_path(location: Sequence[int | str], tree: Any) -> list[int | str]:
    """Keep the keys of a location that exist in the settings."""
    keys: list[int | str] = []
    for part in location:
        try:
            tree = tree[part]
        except (KeyError, IndexError, TypeError):
            continue
        keys.append(part)
    return keys


def _fields(models: Sequence[type[BaseModel]], keys: Sequence[Any]) -> list[str]:
    """Name the settings that may stand below `keys`."""
    for key in keys:
        fields = [each.model_fields[key] for each in models if key in each.model_fields]
        models = [inner for field in fields for inner in _models(field.annotation)] or models
    return sorted({field.alias or name for each in models for name, field in each.model_fields.items()})


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _origin(keys: Sequence[int | str], study: str, conf: Path, params: Path | None) -> Path:
    """Find the file that sets a key."""
    own = own_file(study, conf)
    if params is not None and _holds(section_of(study, params), keys):
        return params
    if _holds(read_yaml(own), keys):
        return own
    for path in sorted(conf.glob("*/*.yaml")):
        package = path.read_text(encoding="utf-8").partition("@package ")[2].split("\n")[0].split(".")
        depth = len(package)
        if list(keys[:depth]) == package and _holds(read_yaml(path), keys[depth:]):
            return path
    return conf / "config.yaml" if _holds(read_yaml(conf / "config.yaml"), keys) else own


def own_file(study: str, conf: Path) -> Path:
    """Name the file that describes a study."""
    return conf / "study" / f"{study}.yaml"


def _holds(tree: Any, keys: Sequence[int | str]) -> bool:
    return _keys_on_path(keys, tree) == list(keys)
