"""A study's fitted parts as one function, from raw rows to decisions."""

import datetime
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from personae.core import archive, paths
from personae.core.errors import PersonaeError, printable
from personae.core.files import read_json
from personae.core.settings import load, read
from personae.imputation.imputer import TRUSTED_TYPES, TableImputer
from personae.response.model import DESCRIPTION, ResponseModel, from_files
from personae.segmentation.segmenter import TRUSTED, Segmenter
from personae.sources.by_name import find_source
from personae.sources.files import TableFile
from personae.sources.values import identifiers
from personae.targeting.choose import economics_of
from personae.targeting.profit import contact
from personae.targeting.settings import Target

# More are no slips: the file is another one than the study's.
MOST_PROBLEMS = 1000
SCORES = {
    "customer": pl.String,
    "segment": pl.Int64,
    "segment_name": pl.String,
    "margin": pl.Float64,
    "far": pl.Boolean,
    "probability": pl.Float64,
    "expected_profit": pl.Float64,
    "decision": pl.String,
    "flags": pl.String,
    "problem": pl.String,
    "model_version": pl.String,
    "as_of": pl.Date,
}


@dataclass(frozen=True, slots=True)
class Scorer:
    """What a study fitted, applied to raw rows of its kind.

    Attributes
    ----------
    study, version
        Its name, and a hash of all that is fitted.
    preparation
        What the source learned, as `sources.table.Preparation`.
    segment_names
        Of the personas, by segment.
    model, prices
        None where the study predicts no two-valued answer, or has no prices.
    """

    study: str
    version: str
    preparation: Any
    imputer: TableImputer
    segmenter: Segmenter
    segment_names: dict[int, str]
    model: ResponseModel | None
    prices: Target | None

    @property
    def inputs(self) -> list[str]:
        """Prepared columns that segmenter and response model read."""
        own = [*self.segmenter.space.columns, *self.segmenter.space.categorical]
        return list(dict.fromkeys([*own, *(self.model.columns if self.model else ())]))

    def score(self, file: TableFile, as_of: datetime.date | None = None) -> pl.DataFrame:
        """Answer for every row, in order; what one row holds changes no other's answer.

        Parameters
        ----------
        file
            Raw rows in the columns of the study's own file; without the answer, or with it unread.
        as_of
            Day on which customers are described; by default the training file's newest.

        Returns
        -------
        DataFrame
            Columns of `SCORES`: `margin` from 0 to 1, `far` beyond 99 % of the training customers,
            `decision` `contact`, `leave`, or `none` for a row with a `problem` and studies without prices;
            `flags` says what is missing or was repaired.

        Raises
        ------
        PersonaeError
            If a column is missing, or more than 1,000 rows have a problem.
        """
        answer = self.preparation.answer
        file = replace(file, table=file.table.drop(answer, strict=False) if answer else file.table)
        problems: dict[int, str] = {}
        pieces = list(self._prepared(file, as_of, problems))
        rows = [row for start, piece in pieces for row in range(start, start + piece.height)]
        answers = self._answers(pl.concat([piece for _, piece in pieces], how="vertical_relaxed"), rows)
        name = self.preparation.identifier
        customer = identifiers(file.table[name]) if name else [str(line) for line in file.lines]
        every = pl.DataFrame(
            {"row": range(file.table.height), "customer": customer},
            schema_overrides={"row": pl.Int64, "customer": pl.String},
        )
        wrong = pl.DataFrame(
            list(problems.items()), schema={"row": pl.Int64, "problem": pl.String}, orient="row"
        )
        scored = every.join(answers, on="row", how="left").join(wrong, on="row", how="left").sort("row")
        return scored.with_columns(
            pl.col("decision").fill_null("none"),
            model_version=pl.lit(self.version),
            as_of=pl.lit(as_of or self.preparation.as_of, pl.Date),
        ).select(pl.col(name).cast(kind) for name, kind in SCORES.items())

    def _prepared(
        self, file: TableFile, as_of: datetime.date | None, problems: dict[int, str]
    ) -> Iterator[tuple[int, pl.DataFrame]]:
        """Prepare rows by halves until the rows with a problem stand alone."""
        waiting = [(0, file.table.height)]
        while waiting:
            start, end = waiting.pop()
            try:
                yield start, self.preparation.apply(_rows(file, start, end), as_of)
            except PersonaeError as error:
                if end - start == file.table.height:  # a column that is missing is no row's problem
                    self.preparation.apply(_rows(file, 0, 0), as_of)
                if end - start > 1:
                    middle = (start + end) // 2
                    waiting += [(middle, end), (start, middle)]
                    continue
                text = str(error).removeprefix(f"{file.path}: ")
                problems[start] = printable(re.sub(r" in (row|line) \d+(?=; expected)", "", text))
                if len(problems) > MOST_PROBLEMS:
                    raise PersonaeError(
                        f"{file.path}: more than {MOST_PROBLEMS:,} rows have a problem; "
                        f"line {file.lines[start]}: {problems[start]}"
                    ) from None

    def _answers(self, customers: pl.DataFrame, rows: list[int]) -> pl.DataFrame:
        if not rows:
            return pl.DataFrame(schema={"row": pl.Int64, **SCORES}).drop(
                "customer", "problem", "model_version", "as_of"
            )
        table = customers.to_pandas()
        placed = self.segmenter.predict(self.imputer.transform(table))
        segment = placed["segment"].astype("Int64")
        answers = pl.from_pandas(placed).with_columns(
            row=pl.Series(rows, dtype=pl.Int64),
            segment_name=pl.col("segment").replace_strict(
                self.segment_names, default=None, return_dtype=pl.String
            ),
            flags=_flags(customers, self.inputs),
            probability=pl.lit(None, pl.Float64),
            expected_profit=pl.lit(None, pl.Float64),
            decision=pl.lit(None, pl.String),
        )
        if self.model is None:
            return answers
        probability = self.model.predict_proba(table)[:, 1]
        answers = answers.with_columns(probability=pl.Series(probability))
        if self.prices is None:
            return answers
        money = economics_of(self.prices, table, segment, alone=True)
        return answers.with_columns(
            expected_profit=pl.Series(money.expected(probability)),
            decision=pl.Series(np.where(contact(probability, money), "contact", "leave")),
        )


def _rows(file: TableFile, start: int, end: int) -> TableFile:
    return replace(file, table=file.table[start:end], lines=file.lines[start:end])


def _flags(customers: pl.DataFrame, inputs: list[str]) -> pl.Expr:
    """Say of each row what is missing, and what its preparation repaired."""
    said = [pl.when(customers[name].is_null()).then(pl.lit(f"{name}: missing")) for name in inputs]
    if "flags" in customers.columns:
        said.append(pl.when(customers["flags"] != "").then(customers["flags"]))
    return pl.concat_str(said, separator="; ", ignore_nulls=True) if said else pl.lit("")


def load_scorer(study: str) -> Scorer:
    """Load what a study's stages fitted, from the project in the working directory.

    Raises
    ------
    PersonaeError
        If the study is not computed, or its customers are described by several files.
    """
    source = read(paths.settings(study, "prepare"))["prepare"]["source"]
    kind = getattr(find_source(source), "Preparation", None)
    learned = paths.preparation(study)
    if kind is None or not hasattr(kind, "identifier"):
        raise PersonaeError(
            f"{study}: rows of source {source} cannot be scored alone; campaign's and tables can"
        )
    preparation = kind.model_validate(read_json(learned))
    folder = paths.model(study, "classifier")
    model = _model(folder) if folder.is_dir() else None
    prices = (
        load(paths.settings(study, "target"), Target)
        if model and paths.settings(study, "target").exists()
        else None
    )
    return Scorer(
        study,
        _version(study, learned),
        preparation,
        archive.load(paths.model(study, "imputer"), TRUSTED_TYPES),
        archive.load(paths.model(study, "segmenter"), TRUSTED),
        {one["id"]: one["name"] for one in read_json(paths.report(study, "personas.json"))},
        model,
        prices,
    )


def _model(folder: Path) -> ResponseModel | None:
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    model = from_files(files) if DESCRIPTION in files else None
    return model if model and len(model.classes) == 2 else None


def _version(study: str, learned: Path) -> str:
    digest = hashlib.sha256()
    fitted = sorted(path for path in paths.model(study, "").rglob("*") if path.is_file())
    settings = [path for path in (paths.settings(study, "target"),) if path.exists()]
    for path in [learned, *fitted, *settings]:
        digest.update(path.as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]
