"""Whose row it is: identifiers of customers, and the units that several of them share."""

import polars as pl

from personae.core.errors import PersonaeError
from personae.sources.files import TableFile
from personae.sources.settings import TablePrepare
from personae.sources.values import identifiers


def check_identifiers(file: TableFile, name: str) -> None:
    """Raise where a column is empty in a row, or names a customer twice."""
    customer = identifiers(file.table[name])
    absent = customer.is_null().arg_true()
    if len(absent):
        raise PersonaeError(
            f"{file.path}: column {name} is empty in line {file.lines[absent[0]]}; expected an identifier"
        )
    repeated = customer.filter(customer.is_duplicated()).unique(maintain_order=True)
    if len(repeated):
        shown = ", ".join(repeated.head(5).to_list()) + (" ..." if len(repeated) > 5 else "")
        raise PersonaeError(
            f"{file.path}: column {name} repeats {shown}; expected each customer once "
            f"({len(repeated)} identifiers repeat)"
        )


def number_units(file: TableFile, settings: TablePrepare) -> pl.Series:
    """Number the independent units: customers, or what several of them share."""
    if settings.unit is None:
        return pl.int_range(file.table.height, eager=True).alias("unit")
    shared = identifiers(file.table[settings.unit])
    if shared.has_nulls():
        line = file.lines[shared.is_null().arg_true()[0]]
        raise PersonaeError(f"{file.path}: column {settings.unit} is empty in line {line}; expected a unit")
    return (shared.rank("dense").cast(pl.Int64) - 1).alias("unit")
