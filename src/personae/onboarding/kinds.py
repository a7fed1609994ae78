"""What a column of an unknown table is: guessed from its cells and its name, with the doubts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl

from personae.sources.dates import COMPACT, date_forms, date_pattern, whole_pattern
from personae.sources.values import (
    LARGEST_WHOLE,
    NO_LEVELS,
    Decimal,
    Parsed,
    answers,
    labels,
    numbers,
    without,
)

Kind = Literal["number", "amount", "two-valued", "category", "code", "date", "identifier", "text", "constant"]

# Shares and counts that part the kinds; benchmarks/guessing.py measures them on public tables.
FITS = 0.95
MOST_LEVELS = 50
MOST_CODES = 12
TEXT_WORDS = 4.0
REPEATING = 0.9
LEAST_DIGITS = 5
FEW_ZEROS = 2
HEAVY_TAIL = 2.5
SENTINELS = (-1, -9, -99, -999, -9999, 99, 999, 9999, 99999, 999999)
SENTINEL_SHARE = 0.01
# What the reader calls a first column without a name: there R and pandas write which row it is.
UNNAMED = "column_1"

_IDENTIFIER = (
    r"\b(id|ids|identifier|uuid|guid|key|kd|kdnr|no|nr|num|number|nummer|index|row|rownames|respondent|"
    r"\w+nummer|\w+nr)\b"
)
# Of a name that says so this plainly, an identifier that repeats is one all the same.
_PLAINLY = (
    r"(.*\b)?(id|identifier|uuid|guid|kd|kdnr|\w*nummer|\w*nr|(customer|card|account|member) (no|number))"
)
_CARD = r"\b(card|loyalty|membership|account|ssn)\b"
_WHOSE = r"(customer|client|user|member|account|kunde|household|person|subscriber|visitor|passenger)s?"
# Whoever is called so has several rows where it repeats.
_OF_WHOM = rf"id|{_WHOSE} ?(id|nr|no|number)"
# Large whole numbers under such a name are seconds since 1970; under another, numbers that are given out.
_TIME = r"\b(time|timestamp|ts|date|datetime|day|datum|zeit|epoch|unix|created|updated|modified|since|at)\b"
# The last word of a name counts: a store is a code, the purchases in stores are a number.
# What is counted is a number, whatever it is counted by: visits per store, days in region.
_COUNTED = (
    r"^(num|n|count|number|total|sum|avg|average|mean) |\b(visits|days|orders|purchases|calls|hours|trips)\b"
)
_CODE = (
    r"\b(zip|postal|postcode|plz|postleitzahl|area code|branch|store|region|district|sector|code|type|typ|"
    r"class|group|category|cat|sku|segment|channel|zone|dept|department|occupation|mode|weekday|dow|wochentag|"
    r"day ?of ?week)( ?(id|nr|no|number|husb|wife))?$"
)


@dataclass(frozen=True, slots=True)
class Column:
    """What is guessed of a column.

    Attributes
    ----------
    kind
        number; amount (a number of at least 0 with a heavy tail, taken by its logarithm); two-valued;
        category; code (digits that name something); date; identifier; text; constant.
    levels
        Different values.
    missing
        Share of empty cells and words for missing.
    doubts
        What a person should look at, a sentence each.
    sentinels, sentinel_share
        Numbers and words that may stand for "no value", and their share of the cells.
    pattern
        Of a date.
    """

    name: str
    kind: Kind
    levels: int
    missing: float
    doubts: Sequence[str] = ()
    sentinels: Sequence[str] = ()
    sentinel_share: float = 0.0
    pattern: str | None = None
    examples: Sequence[str] = ()


def words_of(name: str) -> str:
    """Cut a column's name into lower-case words.

    Examples
    --------
    >>> words_of("CustomerID"), words_of("kd_nr"), words_of("days.since.visit")
    ('customer id', 'kd nr', 'days since visit')
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return re.sub(r"[\W_]+", " ", spaced).strip().lower()


def guess(cells: pl.Series, decimal: Decimal = ".", *, first: bool = False) -> Column:
    """Guess what a column is.

    Parameters
    ----------
    cells : text or the file's own types, null where empty.
    decimal : mark of the file's numbers.
    first : whether it is the first column of its table, where identifiers stand.
    """
    given = labels(cells).drop_nulls()
    missing = 1 - len(given) / max(len(cells), 1)
    shown = given.unique(maintain_order=True).head(3).to_list()
    column = Column(cells.name, "constant", given.n_unique(), missing, examples=shown)
    if column.levels <= 1:
        return column
    if cells.dtype.is_temporal():
        return replace(column, kind="date")
    if cells.dtype == pl.Boolean or answers(cells) is not None:
        return replace(column, kind="two-valued")
    return _of_cells(column, cells, given, decimal, first=first)


def _of_cells(column: Column, cells: pl.Series, given: pl.Series, decimal: Decimal, *, first: bool) -> Column:
    """Tell numbers, dates, labels with words for missing among them, and labels."""
    parsed = numbers(cells, decimal)
    if len(parsed.wrong) <= (1 - FITS) * len(given) and parsed.values.n_unique() > 1:
        return _numeric(column, cells, parsed, first=first)
    pattern, swapped = date_pattern(cells) if cells.dtype == pl.String else (None, False)
    if pattern is not None:
        doubts = [f"day and month may change places: read as {pattern}"] if swapped else []
        doubts += [f"years of two digits: read as {pattern}, from 1970 to 2069"] if "%y" in pattern else []
        return replace(column, kind="date", pattern=pattern, doubts=doubts)
    forms = date_forms(cells) if cells.dtype == pl.String else []
    if forms:
        doubt = f"dates of {len(forms)} forms ({', '.join(forms)}): left out; write them all in one"
        return replace(column, kind="text", doubts=[doubt])
    words = given.filter(given.str.to_lowercase().is_in(list(NO_LEVELS))).unique().sort().to_list()
    if words and column.levels > len(words):
        return _with_gaps(guess(without(cells, words), decimal, first=first), len(given), len(cells), words)
    return replace(column, kind=_text_kind(cells.name, given, column.levels, first))


def _with_gaps(column: Column, given: int, rows: int, words: Sequence[str]) -> Column:
    """Give what a column is but for its words for missing, which are asked about."""
    share = given / rows - (1 - column.missing)
    doubts = [*column.doubts, *(f"{word!r} may stand for 'no value'" for word in words)]
    return replace(column, missing=1 - given / rows, sentinels=words, sentinel_share=share, doubts=doubts)


def _text_kind(name: str, given: pl.Series, levels: int, first: bool) -> Kind:
    if levels == 2:
        return "two-valued"
    unique = levels / len(given)
    words = given.str.count_matches(r"\S+").mean()
    assert isinstance(words, float)
    each_once = unique == 1 and (first or _names_identifier(name))
    plainly = unique >= REPEATING and re.fullmatch(_PLAINLY, words_of(name))
    if words < 1.5 and (each_once or plainly):
        return "identifier"
    if words >= TEXT_WORDS and unique > 0.2:
        return "text"
    if unique > 0.5 and levels > MOST_LEVELS:
        if words >= 1.5:
            return "text"
        return "identifier" if unique > 0.95 else "category"
    return "category"


def _numeric(column: Column, cells: pl.Series, parsed: Parsed, *, first: bool) -> Column:
    name, values = cells.name, parsed.values.drop_nulls()
    pattern = whole_pattern(parsed.values) if not parsed.wrong else None
    if pattern == COMPACT or (pattern and re.search(_TIME, words_of(name))):
        return replace(column, kind="date", pattern=pattern)
    doubts = [f"{count} cells hold {word!r}: taken as missing" for word, count in parsed.words.items()]
    if parsed.wrong:
        doubts.append(f"{len(parsed.wrong)} cells are no numbers, such as {labels(cells)[parsed.wrong[0]]!r}")
    column = replace(column, missing=1 - len(values) / len(cells), doubts=doubts)
    levels, whole = values.n_unique(), values.dtype.is_integer()
    if levels == 2:
        return replace(column, kind="two-valued")
    if (values.abs() > LARGEST_WHOLE).sum() > len(values) / 2:  # digits that name something
        given = labels(cells).drop_nulls()
        return replace(column, kind=_text_kind(name, given, column.levels, first))
    index = first and name == UNNAMED
    given_out = whole and (index or (first and _is_running(values)) or _is_sparse(name, values, first=first))
    unique = levels == len(values) and (given_out or _names_identifier(name))
    plainly = levels >= REPEATING * len(values) and re.fullmatch(_PLAINLY, words_of(name))
    shared = levels > MOST_CODES and re.fullmatch(_OF_WHOM, words_of(name))
    if whole and len(values) > 2 and (unique or plainly or shared):
        return replace(column, kind="identifier")
    if whole and _is_code(name, cells, values):
        return replace(column, kind="code")
    sentinels = _sentinels(values)
    doubts += [f"{value} may stand for 'no value'" for value in sentinels]
    others = values.filter(~labels(values).is_in(sentinels))
    share = 1 - len(others) / len(cells) - column.missing
    return replace(column, kind=_shape(others), sentinels=sentinels, sentinel_share=share, doubts=doubts)


def _names_identifier(name: str) -> bool:
    words = words_of(name)
    return bool(re.search(_IDENTIFIER, words) or re.fullmatch(_WHOSE, words))


def _is_running(values: pl.Series) -> bool:
    ordered = values.sort()
    return int(ordered[-1]) - int(ordered[0]) == len(ordered) - 1


def _is_sparse(name: str, values: pl.Series, *, first: bool) -> bool:
    """Tell numbers that are given out, such as those of cards: equally long, with gaps."""
    low, high = str(values.min()), str(values.max())
    equal = len(low) == len(high) >= LEAST_DIGITS and low.isdigit()
    return equal and (first or bool(re.search(_CARD, words_of(name))))


def _is_code(name: str, cells: pl.Series, values: pl.Series) -> bool:
    """Tell digits that name something: leading zeros, or a name that says so."""
    if cells.dtype == pl.String:
        zeros = cells.str.contains(r"^0\d+$").fill_null(value=False).sum()
        if zeros > max(len(cells) / 200, FEW_ZEROS):
            return True
    words = words_of(name)
    named = re.search(_CODE, words) and not re.search(_COUNTED, words)
    return bool(named) and bool((values >= 0).all())


def _sentinels(values: pl.Series) -> list[str]:
    """Find values that stand apart from all others and occur often."""
    figures = values.cast(pl.Float64).to_numpy()
    others = figures[~np.isin(figures, SENTINELS)]
    if len(np.unique(others)) < 3:
        return []
    low, high = others.min(), others.max()
    apart = [value for value in SENTINELS if value < 0 <= low or value > high + (high - low) / 2]
    return [str(value) for value in apart if (figures == value).mean() >= SENTINEL_SHARE]


def _shape(values: pl.Series) -> Kind:
    """Part amounts from numbers: none below 0, many different, and a far longer tail above than below."""
    figures = values.cast(pl.Float64).to_numpy()
    if figures.min() < 0 or len(np.unique(figures)) <= MOST_CODES:
        return "number"
    low, quarter, median, most, high = np.quantile(figures, [0.05, 0.25, 0.5, 0.75, 0.95])
    below = max(median - low, (most - quarter) / 2)
    tail = high - median if below else float(figures.max())
    return "amount" if tail > HEAVY_TAIL * below else "number"
