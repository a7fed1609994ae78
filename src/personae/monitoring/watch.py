"""Drift of a study's months, from its files: what `personae drift` says and writes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from personae.core import paths, tables
from personae.core.files import write_json
from personae.core.settings import load
from personae.inference.values import read_column
from personae.monitoring.drift import (
    LEVEL,
    MIN_ROWS,
    calibration,
    columns,
    joint_change,
    segment_shares,
    verdict,
)
from personae.monitoring.month import Incoming, answered, judged, prepared, scored
from personae.response.predictions import by_case
from personae.response.settings import Classify
from personae.scoring.scorer import Scorer

SEED = 0
Counts = tuple[float, float, float]


def watch(
    study: str, scorer: Scorer, months: Sequence[Incoming], asked: Sequence[str]
) -> list[dict[str, Any]]:
    """Test the months that are asked for, and write `scores/<study>/<month>-drift.json` of each.

    Parameters
    ----------
    months
        All up to the last that is asked for, in order: earlier ones say how much calibration swings.

    Raises
    ------
    PersonaeError
        If a month's files or answers do not fit.
    """
    reference = pl.read_parquet(paths.model(study, "scorer") / "reference.parquet")
    before = tables.read(paths.table(study, "segments")).select(pl.col("customer").cast(pl.String), "segment")
    earlier, made = training_times(study, scorer), []
    for month in months:
        scores = scored(scorer, month)
        answers = answered(scorer, month)
        known = judged(scores, answers)
        if month.name in asked:
            tests = [*_shift(scorer, month, reference, before, scores), *_responses(known, earlier)]
            rows = {
                "study": study,
                "month": month.name,
                "model_version": scorer.version,
                "customers": scores.height,
            }
            names = _inputs(scorer, reference)
            made.append(
                rows
                | {"verdict": verdict(tests, scores.height), "level": LEVEL, "tests": tests}
                | {"answers": answers.height, "answers_left_out": answers.height - known.height}
                | {"columns": columns(reference, prepared(scorer, month), names)}
            )
            write_json(paths.scores(study, f"{month.name}-drift.json"), made[-1])
        if known.height:
            earlier = [*earlier, _counts(known["response"].to_numpy(), known["probability"].to_numpy())]
    return made


def training_times(study: str, scorer: Scorer) -> list[Counts]:
    """Responses that came and were expected out of fold, by time of the offer; none without times."""
    path = paths.settings(study, "classify")
    if scorer.model is None or not path.exists():
        return []
    settings = load(path, Classify, "classify")
    if settings.time is None or not paths.table(study, "responses").exists():
        return []
    cases, probabilities = by_case(tables.read(paths.table(study, "responses")).to_pandas())
    times = tables.read(paths.source_table(study, settings.table))[settings.time].to_numpy()
    if len(times) != len(cases) or len(scorer.model.classes) != 2:
        return []
    chance, target = probabilities[0, :, 0], cases["target"].to_numpy(dtype=float)
    tested = ~np.isnan(chance)
    return [
        _counts(target[rows], chance[rows])
        for time in np.unique(times)
        if (rows := tested & (times == time)).any()
    ]


def lines_of(made: Mapping[str, Any]) -> list[str]:
    """Write the main figures of a month for the terminal."""
    said = [f"{made['month']}: {made['verdict']} ({made['customers']:,} customers)"]
    for test in made["tests"]:
        if "p" not in test:
            said.append(f"  {test['test']}: {test['word']} ({test['expected']:.0f} responses expected)")
            continue
        figure = f"effect {test['effect']:.3f}"
        if test["ci"] is not None:
            figure += f" (95 % interval {test['ci'][0]:.3f} to {test['ci'][1]:.3f})"
        said.append(f"  {test['test']}: {test['word']}, {figure}, p {test['p']:.2g}")
    if made["answers_left_out"]:
        left = f"{made['answers_left_out']:,} of {made['answers']:,} answers"
        said.append(f"  {left} are of no customer of the month who has a probability; left out")
    moved = [row for row in made["columns"] if row["p_holm"] <= 0.05][:5]
    for row in moved:
        size = f"effect {row['effect']:+.2f} ({row['ci'][0]:+.2f} to {row['ci'][1]:+.2f})"
        said.append(f"  column {row['column']}: {size}, Holm p {row['p_holm']:.2g}")
    return said


def _inputs(scorer: Scorer, reference: pl.DataFrame) -> list[str]:
    return [name for name in scorer.parts.inputs if name in reference.columns]


def _shift(
    scorer: Scorer, month: Incoming, reference: pl.DataFrame, before: pl.DataFrame, scores: pl.DataFrame
) -> list[dict[str, Any]]:
    """Joint change and segment shares; the same customers are compared with themselves."""
    now = prepared(scorer, month)
    both = scores.join(before, on="customer", how="inner", suffix="_before", maintain_order="left")
    # Rows that nothing identifies are numbered: the same number is no sign of the same customer.
    panel = scorer.preparation.identifier is not None and both.height >= scores.height / 2
    if panel:
        # A customer on both sides would be told apart from itself: half of them are left to each side.
        half = pl.col("customer").hash(seed=SEED) % 2
        now, reference = now.filter(half == 0), reference.filter(half == 1)
    if min(now.height, reference.height) < MIN_ROWS / 2:
        return []
    names = _inputs(scorer, reference)
    joint = joint_change(
        [read_column(reference, name) for name in names],
        [read_column(now, name) for name in names],
        seed=SEED,
    )
    shares = (
        segment_shares(both["segment_before"].to_numpy(), both["segment"].to_numpy(), paired=True)
        if panel
        else segment_shares(before["segment"].to_numpy(), scores["segment"].to_numpy())
    )
    return [joint, shares]


def _responses(known: pl.DataFrame, earlier: Sequence[Counts]) -> list[dict[str, Any]]:
    if not known.height:
        return []
    times = np.array(earlier).T if earlier else None
    return [calibration(known["response"].to_numpy(), known["probability"].to_numpy(), times)]


def _counts(response: Any, probability: Any) -> Counts:
    return float(response.sum()), float(probability.sum()), float((probability * (1 - probability)).sum())
