"""Preparing rows one by one, where a contract is all that is asked of them."""

import datetime
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import polars as pl

from personae.core.settings import Frozen
from personae.sources.contract import check_rows, find_file
from personae.sources.files import TableFile

if TYPE_CHECKING:
    from pandera.polars import DataFrameSchema


class Rowwise(Frozen):
    """What preparing a row alone takes, of a source with one file and a customer a row.

    Nothing is learned from the file. A source names its file and the column of its answers, which new rows
    need not have, and gives the contract. Where it computes columns, its `apply` adds them.
    """

    FILE: ClassVar[str]
    ANSWER: ClassVar[str | None] = None
    settings: Any

    @abstractmethod
    def contract(self) -> "DataFrameSchema":
        """Give the columns of the file."""

    @property
    def identifier(self) -> None:
        """No column identifies a customer: rows are numbered."""

    @property
    def answer(self) -> str | None:
        """Column with the answers."""
        return self.ANSWER

    @property
    def as_of(self) -> None:
        """No day: nothing in the file has one."""

    @property
    def columns(self) -> list[str]:
        """Columns that new rows must have."""
        return [name for name in self.contract().columns if name != self.ANSWER]

    def raw(self, directory: Path) -> list[Path]:
        """Files of a folder that hold customers."""
        return [find_file(directory / self.FILE)]

    def apply(self, file: TableFile, as_of: datetime.date | None = None) -> pl.DataFrame:
        """Check rows; no day changes them.

        Returns
        -------
        DataFrame
            `customer`, the line of each row, and the columns of the contract but the answers.

        Raises
        ------
        PersonaeError
            With column, value and line of the first that does not fit.
        """
        del as_of
        customers = pl.DataFrame({"customer": file.lines}, {"customer": pl.Int64})
        return customers.hstack(check_rows(file, self.contract(), *filter(None, [self.ANSWER])))
