"""Scores of a file: written once, with what they were made of."""

import datetime
import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from pyarrow.parquet import ParquetFile, ParquetWriter

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import atomic_write, write_json
from personae.scoring.scorer import SCORES, Scorer
from personae.sources.files import read_file, together
from personae.sources.pieces import read_pieces
from personae.sources.settings import FileSettings
from personae.sources.sql import snapshot

PIECE = 50_000


def score_file(
    scorer: Scorer,
    path: Path | str,
    as_of: datetime.date | None = None,
    *,
    reasons: int = 0,
    further: Mapping[str, str] | None = None,
) -> Path:
    """Score a file's customers; the same file, model and day are scored once.

    Parameters
    ----------
    path
        CSV of any kind, Excel or Parquet with the columns of the study's own file, or a folder of its files.
    as_of
        Day on which customers are described; by default the training file's newest.
    reasons
        Named with each score, up to three.
    further
        What else is known of the file's origin.

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
    given = customer_files(scorer, path) if path.is_dir() else [path]
    digest = _digest(given)
    day = as_of or scorer.preparation.as_of
    dated = (f"-{day}" if day else "") + (f"-{reasons}" if reasons else "")
    output = paths.scores(scorer.study, f"{path.stem}-{digest[:12]}-{scorer.version}{dated}.parquet")
    if output.exists():
        return output
    counts = dict.fromkeys(("rows", "problems", "contacts"), 0)
    with atomic_write(output) as partial:
        with ParquetWriter(partial, _schema(), compression="zstd") as writer:
            for piece in score_pieces(scorer, given, as_of, reasons):
                writer.write_table(piece.to_arrow().cast(_schema()))
                counts["rows"] += piece.height
                counts["problems"] += piece.height - piece["problem"].null_count()
                counts["contacts"] += int((piece["decision"] == "contact").sum())
        _check_once(scorer, path, partial)
        made_of = {
            "study": scorer.study,
            "model_version": scorer.version,
            "as_of": str(day) if day else None,
            "input": path.name,
            "input_sha256": digest,
            **counts,
        }
        # Before the table is there: who finds it finds both.
        write_json(output.with_suffix(".json"), made_of | dict(further or {}))
    return output


def score_query(
    scorer: Scorer, url: str, query: str, as_of: datetime.date | None = None, *, reasons: int = 0
) -> Path:
    """As `score_file`, of the rows of a query; see `personae.sources.sql.snapshot`."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "query.parquet"
        taken = snapshot(url, query, path)
        told = {"url": taken.url, "query": query, "time": taken.time}
        return score_file(scorer, path, as_of, reasons=reasons, further=told)


def score_paths(scorer: Scorer, given: Sequence[Path], as_of: datetime.date | None = None) -> pl.DataFrame:
    """Score the customers of a folder, or of the files that are parts of one table."""
    return pl.concat(score_pieces(scorer, given, as_of))


def score_pieces(
    scorer: Scorer, given: Sequence[Path], as_of: datetime.date | None = None, reasons: int = 0
) -> Iterator[pl.DataFrame]:
    """As `score_paths`, a piece of the rows at a time where each row is a customer.

    Lines of baskets, and folders, come as one piece: those of a customer stay together.
    """
    if len(given) == 1 and given[0].is_dir():
        yield scorer.score_folder(given[0], as_of, reasons=reasons)
        return
    how = file_format(scorer)
    if not hasattr(scorer.preparation, "apply"):
        yield scorer.score(together([read_file(path, **how) for path in given]), as_of, reasons=reasons)
        return
    first = 1
    for path in given:
        for piece in read_pieces(path, **how):
            yield scorer.score(piece, as_of, first=first, reasons=reasons)
            first += piece.table.height


def file_format(scorer: Scorer) -> dict[str, Any]:
    """Parameters of `read_file` that the study's settings give."""
    settings = scorer.preparation.settings
    if not isinstance(settings, FileSettings):
        return {}
    return {"delimiter": settings.delimiter, "encoding": settings.encoding, "sheet": settings.sheet}


def customer_files(scorer: Scorer, folder: Path) -> list[Path]:
    """Files of a folder that hold customers: those of the study's own names, else all that are there."""
    try:
        named = scorer.preparation.raw(folder)
    except PersonaeError:  # no file of the study's own name
        named = []
    if named and all(path.exists() for path in named):
        return list(named)
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if not files:
        raise PersonaeError(f"{folder}: holds no file")
    return files


def _schema() -> Any:
    return pl.DataFrame(schema=SCORES).to_arrow().schema


def _check_once(scorer: Scorer, path: Path, scores: Path) -> None:
    """Raise where an identifier repeats in the scores."""
    if scorer.preparation.identifier is None:
        return
    hashes = np.concatenate(
        [
            pl.DataFrame(pl.from_arrow(batch))["customer"].drop_nulls().hash().to_numpy()
            for batch in _customers(scores)
        ]
    )
    hashes.sort()
    again = hashes[1:][hashes[1:] == hashes[:-1]]
    if not len(again):
        return
    named = pl.scan_parquet(scores).select("customer").drop_nulls()
    alike = named.filter(pl.col("customer").hash().is_in(again[:1].tolist())).collect()["customer"]
    repeated = alike.filter(alike.is_duplicated())
    if len(repeated):
        name = scorer.preparation.identifier
        raise PersonaeError(f"{path}: column {name} repeats {repeated[0]!r}; expected each customer once")


def _customers(scores: Path) -> Iterator[Any]:
    with ParquetFile(scores) as file:
        yield from file.iter_batches(batch_size=PIECE, columns=["customer"])


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
