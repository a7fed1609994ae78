"""What a new study's file says: files are read, guessed at, and asked about."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from personae.core.errors import PersonaeError
from personae.onboarding.guess import TableGuess, TransactionsGuess, guess_table, guess_transactions
from personae.onboarding.kinds import Column
from personae.sources.files import TableFile
from personae.sources.settings import Query
from personae.sources.transactions import half_of_the_weeks

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


def describe(
    name: str,
    tables: Sequence[TableFile],
    known: Known,
    ask: Ask,
    shown: list[str],
    *,
    sql: Query | None = None,
) -> str:
    """Write the text of a study's file; what was guessed goes to `shown`, a line each."""
    first = tables[0]
    transactions = None if known.source == "table" else guess_transactions(first)
    if known.source == "transactions" and transactions is None:
        raise PersonaeError(
            f"{first.path}: no columns of customer, item and time are found; name them in the study's file"
        )
    if transactions is not None:
        return _transactions_file(name, tables, transactions, shown, _files(tables, sql))
    if 1 < first.table.height < FEW_ROWS:
        shown.append(f"{first.table.height} rows tell little of what the columns are: look at every line")
    if known.target is not None and known.target not in first.table.columns:
        raise PersonaeError(
            f"{first.path}: column {known.target} is missing; it has {', '.join(first.table.columns)}"
        )
    guess = guess_table(first, target=known.target, event=known.event)
    said = _settled(guess, first, known, ask, shown)
    return _table_file(name, tables, guess, said, _files(tables, sql))


def _files(tables: Sequence[TableFile], sql: Query | None) -> dict[str, Any]:
    files: dict[str, Any] = {"files": [each.path.name for each in tables]}
    return files if sql is None else files | {"sql": sql.model_dump(exclude_none=True)}


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
        if each.name == guess.unit != known.identifier:
            shown.append(f"{each.name}: names whose rows they are, so these stay together (roles.unit)")
        elif each.kind in LEFT_OUT and each.name != (known.identifier or guess.identifier):
            shown.append(f"{each.name}: {each.kind}, left out")
    return {
        "target": target,
        "event": event,
        "after": after,
        "sentinels": sentinels,
        "codes": codes,
        "identifier": known.identifier or guess.identifier,
        "unit": None if guess.unit == known.identifier else guess.unit,
        "columns": guess.columns,
        "decimal": guess.decimal,
    }


def _table_file(
    name: str,
    tables: Sequence[TableFile],
    guess: TableGuess,
    said: Mapping[str, Any],
    prepare: dict[str, Any],
) -> str:
    rows = sum(file.table.height for file in tables)
    file = tables[0]
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
        column
        for column in said["columns"]
        if column.kind in LEFT_OUT and column.name not in (said["identifier"], said["unit"])
    ]
    if left:
        lines.append("# left out: " + ", ".join(f"{column.name} ({column.kind})" for column in left[:20]))
    return "\n".join(lines) + "\n"


def _roles(said: Mapping[str, Any]) -> dict[str, Any]:
    roles: dict[str, Any] = {}
    if said["identifier"] is not None:
        roles["id"] = said["identifier"]
    if said["unit"] is not None:
        roles["unit"] = said["unit"]
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
    name: str,
    tables: Sequence[TableFile],
    guess: TransactionsGuess,
    shown: list[str],
    prepare: dict[str, Any],
) -> str:
    rows = sum(file.table.height for file in tables)
    prepare["columns"] = guess.columns
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
