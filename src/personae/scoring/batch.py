"""Scores of a file: written once, with what they were made of."""

import datetime
import hashlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import atomic_write, write_json
from personae.scoring.scorer import Scorer
from personae.sources.files import TableFile, read_file, together
from personae.sources.settings import FileSettings

PIECE = 50_000


def score_file(scorer: Scorer, path: Path | str, as_of: datetime.date | None = None) -> Path:
    """Score a file's customers; the same file, model and day are scored once.

    Parameters
    ----------
    path
        CSV of any kind, Excel or Parquet, with the columns of the study's own file; or a folder with the
        study's files.
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
    if not path.exists():
        raise PersonaeError(f"{path}: no such file")
    given = scorer.preparation.raw(path) if path.is_dir() else [path]
    digest = _digest(given)
    day = as_of or scorer.preparation.as_of
    dated = f"-{day}" if day else ""
    output = paths.scores(scorer.study, f"{path.stem}-{digest[:12]}-{scorer.version}{dated}.parquet")
    if output.exists():
        return output
    table = score_paths(scorer, given, as_of)
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


def score_paths(scorer: Scorer, given: Sequence[Path], as_of: datetime.date | None = None) -> pl.DataFrame:
    """Score the customers of a folder, or of the files that are parts of one table."""
    if len(given) == 1 and given[0].is_dir():
        return scorer.score_folder(given[0], as_of)
    settings = scorer.preparation.settings
    how = {}
    if isinstance(settings, FileSettings):
        how = {"delimiter": settings.delimiter, "encoding": settings.encoding, "sheet": settings.sheet}
    return score_table(scorer, together([read_file(path, **how) for path in given]), as_of)


def score_table(scorer: Scorer, file: TableFile, as_of: datetime.date | None = None) -> pl.DataFrame:
    """Score rows in pieces of 50,000, see `Scorer.score`.

    Raises
    ------
    PersonaeError
        If an identifier repeats.
    """
    if not hasattr(scorer.preparation, "apply"):  # lines: those of a customer stay together
        return scorer.score(file, as_of)
    name = scorer.preparation.identifier
    if name and name in file.table.columns:
        again = file.table[name].drop_nulls().is_duplicated().arg_true()
        if len(again):
            value = file.table[name].drop_nulls()[again[0]]
            raise PersonaeError(f"{file.path}: column {name} repeats {value!r}; expected each customer once")
    starts = range(0, file.table.height, PIECE)
    return pl.concat(
        scorer.score(
            TableFile(file.path, file.table[start : start + PIECE], file.lines[start : start + PIECE]),
            as_of,
            first=start + 1,
        )
        for start in starts
    )


def _digest(given: Sequence[Path]) -> str:
    """Hash of a file, or of the names and contents of several."""
    files = [file for path in given for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    found = []
    for file in files:
        if file.is_file():
            with file.open("rb") as content:
                found.append((file.name, hashlib.file_digest(content, "sha256").hexdigest()))
    if len(found) == 1:
        return found[0][1]
    return hashlib.sha256(repr(found).encode()).hexdigest()
