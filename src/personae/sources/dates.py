"""Cells of a file as dates, or as times of a clock."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Literal

import polars as pl

from personae.sources.values import MISSING_WORDS, YEARS, Parsed, labels, parsed_cells

DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d %B %Y",
    "%d. %B %Y",
    "%d.%m.%y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d-%b-%y",
)
HOURS = ("%H", "%I")
TIMES = (
    "",
    " %H:%M",
    " %I:%M %p",
    " %I:%M:%S %p",
    " %H:%M:%S",
    "T%H:%M:%S",
    " %H:%M:%S%.f",
    "T%H:%M",
    "T%H:%M:%S%.f",
)
# Times are read as the clock showed them where they were written: what tells the zone is cut off.
ZONE = r"(:\d\d(?:\.\d+)?) ?(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)$"
# Whole numbers that are days, or times in seconds or milliseconds since 1970 (from 1990 on), UTC.
COMPACT = "%Y%m%d"
EPOCHS: Mapping[str, Literal["s", "ms"]] = {"%s": "s", "%Q": "ms"}
FIRST_EPOCH = 1990


def dates(cells: pl.Series, pattern: str | None = None, missing: Collection[str] = ()) -> Parsed:
    """Read dates, or times as local time of day.

    Parameters
    ----------
    cells : text, dates or times.
    pattern : of text, as `strptime` has it, or of whole numbers; see `time_pattern`.
    missing : further cells that say "no value".
    """
    if cells.dtype == pl.Date:
        return parsed_cells(cells, cells, missing)
    if isinstance(cells.dtype, pl.Datetime):
        return parsed_cells(cells, _dates_of(cells.dt.replace_time_zone(None)), missing)
    if cells.dtype.is_numeric() and pattern in (COMPACT, *EPOCHS):
        cells = labels(cells)
    if cells.dtype != pl.String or pattern is None:
        return Parsed(pl.Series(cells.name, [None] * len(cells), dtype=pl.Date), list(range(len(cells))))
    if pattern in EPOCHS:
        return parsed_cells(cells, _dates_of(_since_1970(cells, EPOCHS[pattern])), missing)
    if any(hour in pattern for hour in HOURS):
        times = _clock(cells).str.to_datetime(pattern, strict=False, time_unit="us")
        return parsed_cells(cells, _dates_of(times), missing)
    return parsed_cells(cells, cells.str.to_date(pattern, strict=False), missing)


def date_pattern(cells: pl.Series, share: float = 0.98) -> tuple[str | None, bool]:
    """Find the pattern that parses at least `share` as plausible dates.

    Returns
    -------
    The pattern, None where these are no dates; and whether day and month could change places everywhere.
    """
    given = _clock(cells.drop_nulls())
    given = given.filter(~given.str.to_lowercase().is_in(list(MISSING_WORDS)))
    if given.is_empty():
        return None, False
    head = given.unique().sort().head(2000)
    fitting = [day + time for day in DATE_FORMATS for time in TIMES if _dated(head, day + time) >= share]
    fitting = [pattern for pattern in fitting if _dated(given, pattern) >= share]
    if not fitting:
        return None, False
    swapped = {"%d/%m/%Y": "%m/%d/%Y", "%d-%m-%Y": "%m-%d-%Y", "%d/%m/%y": "%m/%d/%y"}
    ambiguous = any(
        first[:8] in swapped and second[:8] == swapped[first[:8]] for first in fitting for second in fitting
    )
    return fitting[0], ambiguous


def date_forms(cells: pl.Series, share: float = 0.98, most: int = 3) -> list[str]:
    """Name the few patterns that parse dates together where none does alone; empty where they are no dates.

    Examples
    --------
    >>> date_forms(pl.Series(["2024-01-31", "31.01.2024", "2024-02-01"]))
    ['%Y-%m-%d', '%d.%m.%Y']
    """
    given = _clock(cells.drop_nulls()).unique().sort()
    if given.is_empty() or given.str.contains(r"\d[-./, ] ?\w+[-./, ] ?\d|\w+ \d+, \d").mean() < share:  # type: ignore[operator]
        return []
    left, forms = given.sample(min(len(given), 300), seed=0), list[str]()
    rows = len(left)
    while len(left) > (1 - share) * rows and len(forms) < most:
        forms.append(max((day + time for day in DATE_FORMATS for time in TIMES), key=partial(_dated, left)))
        if not _dated(left, forms[-1]):
            return []
        left = left.filter(dates(left, forms[-1]).values.is_null())
    return forms if len(left) <= (1 - share) * rows else []


def time_pattern(cells: pl.Series) -> str | None:
    """Find the pattern of cells that are known to be days or times; None where they have none.

    Examples
    --------
    >>> time_pattern(pl.Series(["31.01.2024", "1.2.2024"])), time_pattern(pl.Series([1706659200, None]))
    ('%d.%m.%Y', '%s')
    """
    found = date_pattern(cells)[0] if cells.dtype == pl.String else None
    return found or whole_pattern(cells)


def whole_pattern(cells: pl.Series) -> str | None:
    """Tell whether whole numbers are days such as 20240131, or seconds or milliseconds since 1970.

    Examples
    --------
    >>> [whole_pattern(pl.Series([each])) for each in (20240131, 1706659200, 1706659200000, 7)]
    ['%Y%m%d', '%s', '%Q', None]
    """
    fractions = cells.dtype.is_float() and (cells % 1 != 0).any()
    if fractions or not (cells.dtype == pl.String or cells.dtype.is_numeric()):
        return None
    text = labels(cells).drop_nulls()
    if text.is_empty() or not text.str.contains(r"^\d+$").all():
        return None
    if (text.str.len_chars() == len("20240131")).all() and _dated(text, COMPACT) == 1:
        return COMPACT
    for pattern, unit in EPOCHS.items():
        if _since_1970(text, unit).dt.year().is_between(FIRST_EPOCH, YEARS[1]).fill_null(value=False).all():
            return pattern
    return None


def _since_1970(cells: pl.Series, unit: Literal["s", "ms"]) -> pl.Series:
    ticks = cells.str.extract(r"^(\d{1,14})$").cast(pl.Int64)
    return pl.from_epoch(ticks, time_unit=unit).cast(pl.Datetime("us"))


def _dates_of(times: pl.Series) -> pl.Series:
    """Times that are all midnight are dates."""
    given = times.drop_nulls()
    midnight = (given == given.dt.truncate("1d")).all()
    return times.dt.date() if midnight else times.cast(pl.Datetime("us"))


def _clock(cells: pl.Series) -> pl.Series:
    return cells.str.replace(ZONE, "$1")


def _dated(given: pl.Series, pattern: str) -> float:
    if any(hour in pattern for hour in HOURS):
        values = given.str.to_datetime(pattern, strict=False, time_unit="us")
    else:
        values = given.str.to_date(pattern, strict=False)
    plausible = values.dt.year().is_between(*YEARS).fill_null(value=False)
    return float(plausible.sum()) / len(given)
