"""A month's customers: prepared, scored, and answered where their answers are in."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from personae.core.errors import PersonaeError
from personae.imputation.completion import complete_customers
from personae.scoring.batch import customer_files, file_format, score_file
from personae.scoring.campaign import read_columns
from personae.scoring.scorer import Scorer
from personae.sources.answers import given_answers
from personae.sources.files import TableFile, read_file, together
from personae.sources.gathered import piecewise
from personae.sources.values import MISSING_WORDS, identifiers


@dataclass(frozen=True, slots=True)
class Incoming:
    """Where a month is: its name such as 2024-03, folder, and last day (None: no day describes customers)."""

    name: str
    folder: Path
    day: datetime.date | None

    @property
    def answers(self) -> Path | None:
        """File of answers next to the folder, columns customer and response, of any kind that can be read.

        Raises
        ------
        PersonaeError
            If there are two: they may differ.
        """
        found = sorted(self.folder.parent.glob(f"{self.name}-answers.*"))
        found = [path for path in found if path.suffix != ".dvc"]
        if len(found) > 1:
            names = " and ".join(path.name for path in found)
            raise PersonaeError(f"{self.folder.parent}: holds {names}; expected one file of answers a month")
        return found[0] if found else None


def prepared(scorer: Scorer, month: Incoming) -> pl.DataFrame:
    """Customers of a month as the study prepares them; those with a problem are left out."""
    preparation = scorer.preparation
    name = pl.col("customer").cast(pl.String)
    if hasattr(preparation, "gather_folder"):
        tables, _ = preparation.gather_folder(month.folder, month.day)
        described = "customers" in tables
        customers = tables["customers"] if described else complete_customers(tables, scorer.parts.imputer)
        return customers.with_columns(name)
    file = _read(scorer, month)
    if hasattr(preparation, "gather"):
        gathered: pl.DataFrame = preparation.gather(file, month.day)[0]["customers"]
        return gathered.with_columns(name)
    problems: dict[int, str] = {}
    pieces = [rows for _, rows in piecewise(file, lambda rows: preparation.apply(rows, month.day), problems)]
    return pl.concat(pieces, how="vertical_relaxed").with_columns(name)


def scored(scorer: Scorer, month: Incoming) -> pl.DataFrame:
    """Scores of a month, made once, of the customers without a problem."""
    scores = pl.read_parquet(score_file(scorer, month.folder, month.day))
    return scores.filter(pl.col("problem").is_null() & pl.col("segment").is_not_null())


def answered(scorer: Scorer, month: Incoming) -> pl.DataFrame:
    """Answers of a month that are known: `customer`, `response` 0 or 1; no row where none is.

    They come from the file of answers, else from the column of the study's own file.

    Raises
    ------
    PersonaeError
        If a value is no answer, a customer is there twice or none of a row, or there are two files.
    """
    none = pl.DataFrame(schema={"customer": pl.String, "response": pl.Float64})
    model, preparation = scorer.model, scorer.preparation
    if model is None or len(model.classes) != 2:
        return none
    if month.answers is not None:
        table = read_columns(month.answers, ("customer", "response")).drop_nulls("response")
        wrong = table.filter(~pl.col("response").is_in([0.0, 1.0]))["response"]
        if len(wrong):
            raise PersonaeError(f"{month.answers}: column response holds {wrong[0]:g}; expected 0 or 1")
        twice = table.filter(pl.col("customer").is_duplicated())["customer"]
        if len(twice):
            raise PersonaeError(f"{month.answers}: customer {twice[0]} is there twice; expected each once")
        return table.cast(none.schema)
    if preparation.answer is None:
        return none
    file = _read(scorer, month)
    if preparation.answer not in file.table.columns:
        return none
    known = getattr(preparation, "answers", None) or [str(each) for each in model.classes]
    customer = identifiers(file.table[preparation.identifier]) if preparation.identifier else _places(file)
    given = given_answers(file, preparation.answer, getattr(preparation.settings, "missing", {}))
    given = given.replace(dict(model.merged)) if model.merged else given
    whole = given.str.replace(r"\.0+$", "")  # as programs write whole numbers beside gaps
    given = given.zip_with(~whole.is_in(known), whole)
    given = given.set(given.str.to_lowercase().is_in(list(MISSING_WORDS)) & ~given.is_in(known), None)
    wrong = (~given.is_in(known)).fill_null(value=False).arg_true()
    if len(wrong):
        place, row = f"{file.path}: column {preparation.answer}", file.lines[wrong[0]]
        expected = ", ".join(model.merged or known)
        raise PersonaeError(f"{place} holds {given[wrong[0]]!r} in row {row}; expected one of {expected}")
    table = pl.DataFrame({"customer": customer, "response": (given == known[-1]).cast(pl.Float64)})
    return table.drop_nulls()


def judged(scores: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Scores with a probability of customers whose answer is known."""
    known = scores.filter(pl.col("probability").is_not_null())
    return known.join(answers, on="customer", how="inner", maintain_order="left")


def _read(scorer: Scorer, month: Incoming) -> TableFile:
    files = customer_files(scorer, month.folder)
    return together([read_file(path, **file_format(scorer)) for path in files])


def _places(file: TableFile) -> Sequence[str]:
    return [str(place) for place in range(1, file.table.height + 1)]
