"""What a new study's file says: files are read, guessed at, and asked about."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from personae.core.errors import PersonaeError
from personae.onboarding.guess import TableGuess, guess_table
from personae.onboarding.guess_transactions import guess_transactions
from personae.onboarding.kinds import REPEATING, Column
from personae.onboarding.transactions_file import MODELS, transactions_file
from personae.onboarding.unit_name import unit_line
from personae.onboarding.yaml_line import flow
from personae.sources.answers import learn_answers
from personae.sources.contract import check_columns
from personae.sources.files import TableFile, together
from personae.sources.settings import Query
from personae.sources.units import check_identifiers
from personae.sources.values import identifiers

ROLES = {
    "number": "numbers",
    "amount": "amounts",
    "two-valued": "flags",
    "category": "categories",
    "code": "codes",
    "date": "dates",
}
LEFT_OUT = ("constant", "text", "identifier")
STRUCTURAL_SHARE = 0.5
FEW_ROWS = 50
NONE = "none"
Ask = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the files beforehand; None is guessed and asked about, "none" says there is none."""

    target: str | None = None
    event: str | None = None
    identifier: str | None = None
    after: str | None = None
    source: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)  # of transactions, by what they hold


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
    if known.source not in (None, "table", "transactions"):
        raise PersonaeError(f"new-study: --source holds {known.source!r}; expected table or transactions")
    lines = _transactions(tables[0], known)
    if lines is not None:
        return transactions_file(name, tables, lines, shown, _files(tables, sql))
    file = together(tables)
    if 1 < file.table.height < FEW_ROWS:
        shown.append(f"{file.table.height} rows tell little of what the columns are: look at every line")
    target = None if known.target == NONE else known.target
    check_columns(file.path, file.table, [each for each in (target, known.identifier) if each])
    if known.identifier is not None:
        check_identifiers(file, known.identifier)
    guess = guess_table(file, target=target, event=known.event, identifier=known.identifier)
    said = _settled(guess, file, known, ask, shown)
    if said["target"] is None and known.event is not None:
        raise PersonaeError(
            f"{file.path}: no column of answers is found for event {known.event!r}; --target names it"
        )
    learn_answers(file, said["target"], said["event"], said["sentinels"])
    _check_described(file, said)
    return _table_file(name, file, guess, said, _files(tables, sql))


def _transactions(file: TableFile, known: Known) -> dict[str, Any] | None:
    """Guess at transactions unless it is said that a row is a customer."""
    sure = known.source == "transactions" or bool(known.columns)
    of_tables = {
        "--target": known.target,
        "--event": known.event,
        "--after": known.after,
    }
    used = [option for option, value in of_tables.items() if value not in (None, NONE)]
    if sure and (used or known.source == "table"):
        raise PersonaeError(
            f"new-study: {(used or ['--source table'])[0]} is for a row a customer; of transactions, the "
            "answer is who buys again"
        )
    if known.source == "table" or used:
        return None
    named = dict(known.columns) | ({"id": known.identifier} if known.identifier else {})
    return guess_transactions(file, named, sure=sure)


def _check_described(file: TableFile, said: Mapping[str, Any]) -> None:
    """Raise where no column is left that says anything about customers."""
    others = [each for each in said["columns"] if each.name not in (said["target"], said["identifier"])]
    if all(each.kind in LEFT_OUT for each in others):
        constant = any(each.kind == "constant" for each in others)
        raise PersonaeError(
            f"{file.path}: all columns{' but the answer' if said['target'] else ''} are text or identifiers"
            f"{' or constant' if constant else ''}; nothing to describe customers by"
        )


def _files(tables: Sequence[TableFile], sql: Query | None) -> dict[str, Any]:
    files: dict[str, Any] = {"files": [each.path.name for each in tables]}
    return files if sql is None else files | {"sql": sql.model_dump(exclude_none=True)}


def _settled(guess: TableGuess, file: TableFile, known: Known, ask: Ask, shown: list[str]) -> dict[str, Any]:
    """Ask at most five questions: the answer, its event, columns known later, sentinels, codes."""
    names = file.table.columns
    target = _one_of(
        known.target
        or ask(f"Which column is the answer to predict? ({NONE}: there is none)", guess.target or NONE),
        names,
    )
    event, after = known.event, _columns(known.after or NONE, names)
    if target is not None and target != guess.target:
        guess = guess_table(file, target=target, event=event, identifier=known.identifier)
    if target is not None and event is None and guess.event is not None:
        event = ask(f"Which answer of {target} is the event?", guess.event)
    if target is not None and known.after is None and guess.after:
        after = _asked_after(guess, names, ask, shown)
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
    shown += [line for each in guess.columns for line in _told(each, guess, file)]
    return {
        "target": target,
        "event": event,
        "after": after,
        "sentinels": sentinels,
        "codes": codes,
        "identifier": guess.identifier,
        "unit": guess.unit,
        "columns": guess.columns,
        "decimal": guess.decimal,
    }


def _asked_after(guess: TableGuess, names: Sequence[str], ask: Ask, shown: list[str]) -> list[str]:
    """Ask which columns are known only after the answer; by default those that tell too much for certain."""
    sure = [column for column, _ in guess.after if column not in guess.unsure]
    named = ", ".join(column for column, _ in guess.after)
    answer = ask(
        f"Known only after the answer, so left out: {named}? (none: keep them)", ", ".join(sure) or NONE
    )
    after = _columns(answer, names)
    for column, reason in guess.after:
        say = "left out of the models, may be known only after the answer"
        if column not in after:
            say = f"kept, though it tells much; --after {column!r} leaves it out if it is known only later"
        shown.append(f"{column}: {say} ({reason})")
    return after


def _told(column: Column, guess: TableGuess, file: TableFile) -> list[str]:
    """Say what is doubtful of a column, and what is not used of it."""
    name = column.name
    lines = [f"{name}: {doubt}" for doubt in column.doubts]
    if name == guess.unit and column.levels >= REPEATING * file.table.height:
        cells = identifiers(file.table[name])
        first = cells.filter(cells.is_duplicated())[0]
        numbered = "; rows are numbered" if guess.identifier is None else ""
        lines.append(
            f"{name} repeats {first}: no identifier{numbered}, and those of one {name} stay together"
        )
    elif name == guess.unit:
        lines.append(f"{name}: names whose rows they are, so these stay together (roles.unit)")
    elif column.kind in LEFT_OUT and name != guess.identifier:
        lines.append(f"{name}: {_why_left(column)}, left out")
    return lines


def _why_left(column: Column) -> str:
    return "empty" if column.levels == 0 else column.kind


def _table_file(
    name: str,
    file: TableFile,
    guess: TableGuess,
    said: Mapping[str, Any],
    prepare: dict[str, Any],
) -> str:
    rows = file.table.height
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
        *([MODELS] * classify),
    ]
    lines = [
        "# @package _global_",
        f"# {rows:,} rows x {file.table.width} columns of {file.path.name}, read by `personae new-study`.",
        f"defaults: [{', '.join(groups)}]",
        f"study: {name}",
        "source: table",
        f"prepare: {flow(prepare)}",
        *unit_line(said["identifier"], otherwise="rows"),
    ]
    if classify:
        lines.append(f"target: {flow(said['target'])}")
    lines.append("roles:")
    why = dict(guess.after)
    for role, names in roles.items():
        comment = ""
        if role == "after":
            comment = "  # " + "; ".join(why.get(each, "as you said") for each in names)
        if role == "event":
            comment = "  # the answer that the models predict"
        lines.append(f"  {role}: {flow(names)}{comment}")
    left = [
        column
        for column in said["columns"]
        if column.kind in LEFT_OUT and column.name not in (said["identifier"], said["unit"])
    ]
    if left:
        lines.append(
            "# left out: " + ", ".join(f"{column.name} ({_why_left(column)})" for column in left[:20])
        )
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
        if kind == "two-valued" and column.sentinels and column.name not in said["sentinels"]:
            kind = "category"
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


def _one_of(answer: str, names: Sequence[str]) -> str | None:
    answer = answer.strip()
    if answer in ("", NONE):
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
