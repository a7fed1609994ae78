"""`personae new-study`: from files that nobody has seen to a study of a few lines, all or nothing."""

import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import write_text
from personae.onboarding.guess import TableGuess, TransactionsGuess, guess_table, guess_transactions
from personae.onboarding.kinds import Column
from personae.sources.files import TableFile, read_file
from personae.sources.transactions import half_of_the_weeks

GRAPH = Path("dvc.yaml")
NAME = r"[a-z][a-z0-9_]*"
ROLES = {
    "number": "numbers",
    "amount": "amounts",
    "two-valued": "flags",
    "category": "categories",
    "code": "codes",
    "date": "dates",
}
MODELS = "override /classifier: [logistic, gradient_boosting]"
LEFT_OUT = ("constant", "text", "identifier")
STRUCTURAL_SHARE = 0.5
FEW_ROWS = 50
# What YAML 1.1 reads as no text.
YAML_WORDS = ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf")
Ask = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the files before they are read; what is None is guessed, and asked about."""

    target: str | None = None
    event: str | None = None
    identifier: str | None = None
    after: str | None = None
    source: str | None = None


def write_study(
    name: str, files: Sequence[Path], known: Known = Known(), ask: Ask | None = None
) -> tuple[Path, list[str]]:
    """Read files, guess what they hold, ask what matters, and write a study of them.

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

    Returns
    -------
    The file of the study's settings, and what was guessed, a line each.

    Raises
    ------
    PersonaeError
        If the name is taken or no name, a file is no table, or an answer names what is not there; then
        nothing is written.
    """
    _check_name(name)
    if not files:
        raise PersonaeError("new-study: no file; name one at least")
    twice = [path.name for path in files if [each.name for each in files].count(path.name) > 1]
    if twice:
        raise PersonaeError(f"new-study: two files are called {twice[0]}")
    tables = [read_file(path) for path in files]
    shown: list[str] = []
    settings = _describe(name, tables, known, ask or (lambda _, default: default), shown)
    with _all_or_nothing(name):
        _copy(name, files)
        write_text(paths.CONF / "study" / f"{name}.yaml", settings)
        _edit(paths.PARAMS, lambda content: content.__setitem__(name, CommentedMap()))
        write_text(GRAPH, _add_to_graph(GRAPH.read_text(encoding="utf-8"), name, settings))
        _check(name)
    return paths.CONF / "study" / f"{name}.yaml", shown


def _describe(name: str, tables: Sequence[TableFile], known: Known, ask: Ask, shown: list[str]) -> str:
    first = tables[0]
    transactions = None if known.source == "table" else guess_transactions(first)
    if known.source == "transactions" and transactions is None:
        raise PersonaeError(
            f"{first.path}: no columns of customer, item and time are found; name them in the study's file"
        )
    if transactions is not None:
        return _transactions_file(name, tables, transactions, shown)
    if 1 < first.table.height < FEW_ROWS:
        shown.append(f"{first.table.height} rows tell little of what the columns are: look at every line")
    if known.target is not None and known.target not in first.table.columns:
        raise PersonaeError(
            f"{first.path}: column {known.target} is missing; it has {', '.join(first.table.columns)}"
        )
    guess = guess_table(first, target=known.target, event=known.event)
    return _table_file(name, tables, guess, _settled(guess, first, known, ask, shown))


def _settled(guess: TableGuess, file: TableFile, known: Known, ask: Ask, shown: list[str]) -> dict[str, Any]:
    """Ask at most five questions: the answer, its event, columns known later, sentinels, codes."""
    names = file.table.columns
    target = known.target or _one_of(
        ask("Which column is the answer to predict? (none: there is none)", guess.target or "none"), names
    )
    event, after = known.event, _columns(known.after or "none", names)
    if target is not None and target != guess.target:
        guess = guess_table(file, target=target, event=event)
    if target is not None and event is None and guess.event is not None:
        event = ask(f"Which answer of {target} is the event?", guess.event)
    if target is not None and known.after is None and guess.after:
        for column, reason in guess.after:
            shown.append(f"{column}: left out of the models, may be known only after the answer ({reason})")
        names_after = ", ".join(column for column, _ in guess.after)
        answer = ask(
            f"Known only after the answer, so left out: {names_after}? (none: keep them)", names_after
        )
        after = _columns(answer, names)
    sentinels = {column.name: list(column.sentinels) for column in guess.columns if column.sentinels}
    if sentinels:
        told = "; ".join(f"{column} {', '.join(values)}" for column, values in sentinels.items())
        if ask(f"Do these mean 'no value': {told}? (yes or no)", "yes").lower().startswith("n"):
            sentinels = {}
    codes = [column.name for column in guess.columns if column.kind == "code"]
    if codes:
        answer = ask(
            f"Digits that name something, no amounts: {', '.join(codes)}? (none: all are numbers)",
            ", ".join(codes),
        )
        codes = _columns(answer, names)
    for each in guess.columns:
        shown += [f"{each.name}: {doubt}" for doubt in each.doubts]
        if each.kind in LEFT_OUT and each.name != (known.identifier or guess.identifier):
            shown.append(f"{each.name}: {each.kind}, left out")
    return {
        "target": target,
        "event": event,
        "after": after,
        "sentinels": sentinels,
        "codes": codes,
        "identifier": known.identifier or guess.identifier,
        "columns": guess.columns,
        "decimal": guess.decimal,
    }


def _table_file(name: str, tables: Sequence[TableFile], guess: TableGuess, said: Mapping[str, Any]) -> str:
    rows = sum(file.table.height for file in tables)
    file = tables[0]
    prepare: dict[str, Any] = {"files": [each.path.name for each in tables]}
    if file.delimiter not in (None, ","):
        prepare["delimiter"] = file.delimiter
    if said["decimal"] != ".":
        prepare["decimal"] = said["decimal"]
    if said["sentinels"]:
        prepare["missing"] = said["sentinels"]
    dates = {column.name: column.pattern for column in said["columns"] if column.pattern}
    if dates:
        prepare["dates"] = dates
    roles = _roles(said)
    classify = said["target"] is not None
    groups = [
        "override /effort: quick",
        *(["override /classifier: [logistic, gradient_boosting]"] * classify),
    ]
    lines = [
        "# @package _global_",
        f"# {rows:,} rows x {file.table.width} columns of {file.path.name}, read by `personae new-study`.",
        f"defaults: [{', '.join(groups)}]",
        f"study: {name}",
        "source: table",
        f"prepare: {_flow(prepare)}",
    ]
    if classify:
        lines.append(f"target: {_flow(said['target'])}")
    lines.append("roles:")
    why = dict(guess.after)
    for role, names in roles.items():
        comment = ""
        if role == "after":
            comment = "  # " + "; ".join(why.get(each, "as you said") for each in names)
        if role == "event":
            comment = "  # the answer that the models predict"
        lines.append(f"  {role}: {_flow(names)}{comment}")
    left = [
        column for column in said["columns"] if column.kind in LEFT_OUT and column.name != said["identifier"]
    ]
    if left:
        lines.append("# left out: " + ", ".join(f"{column.name} ({column.kind})" for column in left[:20]))
    return "\n".join(lines) + "\n"


def _roles(said: Mapping[str, Any]) -> dict[str, Any]:
    roles: dict[str, Any] = {}
    if said["identifier"] is not None:
        roles["id"] = said["identifier"]
    if said["event"] is not None:
        roles["event"] = said["event"]
    taken = {said["target"], said["identifier"]}
    for column in said["columns"]:
        if column.name in taken or column.kind in LEFT_OUT:
            continue
        kind = column.kind
        if kind == "code" and column.name not in said["codes"]:
            kind = "number"
        elif column.name in said["codes"]:
            kind = "code"
        roles.setdefault(ROLES[kind], []).append(column.name)
    if said["after"]:
        roles["after"] = said["after"]
    gaps = [
        column.name
        for column in said["columns"]
        if column.kind in ("number", "amount") and _share_missing(column, said) > STRUCTURAL_SHARE
    ]
    if gaps:
        roles["structural"] = gaps
    return roles


def _share_missing(column: Column, said: Mapping[str, Any]) -> float:
    return column.missing + (column.sentinel_share if column.name in said["sentinels"] else 0.0)


def _transactions_file(
    name: str, tables: Sequence[TableFile], guess: TransactionsGuess, shown: list[str]
) -> str:
    rows = sum(file.table.height for file in tables)
    prepare: dict[str, Any] = {"files": [each.path.name for each in tables], "columns": guess.columns}
    if tables[0].delimiter not in (None, ","):
        prepare["delimiter"] = tables[0].delimiter
    if guess.decimal != ".":
        prepare["decimal"] = guess.decimal
    if guess.cancelled is not None:
        prepare["cancelled"] = guess.cancelled
        shown.append(f"baskets that match {guess.cancelled!r} are taken as cancelled")
    shown += [f"{column}: taken as {role}" for role, column in guess.columns.items()]
    early_weeks = half_of_the_weeks([each.table[guess.columns["time"]] for each in tables])
    if early_weeks is not None:
        prepare["early_weeks"] = early_weeks
        shown.append(f"customers are described by weeks 1 to {early_weeks}; who buys later bought again")
    lines = [
        "# @package _global_",
        f"# {rows:,} lines of {tables[0].path.name}, read by `personae new-study`.",
        f"defaults: [override /effort: quick, {MODELS}]",
        f"study: {name}",
        "source: transactions",
        f"prepare: {_flow(prepare)}",
        "target: again  # 1: bought in a later week",
        "roles:",
        "  numbers: [recency, tenure, active_days, days_between, weekend_share]",
        "  amounts: [frequency, spend, basket_value, items_per_basket, distinct_items]",
        "  structural: [days_between]  # of one shopping day",
        "promote: {level: item}",
    ]
    return "\n".join(lines) + "\n"


def _check_name(name: str) -> None:
    if not re.fullmatch(NAME, name) or name in YAML_WORDS:
        raise PersonaeError(
            f"new-study: {name!r} is no name for a study; expected lower-case letters, digits and underscores"
        )
    for path in (paths.PARAMS, GRAPH):
        if not path.exists():
            raise PersonaeError(f"{path}: no such file; run it in the project's folder")
    taken = [paths.CONF / "study" / f"{name}.yaml", paths.raw(name), paths.RAW / f"{name}.dvc"]
    present = [path for path in taken if path.exists()]
    if present:
        raise PersonaeError(f"{present[0]}: is there already; choose another name, or remove it first")
    if name in (_yaml().load(paths.PARAMS.read_text(encoding="utf-8")) or {}):
        raise PersonaeError(f"{paths.PARAMS}: has a section {name} already; choose another name")


@contextmanager
def _all_or_nothing(name: str) -> Iterator[None]:
    """Put everything back as it was where something fails."""
    kept = {path: path.read_bytes() for path in (paths.PARAMS, GRAPH)}
    ignored = paths.RAW / ".gitignore"
    if ignored.exists():
        kept[ignored] = ignored.read_bytes()
    try:
        yield
    except BaseException:
        shutil.rmtree(paths.raw(name), ignore_errors=True)
        (paths.RAW / f"{name}.dvc").unlink(missing_ok=True)
        (paths.CONF / "study" / f"{name}.yaml").unlink(missing_ok=True)
        if ignored not in kept:
            ignored.unlink(missing_ok=True)
        for path, content in kept.items():
            path.write_bytes(content)
        raise


def _copy(name: str, files: Sequence[Path]) -> None:
    """Copy the files below data/ and track them with a pointer of their own, never pushed anywhere."""
    target = paths.raw(name)
    target.mkdir(parents=True)
    for path in files:
        shutil.copyfile(path, target / path.name)
    add = ["dvc", "add", "--quiet", str(target)]
    try:
        done = subprocess.run(add, capture_output=True, text=True, check=False)
    except OSError:
        raise PersonaeError(
            f"dvc add {target}: dvc is not found; run new-study in the project's environment"
        ) from None
    if done.returncode:
        reason = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise PersonaeError(f"dvc add {target}: {reason[-1]}")
    _edit(paths.RAW / f"{name}.dvc", lambda content: content["outs"][0].__setitem__("push", False))


def _add_to_graph(graph: str, name: str, settings: str) -> str:
    """Name the study in the lists of the stages that it has; every other line stays as it is written."""
    chosen = YAML(typ="safe").load(settings)
    stages = ["classify"] if chosen.get("target") else []
    if {"cost", "revenue"} & set(chosen.get("roles") or ()):
        stages.append("target")
    if chosen["source"] == "transactions":
        stages.append("promote")
    merged = ", ".join(f"*{each}" for each in [*stages, "always"])
    variables = next(each for each in _yaml().load(graph)["vars"] if "studies" in each)
    studies = variables["studies"]
    after = max(studies.lc.key(each)[0] for each in studies)
    lines = graph.splitlines(keepends=True)
    for stage in stages:
        number, _ = variables.lc.key(stage)
        entry = f"{name}: *customers" if isinstance(variables[stage], CommentedMap) else name
        lines[number] = re.sub(r"([}\]])\s*$", rf", {entry}\1\n", lines[number])
    indent = " " * studies.lc.col
    lines.insert(after + 1, f"{indent}{name}: {{source: sources/{chosen['source']}.py, <<: [{merged}]}}\n")
    changed = "".join(lines)
    listed = next(each for each in YAML(typ="safe").load(changed)["vars"] if "studies" in each)
    absent = [each for each in ["studies", *stages] if name not in listed[each]]
    if absent:
        raise PersonaeError(f"{GRAPH}: its list {absent[0]} is not on one line; add {name} by hand")
    return changed


def _check(name: str) -> None:
    """Compose the study once: what does not fit is found now, not by the first run."""
    from personae.config.compose import compose  # noqa: PLC0415 - Hydra costs half a second

    compose(name, paths.CONF, paths.PARAMS)


def _edit(path: Path, change: Callable[[Any], object]) -> None:
    yaml = _yaml()
    content = yaml.load(path.read_text(encoding="utf-8"))
    change(content)
    out = io.StringIO()
    yaml.dump(content, out)
    write_text(path, out.getvalue())


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width, yaml.preserve_quotes = 100_000, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _flow(value: Any) -> str:
    """Write a value on one line, as YAML 1.1 (Hydra), YAML 1.2 (DVC) and OmegaConf read it again.

    Examples
    --------
    >>> print(_flow({"files": ["a.csv"], "event": "yes", "a: b": 1}))
    {files: [a.csv], event: "yes", "a: b": 1}
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_word(str(key))}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, str):
        return _word(value.replace("${", r"\${"))
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return json.dumps(value)


def _word(text: str) -> str:
    plain = re.fullmatch(r"[A-Za-z_][\w ./-]*\w|[A-Za-z_]", text, re.ASCII) and text.lower() not in YAML_WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)


def _one_of(answer: str, names: Sequence[str]) -> str | None:
    answer = answer.strip()
    if answer in ("", "none"):
        return None
    if answer not in names:
        raise PersonaeError(f"new-study: no column is called {answer!r}; there are {', '.join(names)}")
    return answer


def _columns(answer: str, names: Sequence[str]) -> list[str]:
    """Read names of columns, separated by commas; a name with a comma in it stands alone."""
    if answer in names:
        return [answer]
    named = (_one_of(each, names) for each in answer.split(","))
    return [each for each in named if each is not None]
