"""Customers with several lines or files, described for scoring."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import polars as pl

from personae.core.errors import PersonaeError, printable
from personae.sources.files import TableFile

# More are no slips: the file is another one than the study's.
MOST_PROBLEMS = 1000


# What a study's files say of customers, each as if alone: tables as `Prepared` has them (`customers`, or what
# they are described from), and what is wrong by customer; these are in no table.
Gathered = tuple[Mapping[str, pl.DataFrame], Mapping[str, str]]


def piecewise(
    file: TableFile, prepare: Callable[[TableFile], pl.DataFrame], problems: dict[int, str]
) -> Iterator[tuple[int, pl.DataFrame]]:
    """Prepare rows by halves until the rows with a problem stand alone.

    Parameters
    ----------
    prepare
        Raises for the first row that does not fit; what one row holds changes no other.
    problems
        Gets what is wrong, by row from 0.

    Yields
    ------
    The first row, and the prepared rows from there on.

    Raises
    ------
    PersonaeError
        If a column is missing, or more than 1,000 rows have a problem.
    """
    waiting = [(0, file.table.height)]
    while waiting:
        start, end = waiting.pop()
        try:
            yield start, prepare(rows(file, start, end))
        except PersonaeError as error:
            if end - start == file.table.height:  # a column that is missing is no row's problem
                prepare(rows(file, 0, 0))
            if end - start > 1:
                middle = (start + end) // 2
                waiting += [(middle, end), (start, middle)]
                continue
            text = str(error).removeprefix(f"{file.path}: ")
            problems[start] = printable(re.sub(r" in (row|line) \d+(?=; expected)", "", text))
            if len(problems) > MOST_PROBLEMS:
                raise PersonaeError(
                    f"{file.path}: more than {MOST_PROBLEMS:,} rows have a problem; "
                    f"line {file.lines[start]}: {problems[start]}"
                ) from None


def rows(file: TableFile, start: int, end: int) -> TableFile:
    """Some rows of a file, with their lines."""
    return replace(file, table=file.table[start:end], lines=file.lines[start:end])
