"""Study aerofit: one comma-separated file of treadmill buyers, with a byte-order mark."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import polars as pl

from personae.core.tables import Prepared
from personae.sources.contract import alike, read_contract, unended
from personae.sources.rowwise import Rowwise
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


class Preparation(Rowwise):
    """What preparing a single buyer takes."""

    FILE: ClassVar[str] = FILE
    ANSWER: ClassVar[str | None] = "Product"
    settings: AerofitPrepare

    def contract(self) -> "DataFrameSchema":
        """Give the columns of the file."""
        return _contract(self.settings.products)


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
