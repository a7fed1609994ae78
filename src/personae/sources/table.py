"""Source table: one row a customer, with preparation learned once."""

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from pydantic import Field

from personae.core.errors import PersonaeError
from personae.core.settings import Frozen
from personae.core.tables import Prepared
from personae.sources.answers import check_names, given_answers, learn_answers
from personae.sources.contract import check_columns
from personae.sources.dates import dates, time_pattern
from personae.sources.files import TableFile, read_files, together
from personae.sources.settings import RESERVED, TablePrepare, column_name
from personae.sources.units import check_identifiers, number_units
from personae.sources.values import (
    LARGEST_WHOLE,
    Decimal,
    answers,
    check_values,
    decimal_mark,
    identifiers,
    labels,
    numbers,
    without,
)

MISSING, OTHER = "(missing)", "(other)"
# A number so many times as large as any that was learned from is no customer's.
TIMES_LARGER = 1000


class Preparation(Frozen):
    """Learned preparation of columns, enough to prepare a single row.

    Attributes
    ----------
    settings
        Roles and rules.
    decimal
        Mark of the numbers.
    patterns
        Of the dates, by column.
    newest
        Day that dates are counted back from, by column: the newest of the file.
    levels
        Levels of the categories, by column; another one counts as other, where any was pooled.
    flags
        Both values of a two-valued column, the one that counts as 1 last.
    answers
        The answers, the event last, against which all others are one; without event, of more than two each
        is one. None without target.
    largest
        Number, without its sign, above which a new row's is a slip, by column: 1,000 times the largest.
    """

    settings: TablePrepare
    decimal: Decimal
    patterns: dict[str, str] = Field(default_factory=dict)
    newest: dict[str, str] = Field(default_factory=dict)
    levels: dict[str, list[str]] = Field(default_factory=dict)
    pooled: list[str] = Field(default_factory=list)
    flags: dict[str, list[str]] = Field(default_factory=dict)
    answers: list[str] | None = None
    largest: dict[str, float] = Field(default_factory=dict)

    @property
    def identifier(self) -> str | None:
        """Column that identifies a customer."""
        return self.settings.id

    @property
    def answer(self) -> str | None:
        """Column with the answers, which new rows need not have."""
        return self.settings.target

    @property
    def as_of(self) -> datetime.date | None:
        """Newest day of all dates, None without any."""
        return max(map(datetime.date.fromisoformat, self.newest.values()), default=None)

    @property
    def columns(self) -> list[str]:
        """Columns that new rows must have."""
        return [*filter(None, (self.settings.id, self.settings.unit)), *self.settings.kinds]

    @property
    def numeric(self) -> list[str]:
        """Columns of numbers."""
        kinds = self.settings.kinds.items()
        return [
            name for name, kind in kinds if kind == "number" or (kind == "any" and name not in self.levels)
        ]

    def raw(self, directory: Path) -> list[Path]:
        """Files of a folder that hold customers."""
        return [directory / name for name in self.settings.files]

    def apply(self, file: TableFile, as_of: datetime.date | None = None) -> pl.DataFrame:
        """Prepare a file's rows with the learned preparation; answers may be absent.

        Parameters
        ----------
        file
            Rows as text or in the file's own types.
        as_of
            Day that customers are described on, if not the training file's newest: each date is counted
            back from its own newest, so many days later.

        Raises
        ------
        PersonaeError
            If a column is missing or a value does not fit, with file, line, column and value.
        """
        settings = self.settings
        wanted = [*settings.kinds, *filter(None, (settings.id, settings.unit))]
        check_columns(file.path, file.table, wanted)
        table = file.table
        customer = (
            identifiers(table[settings.id])
            if settings.id
            else pl.Series([str(number) for number in range(1, table.height + 1)])
        )
        columns = [
            customer.alias("customer"),
            *(self._column(file, name, kind, as_of) for name, kind in settings.kinds.items()),
        ]
        if settings.target and settings.target in table.columns:
            columns.append(self._answers(file, settings.target))
        return pl.DataFrame(columns)

    def _column(self, file: TableFile, name: str, kind: str, as_of: datetime.date | None) -> pl.Series:
        cells, missing = file.table[name], self.settings.missing.get(name, ())
        own = column_name(name)
        if name in self.flags:
            return self._flag(file, name).alias(own)
        if name in self.numeric:
            largest = self.largest.get(name, LARGEST_WHOLE)
            parsed = numbers(cells, self.decimal, missing)
            return check_values(file, name, parsed, "a number", largest).alias(own)
        if kind == "date":
            days = check_values(file, name, dates(cells, self.patterns.get(name), missing), "a date")
            later = as_of - self.as_of if as_of and self.as_of else datetime.timedelta()
            newest = datetime.date.fromisoformat(self.newest[name]) + later
            _refuse(
                file, name, days.cast(pl.Date) > newest, f"a day up to {newest}, the day described (as_of)"
            )
            return (newest - days.cast(pl.Date)).dt.total_days().alias(own)
        text = without(cells, missing)
        known = self.levels[name]
        if name in self.pooled:
            text = text.set((~text.is_in(known)).fill_null(value=False), OTHER)
        return (text.fill_null(MISSING) if MISSING in known else text).alias(own)

    def _flag(self, file: TableFile, name: str) -> pl.Series:
        text = without(file.table[name], self.settings.missing.get(name, ()))
        _refuse(file, name, ~text.is_in(self.flags[name]), " or ".join(self.flags[name]))
        return (text == self.flags[name][-1]).cast(pl.Int64)

    def _answers(self, file: TableFile, name: str) -> pl.Series:
        """Code two answers as 0 and 1 (the event); keep more as words."""
        assert self.answers is not None
        text = given_answers(file, name, self.settings.missing)
        _refuse(file, name, ~text.is_in(self.answers), f"one of {', '.join(self.answers)}")
        if len(self.answers) > 2 and self.settings.event is None:
            return text.alias(column_name(name))
        return (text == self.answers[-1]).cast(pl.Int64).alias(column_name(name))


def _refuse(file: TableFile, name: str, wrong: pl.Series, expected: str) -> None:
    rows = wrong.fill_null(value=False).arg_true()
    if len(rows):
        raise PersonaeError(
            f"{file.path}: column {name} holds {file.table[name][rows[0]]!r} in line {file.lines[rows[0]]}; "
            f"expected {expected}"
        )


def prepare(directory: Path, settings: TablePrepare) -> Prepared:
    """Read a customer table, learn what preparing it takes, and prepare it.

    Parameters
    ----------
    directory
        Holds the files that the settings name.
    settings
        Roles of the columns and rules.

    Returns
    -------
    Prepared
        `customers`: `customer` (identifier as text), the columns by their names, the answer as 0 and 1,
        `unit`; and what was learned, a `Preparation`.

    Raises
    ------
    PersonaeError
        If a file, column or value does not fit, an identifier repeats, or the event is not stated.
    """
    file = together(read_files(directory, settings))
    wanted = [*settings.kinds, *filter(None, (settings.target, settings.id, settings.unit))]
    check_names(file, wanted, settings.target, settings.event, settings.missing)
    preparation = fit(file, settings)
    customers = preparation.apply(file)
    if settings.id is not None:
        check_identifiers(file, settings.id)
    described = customers.columns[1:]
    answer = column_name(settings.target) if settings.target else None
    features = [name for name in described if name != answer]
    alike = customers.select(  # whatever the columns are called
        pl.struct(features or "customer").alias("features"),
        (pl.col(answer) if answer else pl.lit(1)).alias("answer"),
    )
    twins = alike.group_by("features").agg(pl.len(), answers=pl.col("answer").n_unique())
    groups = twins.filter(pl.col("len") > 1)
    return Prepared(
        tables={"customers": customers.with_columns(number_units(file, settings))},
        duplicates={
            "rows": customers.height - customers.select(described).unique().height,
            "groups": groups.height,
            "conflicting_target_groups": groups.filter(pl.col("answers") > 1).height,
        },
        repairs=_repairs(file, preparation),
        notes=_notes(customers, preparation),
        learned=preparation.model_dump(mode="json") | {"largest": _largest(customers, preparation)},
    )


def _largest(customers: pl.DataFrame, preparation: Preparation) -> dict[str, float]:
    """Largest number that new rows may hold, of columns with a number other than 0."""
    given = {name: customers[column_name(name)].drop_nulls().to_numpy() for name in preparation.numeric}
    largest = {name: float(np.abs(values).max(initial=0)) for name, values in given.items()}
    return {name: min(TIMES_LARGER * each, float(LARGEST_WHOLE)) for name, each in largest.items() if each}


def fit(file: TableFile, settings: TablePrepare) -> Preparation:
    """Learn the preparation of a file: decimal mark, dates, levels, answers."""
    decimal = settings.decimal or decimal_mark(file.table)
    known = {name: kind for name, kind in settings.kinds.items() if name in file.table.columns}
    patterns: dict[str, str] = {}
    newest: dict[str, str] = {}
    levels: dict[str, list[str]] = {}
    flags: dict[str, list[str]] = {}
    pooled: list[str] = []
    for name, kind in known.items():
        cells, missing = file.table[name], settings.missing.get(name, ())
        if kind == "date":
            pattern = settings.dates.get(name) or time_pattern(cells)
            if pattern is not None:
                patterns[name] = pattern
            days = check_values(file, name, dates(cells, pattern, missing), "a date").cast(pl.Date)
            latest = days.max()
            if not isinstance(latest, datetime.date):
                raise PersonaeError(f"{file.path}: column {name} has no date in any row")
            newest[name] = latest.isoformat()
        elif kind == "flag":
            flags[name] = _two_values(file, name, missing)
        elif kind == "category" or (kind == "any" and numbers(cells, decimal, missing).wrong):
            levels[name], rare = _levels(labels(cells), missing, settings.levels)
            pooled += [name] if rare else []
    return Preparation(
        settings=settings,
        decimal=decimal,
        patterns=patterns,
        newest=newest,
        levels=levels,
        pooled=pooled,
        flags=flags,
        answers=learn_answers(file, settings.target, settings.event, settings.missing),
    )


def _two_values(file: TableFile, name: str, missing: Sequence[str]) -> list[str]:
    """Order two values: no before yes, else by number or name."""
    given = without(file.table[name], missing).drop_nulls()
    pair = answers(given)
    distinct = list(pair) if pair else sorted(given.unique().to_list(), key=lambda each: (len(each), each))
    if len(distinct) > 2:
        raise PersonaeError(
            f"{file.path}: column {name} holds {', '.join(distinct[:4])}; expected two values, as a flag has"
        )
    return distinct


def _levels(text: pl.Series, missing: Sequence[str], most: int) -> tuple[list[str], bool]:
    """Levels by frequency, and whether rarer ones are pooled."""
    counts = text.to_frame("level").group_by("level").len().sort(["len", "level"], descending=[True, False])
    empty = text.is_null().any() or text.is_in(list(missing)).any()
    given = [str(each) for each in counts["level"].drop_nulls() if each not in missing]
    rare = len(given) > most
    return [
        *given[: most - 1 if rare else most],
        *([OTHER] if rare else []),
        *([MISSING] if empty else []),
    ], rare


def _repairs(file: TableFile, preparation: Preparation) -> list[tuple[str, str, int]]:
    repairs: list[tuple[str, str, int]] = []
    settings = preparation.settings
    for name in settings.kinds:
        if name in preparation.numeric:
            words = numbers(file.table[name], preparation.decimal, settings.missing.get(name, ())).words
            repairs += [(f"{word!r} taken as missing", name, count) for word, count in words.items()]
        elif name in preparation.pooled:
            rare = ~labels(file.table[name]).is_in(preparation.levels[name])
            repairs.append(("rare levels pooled as (other)", name, int(rare.fill_null(value=False).sum())))
    return repairs


def _notes(customers: pl.DataFrame, preparation: Preparation) -> Mapping[str, Any]:
    settings = preparation.settings
    constant = [
        name for name in customers.columns if name not in RESERVED and customers[name].n_unique() == 1
    ]
    notes: dict[str, Any] = {}
    if constant:
        notes["constant"] = constant
    if preparation.newest:
        notes["days_before"] = preparation.newest
    if settings.target and preparation.answers and (settings.event or len(preparation.answers) == 2):
        answer = preparation.answers[-1]
        notes["event"] = {
            "column": settings.target,
            "answer": answer,
            "text": f"{settings.target}: {answer}",
        }
        if len(preparation.answers) > 2:  # each counts as the event's absence
            notes["event"]["others"] = preparation.answers[:-1]
        unanswered = customers[column_name(settings.target)].null_count()
        if unanswered:
            notes["unanswered"] = unanswered
    return notes
