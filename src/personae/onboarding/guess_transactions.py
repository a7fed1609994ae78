"""Which columns of an unknown file are those of transactions: customer, basket, item, time, money."""

import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from personae.core.errors import PersonaeError
from personae.onboarding.kinds import words_of
from personae.sources.contract import check_columns
from personae.sources.dates import dates, time_pattern
from personae.sources.files import TableFile
from personae.sources.values import decimal_mark, labels

NUMBER = r"( ?(id|no|nr|number|num|code|nummer))"
THING = r"\b(item|product|sku|stock|article|artikel|produkt|upc|ean)"
NEEDED = {"id": "customer", "item": "item", "time": "time"}
# In the order in which they choose; what is bought may be named by its kind where nothing names it closer.
PARTS: Mapping[str, str] = {
    "time": r"\b(time|date|datetime|timestamp|ts|day|datum|zeit|epoch|unix)\b",
    "basket": rf"\b(basket|invoice|order|receipt|transaction|ticket|bon|beleg|"
    rf"rechnungs?|bestellung|bestell){NUMBER}?$",
    "id": rf"\b(customer|client|member|user|household|kunde|kunden|card|account){NUMBER}?$",
    "item": rf"{THING}({NUMBER}| description| name)?$",
    "quantity": r"\b(quantity|qty|units|pieces|menge|anzahl)\b",
    "price": r"\b(unit price|price|preis|stückpreis)\b",
    "amount": r"\b(amount|sales value|line total|total|betrag|umsatz|revenue|sales)\b",
    "category": r"\b(category|department|description|product name|group|warengruppe|kategorie|family)\b",
}
KIND_OF_THING = rf"{THING}\b"
TRIED = 1000


def guess_transactions(
    file: TableFile, named: Mapping[str, str] | None = None, *, sure: bool = False
) -> dict[str, Any] | None:
    """Find the columns of transactions by their names; None where these are no transactions.

    They are where a customer, an item and a time are named, and customers repeat.

    Parameters
    ----------
    named : columns by what they hold, where known.
    sure : whether these are transactions for certain.

    Returns
    -------
    dict
        What section `prepare` of the study says: `columns` by what they hold; `decimal` where it is no point;
        and `cancelled`, which matches the baskets that are cancellations, where there are any.

    Raises
    ------
    PersonaeError
        If a named column is missing; or, for certain transactions, one that is needed is not found.
    """
    check_columns(file.path, file.table, list((named or {}).values()))
    columns = _by_name(file, named or {})
    absent = {part: say for part, say in NEEDED.items() if part not in columns}
    if absent and sure:
        raise PersonaeError(
            f"{file.path}: no column of {', '.join(absent.values())} is found; name it by "
            f"{', '.join(f'--{part}' for part in absent)} (others by --basket, --quantity, --price, "
            f"--amount); it has {', '.join(file.table.columns)}"
        )
    if absent:
        return None
    customers = file.table[columns["id"]].drop_nulls()
    if not sure and customers.n_unique() > 0.9 * len(customers):
        return None
    if "price" in columns and "amount" in columns:
        del columns["price" if "amount" in (named or {}) else "amount"]
    order = ("id", "basket", "item", "category", "time", "quantity", "price", "amount")
    found = {part: columns[part] for part in order if part in columns}
    said = {"decimal": decimal_mark(file.table), "cancelled": _cancelled(file, columns.get("basket"))}
    return {"columns": found} | {name: value for name, value in said.items() if value not in (".", None)}


def _by_name(file: TableFile, named: Mapping[str, str]) -> dict[str, str]:
    """Give each part the first column that is called so; a time is one whose cells are times."""
    words = {name: words_of(name) for name in file.table.columns}
    columns = dict(named)

    def called(pattern: str) -> list[str]:
        return [n for n, w in words.items() if n not in columns.values() and re.search(pattern, w)]

    for part, pattern in PARTS.items():
        match = called(pattern) if part not in columns else []
        if part == "time":
            match = [name for name in match if _are_times(file.table[name])] or match
        if match:
            columns[part] = match[0]
    if "item" not in columns and called(KIND_OF_THING):
        columns["item"] = called(KIND_OF_THING)[0]
    elif "item" not in columns and re.search(KIND_OF_THING, words.get(columns.get("category", ""), "")):
        columns["item"] = columns.pop("category")
    return columns


def _are_times(cells: pl.Series) -> bool:
    """Whether the first cells can be read as days or times."""
    head = cells.drop_nulls().head(TRIED)
    return head.dtype.is_temporal() or not dates(head, time_pattern(head)).values.is_null().all()


def _cancelled(file: TableFile, basket: str | None) -> str | None:
    """Find the letters before the numbers of a few baskets: those are cancellations."""
    if basket is None:
        return None
    baskets = labels(file.table[basket]).drop_nulls()
    letters = baskets.str.extract(r"^([A-Za-z]+)\d").drop_nulls()
    if not 0 < len(letters) < len(baskets) / 5:
        return None
    return f"^[{''.join(sorted(set(''.join(letters.unique()))))}]"
