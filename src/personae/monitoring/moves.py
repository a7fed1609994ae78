"""Migration of a study's customers, from its files: what `personae migration` says and writes."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from personae.core import paths, tables
from personae.core.errors import PersonaeError
from personae.core.files import write_json
from personae.monitoring.migration import MARGIN, hysteresis, steps
from personae.monitoring.month import Incoming, scored
from personae.scoring.scorer import Scorer


def migrate(study: str, scorer: Scorer, months: Sequence[Incoming]) -> list[dict[str, Any]]:
    """Follow customers from the training data through the months.

    Writes `scores/<study>/<month>-migration.json`, and `<month>-moves.csv` with each customer whose move
    counts: the list that actions start from.

    Raises
    ------
    PersonaeError
        If the study has no anchor: after a retrain its ids could mean other segments.
    """
    if not paths.anchor(study).exists():
        raise PersonaeError(
            f"{paths.anchor(study)}: no anchor, so a segment's id may mean another one after a retrain; "
            f"`personae anchor {study}` keeps today's"
        )
    trained = tables.read(paths.table(study, "segments")).with_columns(pl.col("customer").cast(pl.String))
    times = [trained.filter(pl.col("segment") >= 0), *(scored(scorer, month) for month in months)]
    held = hysteresis(times)
    names, made = scorer.parts.segment_names, []
    both = zip(steps(times), steps(held), strict=True)
    for place, (month, (raw, kept)) in enumerate(zip(months, both, strict=True)):
        found = {"study": study, "month": month.name, "model_version": scorer.version, "margin": MARGIN}
        found |= {"names": {str(one): name for one, name in names.items()}}
        found |= {"raw": raw, "counted": kept}
        made.append(found)
        write_json(paths.scores(study, f"{month.name}-migration.json"), found)
        moved = _moved(held[place], held[place + 1], names)
        tables.write_csv(paths.scores(study, f"{month.name}-moves.csv"), moved)
    return made


def lines_of(made: Mapping[str, Any]) -> list[str]:
    """Write the main figures of a month for the terminal."""
    raw, kept = made["raw"], made["counted"]
    if not kept["customers"]:
        return [f"{made['month']}: no customer was there before"]
    said = [
        f"{made['month']}: {kept['moved']:.1%} of {kept['customers']:,} customers moved "
        f"({raw['moved']:.1%} if every border crossed counted)"
    ]
    for move in kept["moves"]:
        if move["before"] != move["now"]:
            a, b = (made["names"].get(str(move[side]), str(move[side])) for side in ("before", "now"))
            said.append(f"  {move['customers']:,} from {a} to {b}")
    return said


def _moved(before: pl.DataFrame, now: pl.DataFrame, names: Mapping[int, str]) -> pl.DataFrame:
    both = now.join(before, on="customer", how="inner", suffix="_before", maintain_order="left")
    left = both.filter(pl.col("segment") != pl.col("segment_before"))

    def named(column: str) -> pl.Expr:
        return pl.col(column).replace_strict(dict(names), default=None, return_dtype=pl.String)

    return left.select(
        "customer",
        before="segment_before",
        before_name=named("segment_before"),
        now="segment",
        now_name=named("segment"),
        margin="margin",
    )
