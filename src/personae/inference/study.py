"""All of stage compare as one value: the comparison of groups, agreement with segments, probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import narwhals as nw
import numpy as np
from narwhals.typing import IntoDataFrame

from personae.core.errors import PersonaeError
from personae.inference.agreement import Agreement, agreement
from personae.inference.columns import group_names, read_column
from personae.inference.compare import Comparison, compare
from personae.inference.probabilities import Bins, Probability, probabilities
from personae.inference.rules import Rules
from personae.inference.settings import Compare

SEGMENT = "segment"


@dataclass(frozen=True, slots=True)
class Compared:
    """What stage compare writes.

    Attributes
    ----------
    comparison
        Tests, effects and merge verdicts.
    segments
        Agreement of a given grouping with the segments; None where the segments are the grouping.
    probabilities
        Rows of the declared tables.
    """

    comparison: Comparison
    segments: Agreement | None
    probabilities: tuple[Probability, ...]

    def report(self) -> dict[str, Any]:
        """Give the contents of `compare.json`."""
        return {f.name: getattr(self.comparison, f.name) for f in fields(self.comparison)} | {
            "segments": self.segments
        }


def compare_study(
    customers: IntoDataFrame,
    segments: IntoDataFrame,
    settings: Compare,
    *,
    made_by: Sequence[str],
    seed: int,
) -> Compared:
    """Compare the given groups of a study, or else its segments.

    Parameters
    ----------
    customers : completed customer table.
    segments : `segment` of each customer, rows in the same order; negative for customers in none.
    made_by : columns that made the segments: where these are the groups, described and never tested.

    Raises
    ------
    PersonaeError
        As `compare` and `probabilities` do, or if there is not one segment a customer.
    """
    frame = nw.from_native(customers, eager_only=True)
    found = nw.from_native(segments, eager_only=True)[SEGMENT]
    if len(found) != len(frame):
        raise PersonaeError(f"{len(found)} segments for {len(frame)} customers: segment them again")
    labels = np.where(found.fill_null(-1) < 0, "", group_names(read_column(found.to_frame(), SEGMENT)))
    grouping = settings.grouping or SEGMENT
    if settings.grouping is None:
        frame = frame.with_columns(nw.new_series(SEGMENT, labels.tolist(), backend=frame.implementation))
    comparison = compare(
        frame,
        grouping,
        Rules(**settings.rules.model_dump()),
        seed=seed,
        variables=settings.variables,
        descriptive=() if settings.grouping else [*made_by, *settings.descriptive],
        unit=settings.unit,
    )
    agreed = None
    if settings.grouping is not None:
        given = group_names(read_column(frame, grouping))
        both = (given != "") & (labels != "")
        agreed = agreement(given[both], labels[both], seed)
    tables = settings.probabilities
    rows = (
        ()
        if tables is None
        else probabilities(
            frame,
            tables.pairs,
            {name: Bins(tuple(bins.edges), bins.closed) for name, bins in tables.bins.items()},
            small_n=tables.small_n,
        )
    )
    return Compared(comparison, agreed, rows)
