"""Tables between stages: reading, writing, and the audit of a source."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from personae.core.errors import PersonaeError
from personae.core.files import atomic_write

FORMULA = r"^[=+\-@\t\r]"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a source makes of the raw files.

    Attributes
    ----------
    tables
        Tidy tables by name; `customers` always, `days` or `baskets` where a study has them.
    duplicates
        `rows` that repeat an earlier one in all but the identifier; `groups` of customers that are alike in
        all but identifier and target, and those of them in which the target differs.
    repairs
        Stated rule, column and number of rows that it changed.
    rejected
        Rows left out, by reason.
    notes
        What else `prepare.json` says.
    learned
        What it takes to prepare a row alone as the row in its file, read by the source's `Preparation`; stage
        `prepare` asks for it.
    """

    tables: Mapping[str, pl.DataFrame]
    duplicates: Mapping[str, int] = field(default_factory=dict)
    repairs: Sequence[tuple[str, str, int]] = ()
    rejected: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)
    learned: Mapping[str, Any] | None = None

    def report(self, data: str) -> dict[str, Any]:
        """Give the contents of `prepare.json`, without zero counts."""
        customers = self.tables["customers"]
        rows = customers.height
        missing = {
            name: {"count": count, "share": count / rows}
            for name, count in customers.null_count().row(0, named=True).items()
            if count
        }
        return {
            "data": data,
            "rows": rows,
            "columns": customers.width,
            "duplicates": {"rows": 0, "groups": 0, "conflicting_target_groups": 0, **self.duplicates},
            "missing": missing,
            "repairs": [
                {"rule": rule, "column": column, "rows": rows} for rule, column, rows in self.repairs if rows
            ],
            "rejected": [{"reason": reason, "rows": rows} for reason, rows in self.rejected.items() if rows],
            **self.notes,
        }


def read(path: Path) -> pl.DataFrame:
    """Read a table that an earlier stage wrote.

    Raises
    ------
    PersonaeError
        If it is not there.
    """
    if not path.exists():
        raise PersonaeError(f"{path}: no such table; `dvc repro` makes it")
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise PersonaeError(f"{path}: cut off or damaged ({reason}); `dvc repro` makes it again") from None


def write(path: Path, table: pl.DataFrame) -> None:
    """Write a table as Parquet, the same bytes for the same rows."""
    with atomic_write(path) as partial:
        table.write_parquet(partial, compression="zstd", statistics=False)


def write_csv(path: Path, table: pl.DataFrame) -> None:
    """Write a table for people, see `csv`."""
    with atomic_write(path) as partial:
        partial.write_bytes(csv(table))


def csv(table: pl.DataFrame) -> bytes:
    r"""CSV for people: figures to 6 significant digits, no text that a spreadsheet would run.

    Examples
    --------
    >>> csv(pl.DataFrame({"a": ["=1+1"], "b": [2 / 3]}))
    b"a,b\n'=1+1,0.666667\n"
    """
    content = BytesIO()
    harmless(table.with_columns(pl.col(pl.Float64, pl.Float32).round_sig_figs(6))).write_csv(content)
    return content.getvalue()


def harmless(table: pl.DataFrame) -> pl.DataFrame:
    """Prefix text that a spreadsheet would run as a formula.

    Examples
    --------
    >>> harmless(pl.DataFrame({"=a": ["=1+1", "-x", "a-b"], "b": [-1, 2, 3]})).rows()
    [("'=1+1", -1), ("'-x", 2), ('a-b', 3)]
    """
    text = pl.col(pl.String, pl.Categorical, pl.Enum)
    cells = text.cast(pl.String)
    formula = cells.str.contains(FORMULA).fill_null(value=False)
    quoted = table.with_columns(pl.when(formula).then(pl.lit("'") + cells).otherwise(cells).name.keep())
    return quoted.rename({name: f"'{name}" for name in table.columns if re.match(FORMULA, name)})


def names(values: Iterable[Any]) -> NDArray[np.str_]:
    """Name each value; a missing one has the empty name.

    A whole number is named by its digits, be it stored as an integer or as a float, as pandas stores integers
    next to a missing value.

    Examples
    --------
    >>> names([12345671, 2.0, 0.5, True, "KP281", None]).tolist()
    ['12345671', '2', '0.5', 'true', 'KP281', '']
    """
    return np.array([_name(value) for value in values], dtype=str)


def _name(value: Any) -> str:
    if _is_missing(value):
        return ""
    if isinstance(value, bool | np.bool_):
        return str(value).lower()
    if isinstance(value, float | np.floating):
        return str(int(value)) if float(value).is_integer() else str(float(value))
    return str(value)


def _is_missing(value: Any) -> bool:
    """Whether a value is missing to pandas or NumPy, importing neither."""
    return value is None or type(value).__name__ in {"NAType", "NaTType"} or value != value  # noqa: PLR0124
