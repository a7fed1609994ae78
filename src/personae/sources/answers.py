"""Answers of a file: what customers did, learned from a column."""

from collections.abc import Mapping, Sequence
from functools import partial

import polars as pl

from personae.core.errors import PersonaeError
from personae.sources.contract import check_columns
from personae.sources.files import TableFile
from personae.sources.values import identifiers, without


def given_answers(file: TableFile, name: str, missing: Mapping[str, Sequence[str]]) -> pl.Series:
    """Answers as text, null where there is none; `missing` has the cells that say so, by column."""
    return identifiers(without(file.table[name], missing.get(name, ())))


def learn_answers(
    file: TableFile, name: str | None, event: str | None, missing: Mapping[str, Sequence[str]]
) -> list[str] | None:
    """Give the answers of a column, the event last.

    Raises
    ------
    PersonaeError
        If there are fewer than two, the event is none of them, or not given where it must be.
    """
    if name is None or name not in file.table.columns:
        return None
    given = sorted(given_answers(file, name, missing).drop_nulls().unique())
    if len(given) < 2:
        raise PersonaeError(
            f"{file.path}: column {name} holds {'one' if given else 'no'} answer; a target "
            "needs two answers at least"
        )
    if event is not None:
        if event not in given:
            raise PersonaeError(
                f"{file.path}: column {name} never holds the event {event!r}; it has {', '.join(given[:10])}"
            )
        return [*(answer for answer in given if answer != event), event]
    if len(given) == 2 and given != ["0", "1"]:
        raise PersonaeError(
            f"{file.path}: column {name} holds {given[0]!r} and {given[1]!r}; prepare.event says which "
            "one is the event"
        )
    return given


def check_names(
    file: TableFile,
    wanted: Sequence[str],
    target: str | None,
    event: str | None,
    missing: Mapping[str, Sequence[str]],
) -> None:
    """Raise for all columns, and the answers, that settings name and the file does not have, at once."""
    faults = []
    for check in (
        partial(check_columns, file.path, file.table, wanted),
        partial(learn_answers, file, target, event, missing),
    ):
        try:
            check()
        except PersonaeError as error:
            faults.append(str(error).removeprefix(f"{file.path}: "))
    if faults:
        raise PersonaeError(f"{file.path}: {'; '.join(faults)}")
