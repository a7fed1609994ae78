"""`personae adopt`: write a sweep's winner into params.yaml."""

import difflib
import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import write_text
from personae.sweep.candidates import SearchSpace, StageConfig, has, put
from personae.sweep.search import IDENTITY, WINNER, attributes
from personae.tracking.store import Store


def adopt(name: str, *, url: str | None = None) -> str:
    """Write a sweep's winner into params.yaml and return the diff.

    Raises
    ------
    PersonaeError
        If there is no such sweep, it has not ended, or the study would not be composed as the winner was;
        then nothing is written.
    """
    known = attributes(url or paths.sqlite_url(Store.here().root / "optuna.db"), name)
    winner, identity = known.get(WINNER), known.get(IDENTITY)
    if winner is None or identity is None:
        raise PersonaeError(f"{name}: the sweep has not ended; the same `personae sweep` goes on with it")
    config = StageConfig(identity["study"], identity["stage"], paths.CONF, paths.PARAMS)
    before = paths.PARAMS.read_text(encoding="utf-8")
    after = adopted(config, before, winner["choices"], winner["values"])
    wanted = SearchSpace(config, identity["space"]).candidate(winner["choices"], winner["values"])
    write_text(paths.PARAMS, after)
    try:
        got = config.composed()[config.stage]
        if got != wanted.settings.model_dump(mode="json"):
            raise PersonaeError(f"{name}: {paths.PARAMS} would not compose to what won; it is left as it was")
    except PersonaeError:
        write_text(paths.PARAMS, before)
        raise
    return "".join(
        difflib.unified_diff(
            before.splitlines(keepends=True),
            after.splitlines(keepends=True),
            str(paths.PARAMS),
            str(paths.PARAMS),
        )
    )


def adopted(config: StageConfig, text: str, choices: Mapping[str, str], values: Mapping[str, Any]) -> str:
    """Give params.yaml with the choices and values not yet in force."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    content = yaml.load(text)
    plain = _dumped(yaml, content)
    if content.get(config.study) is None:
        content[config.study] = {}
    section = content[config.study]
    composed = config.composed()
    for group, choice in choices.items():
        trial = config.section()
        config.choose(trial, {group: choice})
        if config.composed(trial) != composed:
            config.choose(section, {group: choice})
    chosen = config.composed(_plain(section))
    for key, value in values.items():
        path = key.split(".")
        if not has(chosen, path) or _at(chosen, path) != value:
            put(section, path, value)
    return _merged(text, plain, _dumped(yaml, content))


def _dumped(yaml: YAML, content: Any) -> str:
    out = io.StringIO()
    yaml.dump(content, out)
    return out.getvalue()


def _merged(text: str, plain: str, edited: str) -> str:
    """Merge edits, keeping every other line byte for byte."""
    written, old, new = (each.splitlines(keepends=True) for each in (text, plain, edited))
    if len(written) != len(old):
        return edited
    lines: list[str] = []
    for kind, start, stop, first, last in difflib.SequenceMatcher(None, old, new, False).get_opcodes():
        lines += written[start:stop] if kind == "equal" else new[first:last]
    return "".join(lines)


def _at(tree: Any, path: list[str]) -> Any:
    for part in path:
        tree = tree[part]
    return tree


def _plain(tree: Any) -> Any:
    if isinstance(tree, Mapping):
        return {str(key): _plain(value) for key, value in tree.items()}
    return [_plain(value) for value in tree] if isinstance(tree, list) else tree
