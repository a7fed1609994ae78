"""All segmentations of a study: the main one and the further named ones."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from personae.segmentation.segment import Segmentation, fit_segments
from personae.segmentation.settings import Segment
from personae.segmentation.settings import Space as SpaceSettings
from personae.segmentation.space import Space
from personae.segmentation.summary import Effort, SegmentReport


@dataclass(frozen=True, slots=True)
class StudySegments:
    """What stage segment writes.

    Attributes
    ----------
    main, others
        The segmentation that personas describe, and the further ones by name.
    report
        Its report, the others under `also`.
    customers
        `segment`, `margin`, `far` of the main one, and a column `segment_<name>` for every other.
    candidates
        Figures of every candidate k of all segmentations.
    """

    main: Segmentation
    others: Mapping[str, Segmentation]
    report: SegmentReport
    customers: pd.DataFrame
    candidates: pd.DataFrame


def segment_study(
    table: pd.DataFrame, settings: Segment, *, anchor: Mapping[str, Any], seed: int
) -> StudySegments:
    """Find the main segments of a study and the further named ones.

    Parameters
    ----------
    table : DataFrame
        One row a customer, complete, with `unit`, the independent unit.
    settings : Segment
        Spaces, method, choice of k, effort.
    anchor : mapping
        Segments of an earlier run under `segments`, as in `match_segments`; those of a further segmentation
        under `also.<name>`. Empty where there are none.
    seed : int
        Decides every figure.
    """

    def fit(space: SpaceSettings, k: int | None, known: Mapping[str, Any]) -> Segmentation:
        return fit_segments(
            table,
            Space(**space.model_dump()),
            clusterer=settings.clusterer.model_dump(),
            scaler=settings.scaler.name,
            axes=settings.scaler.axes,
            ks=settings.candidates,
            k=k,
            rule=settings.rule,
            cap=settings.cap,
            floor=settings.floor,
            effort=Effort(**settings.effort.model_dump()),
            groups=table["unit"].to_numpy(),
            anchor=known if known.get("segments") else None,
            seed=seed,
            workers=settings.workers,
            label=space.name,
        )

    main = fit(settings.space, settings.k, anchor)
    others = {
        name: fit(each.space, each.k, anchor.get("also", {}).get(name, {}))
        for name, each in settings.also.items()
    }
    found = {settings.space.name: main, **{each.report.space["name"]: each for each in others.values()}}
    named = {f"segment_{name}": each.customers["segment"] for name, each in others.items()}
    return StudySegments(
        main=main,
        others=others,
        report=replace(main.report, also={name: each.report for name, each in others.items()}),
        customers=main.customers.assign(**named),
        candidates=pd.concat(
            [each.candidates.assign(space=name) for name, each in found.items()], ignore_index=True
        ),
    )
