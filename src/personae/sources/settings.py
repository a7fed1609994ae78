"""Settings of the generic sources: a customer table, or transactions."""

import operator
import re
from typing import Literal

from pydantic import Field

from personae.core.settings import Frozen

# Columns of the stages' own tables, as are `<name>_missing`; a column of a file so called gets another name.
RESERVED = ("customer", "unit", "segment")


class Query(Frozen):
    """Origin of a snapshot, read by `personae data pull` alone.

    Attributes
    ----------
    url
        Of the database, its password hidden.
    password
        Variable of the environment that holds it; null: there is none.
    """

    url: str
    query: str
    password: str | None = None


class FileSettings(Frozen):
    """How files are read; null settings are detected in the file.

    Attributes
    ----------
    files
        Below `data/<study>/`; several hold parts of one table.
    decimal
        Mark of the numbers.
    missing
        By column: further cells that say "no value".
    sql
        Query whose rows the files hold.
    """

    files: list[str] = Field(min_length=1)
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: str | None = None
    decimal: Literal[".", ","] | None = None
    sheet: str | None = None
    missing: dict[str, list[str]] = Field(default_factory=dict)
    sql: Query | None = Field(default=None, exclude_if=operator.not_)


class TablePrepare(FileSettings):
    """A table with one row a customer.

    Attributes
    ----------
    id
        Column with the identifier; null: rows are numbered.
    unit
        Column that customers of one household or firm share.
    kinds
        By column, how its cells are read; a flag is two-valued and becomes 0 and 1, `any` is a number where
        all cells are. Other columns are left out.
    target, event
        Column with the answers, and the answer that is the event; needed unless answers are 0 and 1 or
        more than two.
    dates
        By column, the pattern of its dates; found where it is not given.
    levels
        Most levels of a category; rarer ones are pooled.
    structural
        Columns whose gaps mean something: a column `<name> missing` tells of them.
    """

    source: Literal["table"]
    id: str | None = None
    unit: str | None = None
    kinds: dict[str, Literal["number", "category", "date", "flag", "any"]] = Field(default_factory=dict)
    target: str | None = None
    event: str | None = None
    dates: dict[str, str] = Field(default_factory=dict)
    levels: int = Field(default=20, gt=1)


class TransactionColumns(Frozen):
    """Names of the columns of transactions in the file."""

    id: str
    item: str
    time: str
    basket: str | None = None
    category: str | None = None
    quantity: str | None = None
    price: str | None = None
    amount: str | None = None


class TransactionsPrepare(FileSettings):
    """Lines of baskets: customer, basket, item, time, quantity, price.

    Attributes
    ----------
    columns
        Their names in the file. Without basket, the lines of a customer and day are one; price is of one
        piece, amount of the line.
    cancelled
        Regular expression of the baskets that are cancellations.
    early_weeks
        Weeks that customers are described by; later ones say who bought again. Null: half of all weeks.
    largest_basket
        A basket with more different items is no shopping trip, and left out of the baskets.
    """

    source: Literal["transactions"]
    columns: TransactionColumns
    cancelled: str | None = None
    early_weeks: int | None = Field(default=None, gt=0)
    time_pattern: str | None = None
    largest_basket: int = Field(default=1000, gt=0)


def column_name(name: str) -> str:
    """Name of a file's column in the customer table, avoiding reserved names.

    Examples
    --------
    >>> column_name("age"), column_name("unit")
    ('age', 'unit (column)')
    """
    taken = name in RESERVED or re.search(r"[_ ]missing$", name)
    return f"{name} (column)" if taken else name
