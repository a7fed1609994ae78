"""Study aerofit: one comma-separated file of treadmill buyers, with a byte-order mark."""

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from personae.core.settings import Frozen
from personae.core.tables import Prepared
from personae.sources.contract import alike, check_rows, find_file, read_contract, unended
from personae.sources.files import TableFile
from personae.studies.aerofit.settings import AerofitPrepare

if TYPE_CHECKING:
    from pandera.polars import DataFrameSchema

FILE = "aerofit_treadmill.csv"


def prepare(directory: Path, settings: AerofitPrepare) -> Prepared:
    """Read the file and number its customers.

    Parameters
    ----------
    directory
        Holds `aerofit_treadmill.csv`, comma separated, UTF-8 with or without byte-order mark.
    settings
        Names the products.

    Returns
    -------
    Prepared
        `customers`: one row a customer in the order of the file, with `customer` (1, 2, ...) and `unit`
        (customers who are alike in all but the product share one), income in dollars a year, education in
        years, usage in sessions and miles in miles a week, fitness from 1 to 5.

    Raises
    ------
    PersonaeError
        If the file is missing or does not keep the contract.
    """
    table = read_contract(directory / FILE, _contract(settings.products), separator=",")
    unit, duplicates = alike(table, "Product")
    customers = table.select(customer=pl.int_range(1, pl.len() + 1), unit=unit)
    return Prepared(
        {"customers": pl.concat([customers, table], how="horizontal")},
        duplicates,
        unended(directory / FILE),
        learned=Preparation(settings=settings).model_dump(mode="json"),
    )


class Preparation(Frozen):
    """What preparing a single row takes; nothing is learned from the file."""

    settings: AerofitPrepare

    @property
    def identifier(self) -> None:
        """No column identifies a customer: rows are numbered."""

    @property
    def answer(self) -> str:
        """Column with the answers, which new rows need not have."""
        return "Product"

    @property
    def as_of(self) -> None:
        """No day: nothing in the file has one."""

    @property
    def columns(self) -> list[str]:
        """Columns that new rows must have."""
        return [name for name in _contract(self.settings.products).columns if name != self.answer]

    def raw(self, directory: Path) -> list[Path]:
        """Files of a folder that hold customers."""
        return [find_file(directory / FILE)]

    def apply(self, file: TableFile, as_of: datetime.date | None = None) -> pl.DataFrame:
        """Check rows; no day changes them.

        Raises
        ------
        PersonaeError
            With column, value and line of the first that does not fit.
        """
        del as_of
        customers = pl.DataFrame({"customer": file.lines}, {"customer": pl.Int64})
        return customers.hstack(check_rows(file, _contract(self.settings.products), "Product"))


def _contract(products: list[str]) -> "DataFrameSchema":
    import pandera.polars as pa  # noqa: PLC0415 - costs half a second, and only reading needs it

    return pa.DataFrameSchema(
        {
            "Product": pa.Column(str, pa.Check.isin(products)),
            "Age": pa.Column(int, pa.Check.in_range(1, 120), nullable=True),
            "Gender": pa.Column(str, pa.Check.isin(["Male", "Female"])),
            "Education": pa.Column(int, pa.Check.in_range(0, 40), nullable=True),
            "MaritalStatus": pa.Column(str, pa.Check.isin(["Single", "Partnered"])),
            "Usage": pa.Column(int, pa.Check.in_range(0, 50), nullable=True),
            "Fitness": pa.Column(int, pa.Check.in_range(1, 5), nullable=True),
            "Income": pa.Column(int, [pa.Check.ge(0), pa.Check.le(100_000_000)], nullable=True),
            "Miles": pa.Column(int, [pa.Check.ge(0), pa.Check.le(10_000)], nullable=True),
        }
    )
