"""Study aerofit: one comma-separated file of treadmill buyers, with a byte-order mark."""

from pathlib import Path

import polars as pl

from personae.core.tables import Duplicates, Prepared, check, read_delimited
from personae.sources.settings import AerofitPrepare

FILE = "aerofit_treadmill.csv"
GENDERS = ["Male", "Female"]
MARITAL = ["Single", "Partnered"]
COLUMNS: dict[str, pl.DataType] = {
    "Product": pl.String(),
    "Age": pl.Int64(),
    "Gender": pl.String(),
    "Education": pl.Int64(),
    "MaritalStatus": pl.String(),
    "Usage": pl.Int64(),
    "Fitness": pl.Int64(),
    "Income": pl.Int64(),
    "Miles": pl.Int64(),
}


def prepare(directory: Path, settings: AerofitPrepare) -> Prepared:
    """Read the file and number the customers, who have no identifier in it.

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
    path = directory / FILE
    table = read_delimited(path, COLUMNS, separator=",")
    _check(path, table, settings)
    described = [name for name in table.columns if name != "Product"]
    customers = table.select(
        pl.int_range(1, pl.len() + 1).alias("customer"),
        (pl.struct(described).rank("dense").cast(pl.Int64) - 1).alias("unit"),
        pl.all(),
    )
    alike = customers.group_by("unit").agg(pl.len(), pl.col("Product").n_unique().alias("products"))
    groups = alike.filter(pl.col("len") > 1)
    return Prepared(
        tables={"customers": customers},
        duplicates=Duplicates(
            rows=table.height - table.unique().height,
            groups=groups.height,
            conflicting_target_groups=groups.filter(pl.col("products") > 1).height,
        ),
    )


def _check(path: Path, table: pl.DataFrame, settings: AerofitPrepare) -> None:
    import pandera.polars as pa  # noqa: PLC0415 - costs half a second, and only this needs it

    check(
        path,
        table,
        pa.DataFrameSchema(
            {
                "Product": pa.Column(str, pa.Check.isin(settings.products)),
                "Gender": pa.Column(str, pa.Check.isin(GENDERS)),
                "MaritalStatus": pa.Column(str, pa.Check.isin(MARITAL)),
                "Age": pa.Column(int, pa.Check.in_range(1, 120), nullable=True),
                "Education": pa.Column(int, pa.Check.in_range(0, 40), nullable=True),
                "Usage": pa.Column(int, pa.Check.in_range(0, 50), nullable=True),
                "Fitness": pa.Column(int, pa.Check.in_range(1, 5), nullable=True),
                "Income": pa.Column(int, pa.Check.ge(0), nullable=True),
                "Miles": pa.Column(int, pa.Check.ge(0), nullable=True),
            }
        ),
    )
