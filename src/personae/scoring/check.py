"""Score a study's own raw files in a process of its own, against what its stages found."""

import re
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version
from pathlib import Path
from typing import Any

import polars as pl

from personae.core import paths, tables
from personae.core.command import one_line_errors, pin_arithmetic
from personae.core.files import write_json
from personae.scoring.batch import score_paths
from personae.scoring.scorer import load_scorer

SCORES, REQUIREMENTS = "scores.parquet", "requirements.json"


def compare(scores: pl.DataFrame, segments: pl.DataFrame, expected: pl.DataFrame) -> Mapping[str, Any]:
    """Compare scores with segments and probabilities of the stages, by customer.

    Parameters
    ----------
    scores
        As `Scorer.score` gives them.
    segments
        `customer`, `segment`.
    expected
        `customer`, `probability` of the deployed model, `offer` if there are several; empty without model.

    Returns
    -------
    Rows, those with a problem, how many segments differ or are absent, how many probabilities were
    compared and the largest difference.

    Examples
    --------
    >>> answers = {"customer": "1", "segment": 0, "probability": 0.5, "problem": None, "offer": None}
    >>> found = pl.DataFrame(answers)
    >>> compare(found, pl.DataFrame({"customer": [1], "segment": [0]}), found[["customer", "probability"]])
    {'rows': 1, 'problems': 0, 'segments_differ': 0, 'probabilities': 1, 'largest_difference': 0.0}
    """
    scored = scores.select("customer", "segment", "probability", pl.col("offer").cast(pl.String))
    found = _named(segments).join(scored, on="customer", how="left", suffix="_scored")
    differ = found.filter(pl.col("segment").ne_missing(pl.col("segment_scored"))).height
    expected = _named(expected if "offer" in expected.columns else expected.with_columns(offer=None))
    both = expected.cast({"offer": pl.String}).join(
        scored, on=["customer", "offer"], how="inner", suffix="_scored", nulls_equal=True
    )
    difference = (both["probability"] - both["probability_scored"]).abs()
    return {
        "rows": scores.height,
        "problems": scores.height - scores["problem"].null_count(),
        "segments_differ": differ,
        "probabilities": both.height - difference.null_count(),
        "largest_difference": difference.max(),
    }


def _named(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(pl.col("customer").cast(pl.String))


def requirements() -> list[str]:
    """Pin what this package depends on and all modules imported by now are of.

    Examples
    --------
    >>> any(line.startswith("polars==") for line in requirements())
    True
    """
    loaded = {name.partition(".")[0] for name in sys.modules}
    owned = packages_distributions()
    named = {each for module in loaded for each in owned.get(module, ())}
    needed = _closure("personae")
    return sorted(f"{name}=={version(name)}" for name in named if _plain(name) in needed)


def _closure(name: str) -> set[str]:
    """Names of all distributions that one depends on, directly or not, without extras."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        try:
            requirements = requires(waiting.pop()) or []
        except PackageNotFoundError:  # for another system or Python
            continue
        words = (re.split(r"[^\w.-]", each, maxsplit=1)[0] for each in requirements if "extra ==" not in each)
        new = {_plain(word) for word in words} - found
        found |= new
        waiting += new
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main(study: str, folder: str) -> None:
    """Write the scores of the raw files that the study was computed from, and what that took."""
    scorer = load_scorer(study)
    scores = score_paths(scorer, scorer.preparation.raw(paths.raw(study)))
    tables.write(Path(folder) / SCORES, scores)
    write_json(Path(folder) / REQUIREMENTS, requirements())


if __name__ == "__main__":
    pin_arithmetic()
    with one_line_errors():
        main(*sys.argv[1:])
