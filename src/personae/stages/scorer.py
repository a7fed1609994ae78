"""Stage scorer: what the stages fitted as one function, checked in a process of its own."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from personae.core import paths, tables
from personae.core.command import run_stage
from personae.core.errors import PersonaeError
from personae.core.files import read_json, write_json, write_text
from personae.core.settings import load
from personae.scoring import check
from personae.scoring.reference import reference_rows, response_rows, typical_of
from personae.scoring.scorer import CHECKED, DESCRIBED, Scorer, assemble, describe, load_scorer
from personae.scoring.settings import ScorerSettings


def main(study: str) -> None:
    settings = load(paths.settings(study, "scorer"), ScorerSettings)
    customers, folder = tables.read(paths.table(study, "customers")), paths.model(study, "scorer")
    given = {"customers": customers, **_model_rows(study, settings)}
    personas = read_json(paths.report(study, "personas.json"))
    description = describe(study, settings, personas, read_json(paths.preparation(study)))
    parts = assemble(description, folder.parent).parts
    description["typical"] = typical_of(parts, [*given.values()])
    # Not rounded, as reports are: limits and days must be those of the training rows to the last bit.
    write_text(folder / DESCRIBED, json.dumps(description, indent=2, ensure_ascii=False) + "\n")
    scorer, data = load_scorer(study), read_json(paths.origin(study), missing={"data": "other"})["data"]
    with tempfile.TemporaryDirectory() as place:
        scores, requirements = _scored_elsewhere(study, Path(place))
    checked = {"version": scorer.version, "data": data, **_check(study, scorer, given, scores)}
    write_json(folder / CHECKED, checked | {"requirements": requirements})
    tables.write(folder / "reference.parquet", reference_rows(customers, scores))


def _model_rows(study: str, settings: ScorerSettings) -> dict[str, pl.DataFrame]:
    """Tables behind the rows of the response model."""
    names = ("days", "hours") if settings.early else (settings.table,)
    return {name: tables.read(paths.source_table(study, name)) for name in names}


def _scored_elsewhere(study: str, place: Path) -> tuple[pl.DataFrame, list[str]]:
    """Score the raw files in a fresh process, which has nothing but what is on disk."""
    command = [sys.executable, "-m", "personae.scoring.check", study, str(place)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = ended.stderr.strip().splitlines() or ["it ended without a word"]
        raise PersonaeError(f"{study}: its own files cannot be scored: {said[-1].removeprefix('error: ')}")
    return tables.read(place / check.SCORES), read_json(place / check.REQUIREMENTS)


def _check(
    study: str, scorer: Scorer, given: Mapping[str, pl.DataFrame], scores: pl.DataFrame
) -> Mapping[str, Any]:
    segments = tables.read(paths.table(study, "segments")).select("customer", "segment")
    expected = segments.head(0).select("customer", probability=pl.lit(0.0))
    checked = check.compare(scores, segments, response_rows(scorer, given) if scorer.model else expected)
    if checked["segments_differ"] or (checked["largest_difference"] or 0.0) > 0.0:
        raise PersonaeError(
            f"{study}: scored alone, {checked['segments_differ']} customers are in another segment, and "
            f"probabilities differ by up to {checked['largest_difference']}"
        )
    return checked


if __name__ == "__main__":
    run_stage(main)
