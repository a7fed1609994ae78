"""`personae new-study`: from unknown files to a short study, all or nothing."""

import filecmp
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import write_text
from personae.onboarding.edit import edit, round_trip, track
from personae.onboarding.query import described, remember, take
from personae.onboarding.study_file import Ask, Known, describe
from personae.onboarding.yaml_line import YAML_WORDS
from personae.sources.files import read_file
from personae.sources.settings import Query
from personae.sources.sql import Snapshot

GRAPH = Path("dvc.yaml")
UNSEEN = "# Reports name what the rows hold: delete these lines to commit them.\n/*\n!/.gitignore\n"
NAME = r"[a-z][a-z0-9_]*"


def write_study(
    name: str,
    files: Sequence[Path],
    known: Known | None = None,
    ask: Ask | None = None,
    *,
    sql: Query | None = None,
    taken: Snapshot | None = None,
) -> tuple[Path, list[str]]:
    """Read files, guess what they hold, ask what matters, and write a study of them.

    A study that is there whole, with the same files and settings, stays as it is.

    Parameters
    ----------
    name
        Of the study: lower-case letters, digits and underscores.
    files
        Parts of one table; they are copied to `data/<name>/`.
    known
        What need not be guessed.
    ask
        Given a question and the default, gives the answer; None takes every default.
    sql, taken
        Query whose rows the file holds, and how they were taken.

    Returns
    -------
    The file of the study's settings, and what was guessed, a line each.

    Raises
    ------
    PersonaeError
        If the name is taken by another study or no name, a file is no table, or an answer names what is not
        there; then nothing is written.
    """
    undone = _undo_killed(name)
    _check_name(name)
    if not files:
        raise PersonaeError("new-study: no file; name one at least")
    twice = [path.name for path in files if [each.name for each in files].count(path.name) > 1]
    if twice:
        raise PersonaeError(f"new-study: two files are called {twice[0]}")
    stands, path = _stands(name, files), paths.CONF / "study" / f"{name}.yaml"
    tables = [read_file(each) for each in files]
    shown: list[str] = []
    settings = describe(name, tables, known or Known(), ask or (lambda _, default: default), shown, sql=sql)
    if stands and path.read_text(encoding="utf-8") != settings:
        raise _taken(name)
    if stands:
        return path, [f"{name} is there already, of the same files and settings: nothing was changed"]
    with _all_or_nothing(name):
        _copy(name, files)
        if taken is not None:
            remember(name, taken)
        write_text(path, settings)
        _enter(name, settings)
    return path, [*undone, *shown]


def write_study_of_query(
    name: str,
    url: str,
    query: str,
    known: Known | None = None,
    ask: Ask | None = None,
    *,
    variable: str | None = None,
) -> tuple[Path, list[str]]:
    """Take the rows of a query and write a study of them, as `write_study` does of files.

    Parameters
    ----------
    variable
        Of the environment, with the password; by default `<NAME>_PASSWORD`. The address may hold it, too:
        it is used once and written nowhere.
    """
    undone = _undo_killed(name)
    _check_name(name)
    if _present(name) and not (paths.raw(name) / f"{name}.parquet").exists():
        raise _taken(name)
    sql = described(name, url, query, variable)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.parquet"
        taken = take(sql, file, url)
        path, shown = write_study(name, [file], known, ask, sql=sql, taken=taken)
    return path, [*undone, *(f"{column}: {say}" for column, say in taken.converted.items()), *shown]


def _check_name(name: str) -> None:
    if not re.fullmatch(NAME, name) or name in YAML_WORDS:
        raise PersonaeError(
            f"new-study: {name!r} is no name for a study; expected lower-case letters, digits and underscores"
        )
    for path in (paths.PARAMS, GRAPH):
        if not path.exists():
            raise PersonaeError(f"{path}: no such file; run it in the project's folder")


def _places(name: str) -> list[Path]:
    pointer, report = paths.RAW / f"{name}.dvc", paths.report(name, "")
    return [paths.CONF / "study" / f"{name}.yaml", paths.raw(name), pointer, report]


def _present(name: str) -> list[str]:
    """Name what is there of a study."""
    present = [str(path) for path in _places(name) if path.exists()]
    if name in (round_trip().load(paths.PARAMS.read_text(encoding="utf-8")) or {}):
        present.append(f"section {name} of {paths.PARAMS}")
    if present and re.search(rf"\b{name}\b", GRAPH.read_text(encoding="utf-8")):
        present.append(f"{name} in the lists of {GRAPH}")
    return present


def _stands(name: str, files: Sequence[Path]) -> bool:
    """Whether the study is there whole, with these files byte for byte and no other; raise if in part."""
    present = _present(name)
    if not present:
        return False
    kept, whole = paths.raw(name), len(present) == len(_places(name)) + 2
    if not whole or {path.name for path in kept.iterdir()} != {path.name for path in files}:
        raise _taken(name)
    if not all(path.is_file() and filecmp.cmp(path, kept / path.name, shallow=False) for path in files):
        raise _taken(name)
    return True


def _taken(name: str) -> PersonaeError:
    present = _present(name)
    return PersonaeError(
        f"{present[0]} is there already; choose another name, or remove the study: {', '.join(present)}"
    )


@contextmanager
def _all_or_nothing(name: str) -> Iterator[None]:
    """Put everything back as it was where something fails; a killed call is undone by the next one."""
    shared = [path for path in (paths.PARAMS, GRAPH, paths.RAW / ".gitignore") if path.exists()]
    kept = _kept(name)
    for path in shared:
        write_text(kept / "made" / path, path.read_text(encoding="utf-8"))
    (kept / "made").rename(kept / "whole")  # from here on, what is kept is put back
    try:
        yield
    except BaseException:
        _undo_killed(name)
        raise
    (kept / "whole").rename(kept / "made")
    shutil.rmtree(kept)


def _kept(name: str) -> Path:
    return paths.RAW / f".{name}.new.partial"


def _undo_killed(name: str) -> list[str]:
    """Take back what a call that did not end has written; say so."""
    kept = _kept(name) / "whole"
    if not kept.exists():
        shutil.rmtree(_kept(name), ignore_errors=True)
        return []
    for path in (paths.raw(name), paths.report(name, "")):
        shutil.rmtree(path, ignore_errors=True)
    for path in (paths.RAW / f"{name}.dvc", paths.CONF / "study" / f"{name}.yaml", paths.RAW / ".gitignore"):
        path.unlink(missing_ok=True)
    for copy in (path for path in kept.rglob("*") if path.is_file()):
        write_text(copy.relative_to(kept), copy.read_text(encoding="utf-8"))
    kept.rename(kept.with_name("made"))
    shutil.rmtree(_kept(name))
    return [f"an earlier new-study {name} did not end: what it had written was taken back"]


def _copy(name: str, files: Sequence[Path]) -> None:
    """Copy the files below data/ and track them with a pointer of their own, never pushed anywhere."""
    target = paths.raw(name)
    target.mkdir(parents=True)
    for path in files:
        shutil.copyfile(path, target / path.name)
    track(target)


def _add_to_graph(graph: str, name: str, settings: str) -> str:
    """Name the study in the lists of the stages that it has; every other line stays as it is written."""
    chosen = YAML(typ="safe").load(settings)
    stages = ["classify"] if chosen.get("target") else []
    if {"cost", "revenue"} & set(chosen.get("roles") or ()):
        stages.append("target")
    if chosen["source"] == "transactions":
        stages.append("promote")
    merged = ", ".join(f"*{each}" for each in [*stages, "always"])
    variables = next(each for each in round_trip().load(graph)["vars"] if "studies" in each)
    studies = variables["studies"]
    lines = graph.splitlines(keepends=True)
    for stage in stages:
        number, _ = variables.lc.key(stage)
        entry = f"{name}: *customers" if isinstance(variables[stage], CommentedMap) else name
        comma = ", " if variables[stage] else ""
        lines[number] = re.sub(r"([}\]])\s*$", rf"{comma}{entry}\1\n", lines[number])
    number, column = variables.lc.key("studies")
    if not studies:
        lines[number] = lines[number].replace(" {}", "")
    after = max([number, *(studies.lc.key(each)[0] for each in studies)])
    indent = " " * (column + 2)
    lines.insert(after + 1, f"{indent}{name}: {{source: sources/{chosen['source']}.py, <<: [{merged}]}}\n")
    changed = "".join(lines)
    listed = next(each for each in YAML(typ="safe").load(changed)["vars"] if "studies" in each)
    absent = [each for each in ["studies", *stages] if name not in listed[each]]
    if absent:
        raise PersonaeError(f"{GRAPH}: its list {absent[0]} is not on one line; add {name} by hand")
    return changed


def _enter(name: str, settings: str) -> None:
    """Enter the study into settings and graph, its reports into none of git's commits."""
    write_text(paths.report(name, ".gitignore"), UNSEEN)
    edit(paths.PARAMS, lambda content: content.__setitem__(name, CommentedMap()))
    write_text(GRAPH, _add_to_graph(GRAPH.read_text(encoding="utf-8"), name, settings))
    _check(name)


def _check(name: str) -> None:
    """Compose the study once: what does not fit is found now, not by the first run."""
    from personae.config.compose import compose  # noqa: PLC0415 - Hydra costs half a second

    compose(name, paths.CONF, paths.PARAMS)
