"""Cells of a file as numbers, dates and labels, whatever its format."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from personae.core.errors import PersonaeError
from personae.sources.files import TableFile

Decimal = Literal[".", ","]
# Cells that say "no value" in a column of numbers or dates. In a category they are a level like any other.
MISSING_WORDS = frozenset(
    [
        *("na", "n/a", "#n/a", "#na", "n.a.", "nan", "null", "(null)", "none", "nil", "-", "--", "?", "."),
        *("missing", "unknown", "not available", "not known", "k.a.", "k. a.", "n. bek.", "unbekannt"),
        "keine angabe",
    ]
)
# Those of them that are no level of a category either: nobody calls a group so.
NO_LEVELS = MISSING_WORDS - {"none", "nil", "missing", "unknown", "not known", "unbekannt", "keine angabe"}
# Two-valued answers, the second of each pair is the one that happened.
ANSWERS = (
    ("no", "yes"),
    ("n", "y"),
    ("false", "true"),
    ("f", "t"),
    ("nein", "ja"),
    ("non", "oui"),
    ("0", "1"),
)
YEARS = (1900, 2100)
CELLS_AT_ONCE = 100_000
INFINITE = ("inf", "infinity")
LARGEST_WHOLE = 2**53
# Larger figures are no measurements, and their squares leave what a computer can hold.
LARGEST = 1e30
CURRENCIES = r"[€$£¥%\s\u00a0\u202f]"
WHOLE = r"^[+-]?\d+$"
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
GROUPED = {".": r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$", ",": r"^[+-]?\d{1,3}(\.\d{3})+(,\d*)?$"}


@dataclass(frozen=True, slots=True)
class Parsed:
    """Values of a column and what did not fit.

    Attributes
    ----------
    values
        Int64 where all numbers are whole, else Float64; Date or Datetime; null where empty or unfit.
    wrong
        Rows whose cell is neither a value nor a word for missing.
    words
        Words for missing that were found, with the number of their cells.
    """

    values: pl.Series
    wrong: list[int] = field(default_factory=list)
    words: dict[str, int] = field(default_factory=dict)


def plain_number(cell: pl.Expr, *, whole: bool = False) -> pl.Expr:
    """Parse numbers as programs write them; null for anything else.

    Neither a thousands mark nor a currency is read, nor infinity. Whole numbers may end in `.0`, as pandas
    writes them beside missing values.

    Examples
    --------
    >>> cells = pl.Series("cell", ["248.0", " 7", "nan", "inf", "2.5", "9223372036854775808"])
    >>> cells.to_frame().select(plain_number(pl.col("cell"), whole=True))["cell"].to_list()
    [248, 7, None, None, None, None]
    """
    text = cell.str.strip_chars()
    if whole:
        digits = text.str.replace(r"\.0*$", "")
        return pl.when(digits.str.contains(WHOLE)).then(digits).cast(pl.Int64, strict=False)
    number = pl.when(text.str.contains(NUMBER)).then(text).cast(pl.Float64, strict=False)
    return pl.when(number.abs() <= LARGEST).then(number)


def numbers_of(cells: pl.DataFrame, *, whole: bool) -> dict[str, pl.Series]:
    """Parse the columns of a table of text by `plain_number`.

    Columns are parsed one below the other: an expression over one row costs as much as over thousands.

    Examples
    --------
    >>> numbers_of(pl.DataFrame({"a": ["1", "x"], "b": ["2.0", None]}), whole=True)["b"].to_list()
    [2, None]
    """
    columns, height, found = cells.get_columns(), cells.height, {}
    many = max(1, CELLS_AT_ONCE // max(1, height))
    for some in (columns[start : start + many] for start in range(0, len(columns), many)):
        below = pl.concat([each.alias("cell") for each in some]).to_frame()
        values = below.select(plain_number(pl.col("cell"), whole=whole)).to_series()
        for place, each in enumerate(some):
            found[each.name] = values[place * height : (place + 1) * height].alias(each.name)
    return found


def is_wrong(cell: pl.Expr, *, whole: bool = False) -> pl.Expr:
    """Cells that hold neither a number nor a word for missing."""
    text = cell.str.strip_chars()
    missing = cell.is_null() | (text == "") | text.str.to_lowercase().is_in(list(MISSING_WORDS))
    return plain_number(cell, whole=whole).is_null() & ~missing


def truth_as_number(name: str) -> pl.Expr:
    """Code TRUE and FALSE as 1 and 0 where a column of text has only these.

    Examples
    --------
    >>> words = pl.DataFrame({"a": ["TRUE", "false", None], "b": ["t", None, None]})
    >>> words.select(truth_as_number("a"), truth_as_number("b")).to_dict(as_series=False)
    {'a': ['1', '0', None], 'b': ['t', None, None]}
    """
    cells = pl.col(name)
    words = cells.str.strip_chars().str.to_lowercase()
    only = words.is_in(["true", "false"]).all() & words.is_not_null().any()
    return pl.when(only).then((words == "true").cast(pl.Int8).cast(pl.String)).otherwise(cells).alias(name)


def numbers(cells: pl.Series, decimal: Decimal = ".", missing: Collection[str] = ()) -> Parsed:
    """Parse numbers with either decimal mark, grouped thousands and currencies.

    Parameters
    ----------
    cells : text or numbers, null where empty.
    decimal : the mark before the decimals.
    missing : further cells that say "no value", such as -1 or 999.

    Examples
    --------
    >>> numbers(pl.Series(["1.234,50", "7 €", "n. bek.", "x"]), ",").values.to_list()
    [1234.5, 7.0, None, None]
    """
    if not cells.dtype.is_numeric() and cells.dtype not in (pl.String, pl.Boolean):
        return Parsed(pl.Series(cells.name, [None] * len(cells), dtype=pl.Float64), list(range(len(cells))))
    if cells.dtype == pl.String:
        text = cells.str.replace_all(CURRENCIES, "").str.replace("^\u2212", "-")
        thousands = "," if decimal == "." else "."
        grouped = text.str.contains(GROUPED[decimal]).fill_null(value=False)
        plain = text.to_frame("cell").select(
            pl.when(grouped)
            .then(pl.col("cell").str.replace_all(thousands, "", literal=True))
            .otherwise(pl.col("cell"))
        )["cell"]
        if decimal == ",":
            plain = plain.str.replace(",", ".", literal=True)
        fits = plain.str.contains(NUMBER).fill_null(value=False)
        values = plain.to_frame("cell").select(pl.when(fits).then(pl.col("cell")))["cell"].cast(pl.Float64)
    else:
        values = cells.cast(pl.Float64)
    return parsed_cells(
        cells, values.replace([float("nan")], [None]) if values.is_nan().any() else values, missing
    )


def check_values(
    file: TableFile, column: str, parsed: Parsed, expected: str, largest: float = LARGEST_WHOLE
) -> pl.Series:
    """Give the values where every cell fits.

    Parameters
    ----------
    largest
        Number, without its sign, above which none is meant; from 2^53 on not even whole ones are told apart.

    Raises
    ------
    PersonaeError
        With file, line, column and value of the first cell that does not, of a number above the largest or a
        year outside 1900 to 2100.
    """
    wrong = list(parsed.wrong)
    values = parsed.values
    if values.dtype.is_numeric():
        wrong += (values.abs() > largest).fill_null(value=False).arg_true().to_list()
    elif values.dtype.is_temporal():
        outside = ~values.dt.year().is_between(*YEARS)
        wrong += outside.fill_null(value=False).arg_true().to_list()
    if wrong:
        row = min(wrong)
        shown = str(file.table[column][row]).lower().lstrip("+-")
        if shown in INFINITE:
            expected = "a finite number"
        elif values.dtype.is_numeric() and row not in parsed.wrong:
            expected = f"a number up to {largest:,.0f}"
        raise PersonaeError(
            f"{file.path}: column {column} holds {file.table[column][row]!r} in line {file.lines[row]}; "
            f"expected {expected}"
        )
    return values


def answers(cells: pl.Series) -> tuple[str, str] | None:
    """Find the pair of answers, such as no and yes, that all cells have.

    Examples
    --------
    >>> answers(pl.Series(["Ja", "Nein", None])), answers(pl.Series(["m", "f"]))
    (('Nein', 'Ja'), None)
    """
    levels = labels(cells).drop_nulls().unique().sort().to_list()
    if len(levels) != 2:
        return None
    spelt = {level.lower(): level for level in levels}
    for no, yes in ANSWERS:
        if spelt.keys() == {no, yes}:
            return spelt[no], spelt[yes]
    return None


def without(cells: pl.Series, missing: Collection[str]) -> pl.Series:
    """Cells as text, null where they say "no value".

    Examples
    --------
    >>> without(pl.Series(["a", "?", None]), ["?"]).to_list()
    ['a', None, None]
    """
    text = labels(cells)
    return text.set(text.is_in(list(missing)).fill_null(value=False), None) if missing else text


def labels(cells: pl.Series) -> pl.Series:
    """Cells as text: integers without decimals, booleans as true and false.

    Examples
    --------
    >>> labels(pl.Series([1.0, 2.5, None])).to_list()
    ['1', '2.5', None]
    """
    if cells.dtype.is_float():
        whole = cells.is_null() | ((cells == cells.round()) & (cells.abs() < LARGEST_WHOLE))
        text = cells.cast(pl.Int64, strict=False).cast(pl.String) if whole.all() else None
        if text is not None:
            return text
        return pl.Series(
            cells.name,
            [None if v is None else str(int(v)) if v.is_integer() else str(v) for v in cells.to_list()],
            dtype=pl.String,
        )
    return cells.cast(pl.String)


def identifiers(cells: pl.Series) -> pl.Series:
    """Identifiers as text, integers without decimals.

    Examples
    --------
    >>> identifiers(pl.Series(["17850.0", None])).to_list(), identifiers(pl.Series(["007", "1.0"])).to_list()
    (['17850', None], ['007', '1.0'])
    """
    text = labels(cells)
    decimals = text.str.contains(r"^\d+\.0+$").drop_nulls()
    return text.str.replace(r"\.0+$", "") if len(decimals) and decimals.all() else text


def decimal_mark(table: pl.DataFrame) -> Decimal:
    """Detect whether text columns use decimal points or commas."""
    votes = {".": 0, ",": 0}
    for cells in table.select(pl.col(pl.String)):
        given = cells.drop_nulls()
        if given.is_empty() or not given.str.contains(r"\d[.,]\d").any():
            continue
        fits: dict[str, int] = {}
        marks: tuple[Decimal, ...] = (".", ",")
        for mark in marks:
            parsed = numbers(given, mark)
            fits[mark] = len(given) - len(parsed.wrong)
        if max(fits.values()) >= 0.9 * len(given) and fits["."] != fits[","]:
            votes[max(fits, key=lambda mark: fits[mark])] += 1
    return "," if votes[","] > votes["."] else "."


def parsed_cells(cells: pl.Series, values: pl.Series, missing: Collection[str]) -> Parsed:
    """Remove words for missing from misfits, and restore integers."""
    text = labels(cells)
    further = text.is_in(list(missing)).fill_null(value=False) if missing else None
    if further is not None and further.any():
        values = values.to_frame("value").select(pl.when(~further).then(pl.col("value")))["value"]
    unread = cells.is_not_null() & values.is_null()
    word = text.str.to_lowercase().is_in(list(MISSING_WORDS)).fill_null(value=False)
    if further is not None:
        word = word | further
    counts = text.rename("word").filter(unread & word).value_counts(sort=True)
    words = dict(counts.iter_rows()) if counts.height else {}
    nan = cells.is_nan().fill_null(value=False) if cells.dtype.is_float() else None
    wrong = unread & ~word if nan is None else unread & ~word & ~nan
    return Parsed(_whole(values).alias(cells.name), wrong.arg_true().to_list(), words)


def _whole(values: pl.Series) -> pl.Series:
    if not values.dtype.is_float():
        return values
    given = values.drop_nulls()
    whole = bool(((given == given.round()) & (given.abs() <= LARGEST_WHOLE)).all())
    return values.cast(pl.Int64) if whole and len(given) else values
