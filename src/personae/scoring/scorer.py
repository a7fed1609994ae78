"""A study's fitted parts as one function, from raw rows to decisions."""

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from personae.core import archive, paths
from personae.core.errors import PersonaeError
from personae.core.files import read_json
from personae.days.early import early_rows
from personae.imputation.completion import complete_customers
from personae.imputation.imputer import TRUSTED_TYPES, TableImputer
from personae.response.model import DESCRIPTION, ResponseModel, from_files
from personae.scoring.settings import ScorerSettings
from personae.segmentation.segmenter import TRUSTED, Segmenter
from personae.sources.by_name import find_source
from personae.sources.files import TableFile
from personae.sources.gathered import Gathered, piecewise
from personae.sources.values import identifiers
from personae.targeting.choose import economics_of
from personae.targeting.profit import contact

SCORES = {
    "customer": pl.String,
    "segment": pl.Int64,
    "segment_name": pl.String,
    "margin": pl.Float64,
    "far": pl.Boolean,
    "probability": pl.Float64,
    "predicted": pl.String,
    "offer": pl.String,
    "expected_profit": pl.Float64,
    "decision": pl.String,
    "flags": pl.String,
    "problem": pl.String,
    "model_version": pl.String,
    "as_of": pl.Date,
}
DESCRIBED = "scorer.json"
PARTS = ("imputer", "segmenter", "classifier")


@dataclass(frozen=True, slots=True)
class Scorer:
    """What a study fitted, applied to raw rows of its kind.

    Attributes
    ----------
    study, version
        Its name, and a hash of all that is fitted.
    settings
        Source, rows of the response model, prices.
    preparation
        What the source learned: with `apply` for rows of which each is a customer, `gather` for lines of
        several, `gather_folder` for several files.
    segment_names
        Of the personas, by segment.
    model
        None where the study predicts nothing.
    """

    study: str
    version: str
    settings: ScorerSettings
    preparation: Any
    imputer: TableImputer
    segmenter: Segmenter
    segment_names: dict[int, str]
    model: ResponseModel | None

    @property
    def inputs(self) -> list[str]:
        """Prepared columns that the segmenter reads, and the model of the same rows."""
        own = [*self.segmenter.space.columns, *self.segmenter.space.categorical]
        alike = self.model and self.settings.table == "customers"
        return list(dict.fromkeys([*own, *(self.model.columns if self.model and alike else ())]))

    def score(self, file: TableFile, as_of: datetime.date | None = None, *, first: int = 1) -> pl.DataFrame:
        """Answer for every customer; what one row holds changes no other's answer.

        Parameters
        ----------
        file
            Raw rows in the columns of the study's own file; without the answer, or with it unread.
        as_of
            Day on which customers are described; by default the training file's newest.
        first
            Number of the first row, where no column identifies a customer.

        Returns
        -------
        DataFrame
            Columns of `SCORES`, a row for each of the file or, of lines, for each customer: `margin` from 0
            to 1, `far` beyond 99 % of the training customers, `probability` of the event (of more than two
            answers, of the most probable, `predicted`), `offer` where customers get several, `decision`
            `contact`, `leave`, or `none` for a row with a `problem` and studies without prices; `flags` says
            what is missing or was repaired.

        Raises
        ------
        PersonaeError
            If a column is missing, more than 1,000 rows have a problem, or customers of this study take
            several files.
        """
        if hasattr(self.preparation, "gather"):
            return self._gathered(self.preparation.gather(file, as_of), as_of)
        if not hasattr(self.preparation, "apply"):
            raise PersonaeError(
                f"{file.path}: a customer of {self.study} takes several files: give their folder"
            )
        answer = self.preparation.answer
        file = replace(file, table=file.table.drop(answer, strict=False) if answer else file.table)
        problems: dict[int, str] = {}
        pieces = list(piecewise(file, lambda rows: self.preparation.apply(rows, as_of), problems))
        rows = [row for start, piece in pieces for row in range(start, start + piece.height)]
        name = self.preparation.identifier
        height = file.table.height
        customer = identifiers(file.table[name]) if name else list(map(str, range(first, first + height)))
        every = pl.DataFrame(
            {"row": range(height), "customer": customer},
            schema_overrides={"row": pl.Int64, "customer": pl.String},
        )
        wrong = pl.DataFrame(
            list(problems.items()), schema={"row": pl.Int64, "problem": pl.String}, orient="row"
        )
        every = every.join(wrong, on="row", how="left", maintain_order="left")
        if not rows:
            return self._finished(every, as_of)
        customers = pl.concat([piece for _, piece in pieces], how="vertical_relaxed")
        answers = self._answers({"customers": customers}).with_columns(row=pl.Series(rows, dtype=pl.Int64))
        return self._finished(_together(every, answers.drop("customer"), "row"), as_of)

    def score_folder(self, folder: Path, as_of: datetime.date | None = None) -> pl.DataFrame:
        """As `score`, of the files in a folder."""
        if not hasattr(self.preparation, "gather_folder"):
            raise PersonaeError(f"{folder}: is a folder; {self.study} takes one file")
        return self._gathered(self.preparation.gather_folder(folder, as_of), as_of)

    def _gathered(self, given: Gathered, as_of: datetime.date | None) -> pl.DataFrame:
        problems = {"customer": list(given.problems), "problem": list(given.problems.values())}
        wrong = pl.DataFrame(problems, schema=dict.fromkeys(problems, pl.String))
        some = any(table.height for name, table in given.tables.items() if name in ("customers", "days"))
        if not some:
            return self._finished(wrong, as_of)
        answers = self._answers(given.tables)
        every = pl.concat([answers.select("customer"), wrong], how="diagonal")
        return self._finished(_together(every, answers, "customer"), as_of)

    def _finished(self, scored: pl.DataFrame, as_of: datetime.date | None) -> pl.DataFrame:
        absent = {name: pl.lit(None, kind) for name, kind in SCORES.items() if name not in scored.columns}
        return (
            scored.with_columns(**absent)
            .with_columns(
                pl.col("decision").fill_null("none"),
                model_version=pl.lit(self.version),
                as_of=pl.lit(as_of or self.preparation.as_of, pl.Date),
            )
            .select(pl.col(name).cast(kind) for name, kind in SCORES.items())
        )

    def _answers(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """Segment, probability and decision of prepared customers, in order; some with a problem."""
        completed = complete_customers(tables, self.imputer)
        gaps = [
            pl.when(pl.col(name).is_null()).then(pl.lit(f"{name}: missing, and nothing to fill it with"))
            for name in self.segmenter.space.columns
        ]
        problem = completed.select(problem=pl.coalesce([*gaps, pl.lit(None, pl.String)]))["problem"]
        sound = problem.is_null()
        table = completed.filter(sound)
        placed = self.segmenter.predict(table.to_pandas())
        described = tables.get("customers", completed)
        answers = table.select(pl.col("customer").cast(pl.String)).with_columns(
            *pl.from_pandas(placed),
            flags=described.filter(sound).select(_flags(described, self.inputs)).to_series(),
        )
        answers = answers.with_columns(
            segment_name=pl.col("segment").replace_strict(
                self.segment_names, default=None, return_dtype=pl.String
            )
        )
        answers = self._responses(answers, table, self._rows(tables, sound))
        wrong = completed.filter(~sound).select(pl.col("customer").cast(pl.String))
        everyone = pl.concat(
            [
                answers.with_columns(place=pl.Series(sound.arg_true())),
                wrong.with_columns(problem=problem.filter(~sound), place=pl.Series((~sound).arg_true())),
            ],
            how="diagonal",
        )
        return everyone.sort("place").drop("place")

    def _rows(self, tables: Mapping[str, pl.DataFrame], sound: pl.Series) -> pl.DataFrame:
        """Rows of the response model, one a customer at most."""
        if self.settings.early is not None:
            return early_rows(tables, self.settings.early)
        rows = tables.get(self.settings.table, pl.DataFrame())
        return rows.filter(sound) if self.settings.table == "customers" else rows

    def _responses(self, answers: pl.DataFrame, customers: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
        """Add probability and decision; customers without a row of the model have none."""
        if self.model is None or not rows.height:
            return answers
        if self.settings.table != "customers":
            known = customers.select("customer", *set(customers.columns) - set(rows.columns))
            both = rows.join(known, on="customer", how="inner", maintain_order="left")
            segments = both.select(pl.col("customer").cast(pl.String)).join(
                answers, on="customer", how="left", maintain_order="left"
            )
            responded = self._priced(both.to_pandas(), segments["segment"])
            responded = responded.with_columns(segments["customer"], **self.offered(both))
            return answers.join(responded, on="customer", how="left", maintain_order="left")
        return answers.hstack(self._priced(rows.to_pandas(), answers["segment"]))

    def offered(self, rows: pl.DataFrame) -> dict[str, pl.Series]:
        """Name the offer that each row of the response model is about, where there are several."""
        name = getattr(self.preparation, "offer", None)
        return {} if name is None else {"offer": rows[name].cast(pl.String)}

    def _priced(self, table: pd.DataFrame, segments: pl.Series) -> pl.DataFrame:
        assert self.model is not None
        chances = self.model.predict_proba(table)
        if len(self.model.classes) > 2:
            named = np.array([str(one) for one in self.model.classes])[chances.argmax(axis=1)]
            return pl.DataFrame({"probability": chances.max(axis=1), "predicted": named})
        probability = chances[:, 1]
        if self.settings.prices is None:
            return pl.DataFrame({"probability": probability})
        money = economics_of(self.settings.prices, table, segments.to_pandas(), alone=True)
        decision = np.where(contact(probability, money), "contact", "leave")
        profit = money.expected(probability)
        return pl.DataFrame({"probability": probability, "expected_profit": profit, "decision": decision})


def _together(every: pl.DataFrame, answers: pl.DataFrame, key: str) -> pl.DataFrame:
    """Give every row its answer, and the problem found first."""
    joined = every.join(answers, on=key, how="left", maintain_order="left", suffix="_found")
    if "problem_found" in joined.columns:
        joined = joined.with_columns(problem=pl.coalesce("problem", "problem_found"))
    return joined


def _flags(customers: pl.DataFrame, inputs: list[str]) -> pl.Expr:
    """Say of each row what is missing, and what its preparation repaired."""
    said = [
        pl.when(pl.col(name).is_null()).then(pl.lit(f"{name}: missing"))
        for name in inputs
        if name in customers.columns
    ]
    if "flags" in customers.columns:
        said.append(pl.when(pl.col("flags") != "").then(pl.col("flags")))
    return pl.concat_str(said, separator="; ", ignore_nulls=True) if said else pl.lit("")


def load_scorer(study: str) -> Scorer:
    """Load what a study's stages fitted, from the project in the working directory.

    Raises
    ------
    PersonaeError
        If the study is not computed.
    """
    models = paths.model(study, "")
    return assemble(study, read_json(models / "scorer" / DESCRIBED), models)


def describe(
    settings: ScorerSettings, personas: Sequence[Mapping[str, Any]], learned: Mapping[str, Any]
) -> dict[str, Any]:
    """Say of a scorer what no fitted part holds.

    Parameters
    ----------
    personas
        Contents of `personas.json`; their names are the segments' where they are of segments.
    learned
        What preparing learned of the training file.
    """
    names = {str(one["id"]): one["name"] for one in personas if settings.named}
    return {"settings": settings.model_dump(mode="json"), "names": names, "preparation": dict(learned)}


def assemble(study: str, description: Mapping[str, Any], models: Path) -> Scorer:
    """Put a scorer together from its description and the folders of its fitted parts."""
    settings = ScorerSettings.model_validate_json(json.dumps(description["settings"]))
    kind = find_source(settings.source).Preparation
    return Scorer(
        study,
        _version(description, models),
        settings,
        kind.model_validate_json(json.dumps(description["preparation"])),
        archive.load(models / "imputer", TRUSTED_TYPES),
        archive.load(models / "segmenter", TRUSTED),
        {int(one): name for one, name in description["names"].items()},
        _model(models / "classifier"),
    )


def _model(folder: Path) -> ResponseModel | None:
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.is_dir() else {}
    return from_files(files) if DESCRIPTION in files else None


def _version(description: Mapping[str, Any], models: Path) -> str:
    digest = hashlib.sha256(json.dumps(description, sort_keys=True).encode())
    fitted = (path for part in PARTS for path in (models / part).rglob("*") if path.is_file())
    for path in sorted(fitted):
        name = path.relative_to(models).as_posix()
        digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]
