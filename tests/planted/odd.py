"""Odd tables and odd files, and what each ends in: `python -m tests.planted.odd FOLDER` writes them all.

Tables are of 240 customers: `kd` identifies them, two ages, spending, visits that decide on `bought`, two categories.
Files are one German table of 300 rows in many forms.
"""

import gzip
import io
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import polars as pl

ROWS, GERMAN_ROWS = 240, 300
NAMES = [
    "Kundennummer",
    "Anrede",
    "Größe (cm)",
    "Umsatz €/Jahr",
    "Kunde seit",
    "Gekündigt",
    "PLZ",
    "Bemerkung",
]
TEXTS = ["kam, sah und kaufte", 'sagte "nie wieder"', "zwei\nZeilen und mehr", "ruft selten an"]
MARKUP, FOREIGN = "<script>alert(1)</script>", "Größe, (€) [n]: a & b"


def customers(rows: int = ROWS, seed: int = 0) -> pl.DataFrame:
    """Draw customers whose visits decide on the answer."""
    rng = np.random.default_rng(seed)
    old, visits = rng.integers(0, 2, rows), rng.poisson(4, rows)
    return pl.DataFrame(
        {
            "kd": [f"K{number:04d}" for number in range(1, rows + 1)],
            "age": np.where(old, rng.normal(28, 4, rows), rng.normal(58, 5, rows)).round().astype(int),
            "spend": np.exp(rng.normal(3.5 + old, 0.5, rows)).round(2),
            "visits": visits,
            "sex": rng.choice(["m", "f", "d"], rows, p=[0.45, 0.45, 0.1]),
            "region": rng.choice(["north", "south", "west"], rows),
            "bought": (rng.random(rows) < 1 / (1 + np.exp(4 - visits))).astype(int),
        }
    )


def emptied(table: pl.DataFrame, column: str, share: float = 0.1) -> pl.DataFrame:
    """Empty some cells of a column."""
    gap = pl.Series(np.random.default_rng(1).random(table.height) < share)
    return table.with_columns(pl.when(gap).then(None).otherwise(pl.col(column)).alias(column))


def replaced(table: pl.DataFrame, column: str, value: float, row: int = 17) -> pl.DataFrame:
    """Put a number into one cell."""
    return table.with_columns(
        pl.when(pl.int_range(pl.len()) == row).then(value).otherwise(column).alias(column)
    )


def german(rows: int = GERMAN_ROWS) -> pl.DataFrame:
    """Give the cells as a German file has them."""
    rng = np.random.default_rng(0)
    spend = rng.lognormal(7, 1, rows)
    left = rng.random(rows) < 0.4
    return pl.DataFrame(
        {
            NAMES[0]: [str(number) for number in rng.choice(np.arange(10_000, 99_999), rows, replace=False)],
            NAMES[1]: rng.choice(["Herr", "Frau", "Divers"], rows),
            NAMES[2]: [f"{value:.1f}".replace(".", ",") for value in rng.normal(172, 9, rows)],
            NAMES[3]: [f"{value:,.2f}".translate(str.maketrans(",.", ".,")) for value in spend],
            NAMES[4]: [f"{1 + day % 28:02d}.{1 + day % 12:02d}.{2015 + day % 9}" for day in range(rows)],
            NAMES[5]: np.where(left, "ja", "nein"),
            NAMES[6]: [f"{rng.choice([1067, 4109, 10115, 80331, 99084]):05d}" for _ in range(rows)],
            NAMES[7]: [f"{TEXTS[row % 4]} ({row})" for row in range(rows)],
        }
    )


def typed(table: pl.DataFrame) -> pl.DataFrame:
    """Give the German table with a workbook's own types; postcodes and customers stay text."""
    number = (
        pl.col(name).str.replace_all(".", "", literal=True).str.replace(",", ".") for name in NAMES[2:4]
    )
    return table.with_columns(
        *(each.cast(pl.Float64) for each in number), pl.col(NAMES[4]).str.to_date("%d.%m.%Y")
    )


def text(table: pl.DataFrame, separator: str = ";") -> str:
    """Write a table as German programs do."""
    return table.write_csv(separator=separator)


def _wide(rows: int, columns: int, **first: object) -> pl.DataFrame:
    cells = np.random.default_rng(3).normal(size=(rows, columns)).round(3)
    return pl.DataFrame({**first, **{f"c{number}": cells[:, number] for number in range(columns)}})


def _dated() -> pl.DataFrame:
    day = pl.int_range(pl.len())
    since = pl.concat_str(pl.lit(2020) + day % 4, pl.lit("-0"), 1 + day % 9, pl.lit("-1"), day % 9)
    return customers().with_columns(since=since)


def _words() -> pl.DataFrame:
    word = pl.when(pl.int_range(pl.len()) % 50 == 0).then(pl.lit("n. bek.")).otherwise(NAMES[2])
    return german().with_columns(word.alias(NAMES[2]))


def _bytes(write: Callable[[io.BytesIO], object]) -> bytes:
    out = io.BytesIO()
    write(out)
    return out.getvalue()


def tables() -> Mapping[str, pl.DataFrame]:
    """Give the odd tables, by file name without its end."""
    plain = customers()
    three = plain.select("kd", "spend", "bought")
    return {
        "text_identifiers": plain,
        "no_answer": plain.drop("bought"),
        "only_categories": plain.select("kd", "sex", "region"),
        "three_columns": three,
        "foreign_names": plain.rename({"age": "Größe", "spend": FOREIGN}),
        "markup": plain.rename({"visits": MARKUP}).with_columns(
            pl.col("sex").replace({"d": "<img src=x onerror=alert(2)>"})
        ),
        "own_names": plain.rename({"age": "segment", "spend": "far"}),
        "ten_rows": plain.head(10),
        "date": _dated(),
        "answers_missing": emptied(plain, "bought"),
        "numbers_missing": emptied(plain, "spend"),
        "category_missing": emptied(plain, "sex"),
        "constant": plain.with_columns(club=pl.lit("a")),
        "negative": replaced(plain, "spend", -3.5),
        "infinite": replaced(plain, "spend", float("inf")),
        "twice": pl.concat([plain, plain.tail(3)]),
        "three_answers": plain.with_columns(bought=pl.col("visits").clip(0, 5) // 2).drop("visits"),
        "wide": _wide(300, 200, kd=[f"K{row}" for row in range(300)]),
        "many_levels": plain.with_columns(
            town=pl.Series([f"town{number}" for number in np.random.default_rng(3).integers(0, 200, ROWS)])
        ),
    }


def files() -> Mapping[str, bytes]:
    """Give the odd files, by name."""
    table = german()
    plain = text(table)
    quoted = pl.DataFrame({"a": [1, 2, 3], "b": ['say "x", y', "two\nlines", "c,d"], "c": [4, 5, 7]})
    return {
        "plain.csv": plain.encode(),
        "mark.csv": b"\xef\xbb\xbf" + plain.encode(),
        "windows.csv": plain.encode("cp1252"),
        "unicode.csv": plain.encode("utf-16"),
        "workbook.xlsx": _bytes(typed(table).write_excel),
        "column_file.parquet": _bytes(typed(table).write_parquet),
        "tab.tsv": text(table, "\t").encode(),
        "repeated.csv": text(pl.concat([table, table.tail(5)])).encode(),
        "categories.csv": text(table.select(NAMES[0], NAMES[1], NAMES[5])).encode(),
        "ten.csv": text(table.head(10)).encode(),
        "numbers.csv": _wide(500, 200).write_csv().encode(),
        "words.csv": text(_words()).encode(),
        "empty.csv": b"",
        "header.csv": b"a;b\n",
        "ragged.csv": b"a;b;c\n1;2;3\n1;2\n1;2;3;4\n",
        "names.csv": b"a;b;a\n1;2;3\n",
        "quoted.csv": quoted.write_csv().encode(),
        "packed.csv.gz": gzip.compress(plain.encode(), mtime=0),
    }


def write(folder: Path) -> None:
    """Write all of them into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables().items():
        table.write_csv(folder / f"{name}.csv")
    for name, content in files().items():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
