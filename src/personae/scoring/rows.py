"""Rows of a request or a data frame: cells as text, raw or prepared, scored."""

import datetime
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from personae.core.errors import PersonaeError
from personae.scoring.reasons import MOST_REASONS
from personae.scoring.scorer import Scorer
from personae.sources.files import TableFile
from personae.sources.values import LARGEST_WHOLE

# Parameters that are not given.
AS_OF, REASONS = "", 0
ROWS = Path("rows")


def cells(rows: list[dict[str, Any]], names: list[str]) -> pl.DataFrame:
    """Cells of rows as text, null where there is none: identifiers of any length, numbers as they are.

    Examples
    --------
    >>> cells([{"id": 2**63, "income": 52000.0}, {"id": "a", "income": None}], ["id", "income"]).rows()
    [('9223372036854775808', '52000'), ('a', None)]
    """
    columns = {name: [_text(row.get(name)) for row in rows] for name in names}
    return pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))


def _text(cell: Any) -> str | None:
    if isinstance(cell, bool | np.bool_):
        return str(cell).lower()
    if isinstance(cell, float | np.floating):
        figure = float(cell)
        if np.isnan(figure):
            return None
        return str(int(figure)) if figure.is_integer() and abs(figure) < LARGEST_WHOLE else str(figure)
    if isinstance(cell, dict | list):
        return json.dumps(cell)
    return None if cell is None or cell is pd.NA or cell is pd.NaT else str(cell).strip() or None


def answer(scorer: Scorer, table: pl.DataFrame, as_of: str, reasons: int) -> pl.DataFrame:
    """Score rows of a study's own file, or prepared ones.

    Parameters
    ----------
    table
        Cells as text.
    as_of
        Day as in 2024-12-31; empty: the training file's newest.
    reasons
        How many, 0 to 3.

    Raises
    ------
    PersonaeError
        If a parameter does not fit, there is no row, or a column is missing.
    """
    if not 0 <= reasons <= MOST_REASONS:
        raise PersonaeError(f"param reasons holds {reasons}; expected 0 to {MOST_REASONS}")
    try:
        day = datetime.date.fromisoformat(as_of) if as_of else None
    except ValueError:
        raise PersonaeError(f"param as_of holds {as_of!r}; expected a day such as 2024-12-31") from None
    raw, prepared = scorer.raw_columns, {"customer", *scorer.parts.typical}
    if raw is None or (prepared <= set(table.columns) and not set(raw) <= set(table.columns)):
        if day is not None:
            raise PersonaeError("param as_of is of raw rows; these are prepared already")
        return scorer.score_prepared(table, reasons=reasons)
    absent = [name for name in raw if name not in table.columns]
    if absent:
        raise PersonaeError(f"column {absent[0]} is missing")
    return scorer.score(TableFile(ROWS, table, range(1, table.height + 1)), day, reasons=reasons)
