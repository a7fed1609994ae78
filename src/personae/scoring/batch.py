"""Scores of a file: written once, with what they were made of."""

import datetime
import hashlib
from pathlib import Path

import polars as pl

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import atomic_write, write_json
from personae.scoring.scorer import Scorer
from personae.sources.files import TableFile, read_file

PIECE = 50_000


def score_file(scorer: Scorer, path: Path | str, as_of: datetime.date | None = None) -> Path:
    """Score a file's customers; the same file, model and day are scored once.

    Parameters
    ----------
    path
        CSV of any kind, Excel or Parquet, with the columns of the study's own file.
    as_of
        Day on which customers are described; by default the training file's newest.

    Returns
    -------
    The Parquet file with the scores, see `Scorer.score`; beside it, as JSON, what they were made of.

    Raises
    ------
    PersonaeError
        If the file cannot be read, repeats an identifier, lacks a column or has too many problems.
    """
    path = Path(path)
    if not path.is_file():
        raise PersonaeError(f"{path}: no such file")
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    day = as_of or scorer.preparation.as_of
    dated = f"-{day}" if day else ""
    output = paths.scores(scorer.study, f"{path.stem}-{digest[:12]}-{scorer.version}{dated}.parquet")
    if output.exists():
        return output
    table = score_table(scorer, read_file(path), as_of)
    made_of = {
        "study": scorer.study,
        "model_version": scorer.version,
        "as_of": str(day) if day else None,
        "input": path.name,
        "input_sha256": digest,
        "rows": table.height,
        "problems": table.height - table["problem"].null_count(),
        "contacts": int((table["decision"] == "contact").sum()),
    }
    write_json(output.with_suffix(".json"), made_of)
    with atomic_write(output) as partial:  # last: who finds it finds both
        table.write_parquet(partial, compression="zstd", statistics=False)
    return output


def score_table(scorer: Scorer, file: TableFile, as_of: datetime.date | None = None) -> pl.DataFrame:
    """Score rows in pieces of 50,000, see `Scorer.score`.

    Raises
    ------
    PersonaeError
        If an identifier repeats.
    """
    name = scorer.preparation.identifier
    if name and name in file.table.columns:
        again = file.table[name].drop_nulls().is_duplicated().arg_true()
        if len(again):
            value = file.table[name].drop_nulls()[again[0]]
            raise PersonaeError(f"{file.path}: column {name} repeats {value!r}; expected each customer once")
    starts = range(0, file.table.height, PIECE)
    return pl.concat(
        scorer.score(
            TableFile(file.path, file.table[start : start + PIECE], file.lines[start : start + PIECE]), as_of
        )
        for start in starts
    )
