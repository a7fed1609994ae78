"""A study's fitted parts as one function, from raw rows to decisions."""

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from personae.core import archive, paths
from personae.core.errors import PersonaeError
from personae.core.files import read_json
from personae.imputation.imputer import TRUSTED_TYPES
from personae.response.model import DESCRIPTION, ResponseModel, from_files
from personae.scoring.fitted import Fitted
from personae.scoring.reasons import MOST_REASONS
from personae.scoring.settings import ScorerSettings
from personae.segmentation.segmenter import TRUSTED
from personae.sources.by_name import find_source
from personae.sources.files import TableFile
from personae.sources.gathered import Gathered, piecewise
from personae.sources.values import identifiers, labels, numbers

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
    **{f"reason_{place}": pl.String for place in range(1, MOST_REASONS + 1)},
    "model_version": pl.String,
    "as_of": pl.Date,
}
DESCRIBED, CHECKED = "scorer.json", "check.json"
PARTS = ("imputer", "segmenter", "classifier")


@dataclass(frozen=True, slots=True)
class Scorer:
    """What a study fitted, applied to raw rows of its kind.

    Attributes
    ----------
    study, version
        Its name, and a hash of all that is fitted.
    preparation
        What the source learned: with `apply` for rows of which each is a customer, `gather` for lines of
        several, `gather_folder` for several files.
    parts
        Imputer, segmenter and response model.
    """

    study: str
    version: str
    preparation: Any
    parts: Fitted

    @property
    def raw_columns(self) -> list[str] | None:
        """Columns that raw rows must have; None where a customer takes several files."""
        return None if hasattr(self.preparation, "gather_folder") else list(self.preparation.columns)

    @property
    def model(self) -> ResponseModel | None:
        """None where the study predicts nothing."""
        return self.parts.model

    def score(
        self, file: TableFile, as_of: datetime.date | None = None, *, first: int = 1, reasons: int = 0
    ) -> pl.DataFrame:
        """Answer for every customer; what one row holds changes no other's answer.

        Parameters
        ----------
        file
            Raw rows in the columns of the study's own file; without the answer, or with it unread.
        as_of
            Day on which customers are described; by default the training file's newest.
        first
            Number of the first row, where no column identifies a customer.
        reasons
            Columns that a row names, up to three, see `personae.scoring.reasons`.

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
            return self._gathered(self.preparation.gather(file, as_of), as_of, reasons)
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
        answers = self.parts.answers({"customers": customers}, reasons)
        answers = answers.with_columns(row=pl.Series(rows, dtype=pl.Int64))
        return self._finished(_together(every, answers.drop("customer"), "row"), as_of)

    def score_folder(
        self, folder: Path, as_of: datetime.date | None = None, *, reasons: int = 0
    ) -> pl.DataFrame:
        """As `score`, of the files in a folder."""
        if not hasattr(self.preparation, "gather_folder"):
            raise PersonaeError(f"{folder}: is a folder; {self.study} takes one file")
        return self._gathered(self.preparation.gather_folder(folder, as_of), as_of, reasons)

    def score_prepared(self, customers: pl.DataFrame, *, reasons: int = 0) -> pl.DataFrame:
        """As `score`, of customers as stage `prepare` writes them; a number that is none is a problem.

        Columns of a response model whose rows are of another table may be absent: no probability then.
        """
        parts, typical, names = self.parts, self.parts.typical, {"customers", self.parts.settings.table}
        # Of user-days the model's rows are users by their first days, which described users no longer have.
        away = parts.settings.table != "customers" and not set(typical) <= set(customers.columns)
        if parts.settings.early or away:
            typical, names = {name: typical[name] for name in parts.placing}, {"customers"}
        absent = [name for name in ("customer", *typical) if name not in customers.columns]
        if absent:
            raise PersonaeError(f"column {absent[0]} is missing")
        named = identifiers(customers["customer"]).fill_null("")
        columns, wrong = [named.alias("customer")], pl.Series("problem", [None] * len(named), dtype=pl.String)
        for name, value in typical.items():
            if isinstance(value, str):
                columns.append(labels(customers[name]))
                continue
            cells = numbers(customers[name])
            columns.append(cells.values.cast(pl.Float64))
            for row in cells.wrong:
                wrong[row] = f"column {name} holds {customers[name][row]!r}; expected a number"
        sound = wrong.is_null()
        rest = customers.drop("customer", *typical)
        table = pl.DataFrame(columns).hstack(rest.get_columns()).filter(sound)
        tables = dict.fromkeys(names, table)
        problems = dict(pl.DataFrame([named.alias("customer"), wrong]).filter(~sound).iter_rows())
        scored = self._gathered((tables, problems), None, reasons)
        order = pl.DataFrame({"customer": named})
        return order.join(scored, on="customer", how="left", maintain_order="left")

    def _gathered(self, given: Gathered, as_of: datetime.date | None, reasons: int) -> pl.DataFrame:
        tables, problems = given
        said = {"customer": list(problems), "problem": list(problems.values())}
        wrong = pl.DataFrame(said, schema=dict.fromkeys(said, pl.String))
        some = any(table.height for name, table in tables.items() if name in ("customers", "days"))
        if not some:
            return self._finished(wrong, as_of)
        answers = self.parts.answers(tables, reasons)
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


def _together(every: pl.DataFrame, answers: pl.DataFrame, key: str) -> pl.DataFrame:
    """Give every row its answer, and the problem found first."""
    joined = every.join(answers, on=key, how="left", maintain_order="left", suffix="_found")
    if "problem_found" in joined.columns:
        joined = joined.with_columns(problem=pl.coalesce("problem", "problem_found"))
    return joined


def load_scorer(study: str) -> Scorer:
    """Load what a study's stages fitted, from the project in the working directory.

    Raises
    ------
    PersonaeError
        If the study is not computed.
    """
    models = paths.model(study, "")
    return assemble(read_json(models / "scorer" / DESCRIBED), models)


def describe(
    study: str,
    settings: ScorerSettings,
    personas: Sequence[Mapping[str, Any]],
    learned: Mapping[str, Any],
    typical: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Say of a scorer what no fitted part holds.

    Parameters
    ----------
    personas
        Contents of `personas.json`; their names are the segments' where they are of segments.
    learned
        What preparing learned of the training file.
    typical
        See `Fitted`.
    """
    return {
        "study": study,
        "settings": settings.model_dump(mode="json"),
        "names": {str(one["id"]): one["name"] for one in personas if settings.named},
        "preparation": dict(learned),
        "typical": dict(typical or {}),
    }


def assemble(description: Mapping[str, Any], models: Path) -> Scorer:
    """Put a scorer together from its description and the folders of its fitted parts."""
    settings = ScorerSettings.model_validate_json(json.dumps(description["settings"]))
    kind = find_source(settings.source).Preparation
    preparation = kind.model_validate_json(json.dumps(description["preparation"]))
    parts = Fitted(
        settings,
        archive.load(models / "imputer", TRUSTED_TYPES),
        archive.load(models / "segmenter", TRUSTED),
        {int(one): name for one, name in description["names"].items()},
        description["typical"],
        _model(models / "classifier"),
        getattr(preparation, "offer", None),
    )
    return Scorer(description["study"], _version(description, models), preparation, parts)


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
