"""Settings of stage compare."""

import re
from typing import Any, Literal

from pydantic import Field, model_validator

from personae.core.settings import Frozen
from personae.core.statistics import Correction

Decision = Literal["merge", "keep"]
RankTest = Literal["mann-whitney", "dunn"]


class Margin(Frozen):
    """How far two groups may differ in a column and still be treated as one.

    In a file it is a text: `2 points` (of a share), `25 %` (ratio of means at most 1.25, at least 1 / 1.25),
    `0.3 sd` (pooled standard deviations), or a number in the column's own unit, however called: `5 years`.
    """

    value: float = Field(gt=0)
    unit: str = ""

    @model_validator(mode="before")
    @classmethod
    def _spelled(cls, said: Any) -> Any:
        if isinstance(said, int | float):
            return {"value": float(said)}
        if not isinstance(said, str):
            return said
        parts = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*(\D*?)\s*", said)
        if parts is None:
            raise ValueError(f"margin {said!r} is no number and unit; expected such as 2 points or 5 years")
        return {"value": float(parts[1]), "unit": "points" if parts[2] == "point" else parts[2]}

    def __str__(self) -> str:
        return f"{self.value:g} {self.unit}".strip()


class ComparisonCriteria(Frozen):
    """Levels, margins and choices that decide tests and verdicts; stated with every result.

    Attributes
    ----------
    alpha
        Level of the assumption checks, of each equivalence test and of each merge verdict.
    correction
        Correction of `p_adjusted` over all tests of the run.
    rank_test
        Pair test after Kruskal-Wallis.
    margins
        Equivalence margin by column; the others have that of their kind (`margins.equivalence`):
    margin
        of a number, in pooled standard deviations; Cliff's delta must stay below what it means between normal
        groups,
    mean_ratio
        of an amount, the ratio of means, or one over it,
    rate_margin, min_points
        of two values, a share of the rarer one's frequency; points that are always allowed,
    level_points, level_margin
        of a category, points of every level; of a rare level, a share of its frequency.
    auc_bound
        The two-sample AUC's upper bound must stay below it for a merge.
    power_effect
        Shift in standard deviations at which power is stated.
    min_group
        Smaller groups are left out, and so is a column known for fewer rows of a group.
    permutations
        Permuted labels in the two-sample test.
    on_inconclusive
        What the business decides where the data do not.
    """

    alpha: float = Field(0.05, gt=0, lt=0.5)
    correction: Correction = "holm"
    rank_test: RankTest = "mann-whitney"
    margin: float = Field(0.3, gt=0)
    mean_ratio: float = Field(1.25, gt=1)
    rate_margin: float = Field(0.25, gt=0, lt=1)
    min_points: float = Field(1.0, ge=0, lt=100)
    level_points: float = Field(15.0, gt=0, lt=100)
    level_margin: float = Field(0.75, gt=0, lt=1)
    margins: dict[str, Margin] = Field(default_factory=dict)
    auc_bound: float = Field(0.6, gt=0.5, lt=1)
    power_effect: float = Field(0.3, gt=0)
    min_group: int = Field(5, gt=2)
    permutations: int = Field(999, ge=99)
    on_inconclusive: Decision = "keep"


class Bins(Frozen):
    """Edges of a numeric column's bins; with `closed: left` an edge belongs to the bin above it."""

    edges: list[float] = Field(min_length=1)
    closed: Literal["left", "right"] = "left"

    @model_validator(mode="after")
    def _edges_rise(self) -> "Bins":
        if sorted(set(self.edges)) != self.edges:
            raise ValueError(f"edges {self.edges} do not rise")
        return self


class Probabilities(Frozen):
    """Pairs of columns to tabulate, bins of the numeric ones, and the total below which a row is marked.

    `highlights` are shown first: event, its value, what is given, its value.
    """

    pairs: list[tuple[str, str]] = Field(default_factory=list)
    bins: dict[str, Bins] = Field(default_factory=dict)
    small_n: int = Field(30, gt=0)
    highlights: list[tuple[str, str, str, str]] = Field(default_factory=list)

    @model_validator(mode="after")
    def _highlights_are_of_pairs(self) -> "Probabilities":
        for event, _, given, _ in self.highlights:
            if (event, given) not in self.pairs and (given, event) not in self.pairs:
                raise ValueError(f"highlights: {event} and {given} are none of the pairs")
        return self


class Compare(Frozen):
    """What is compared, and by which rules.

    Attributes
    ----------
    grouping
        Column of the customer table with given groups; null: the segments of stage segment.
    variables
        Columns to compare; none: all but grouping and unit.
    descriptive
        Columns that are functions of what made the segments: described, not tested. The columns of the
        segmentation itself always are.
    unit
        Column of the independent unit; null: every row is one.
    probabilities
        Tables of probabilities; null: none.
    """

    grouping: str | None = None
    variables: list[str] = Field(default_factory=list)
    descriptive: list[str] = Field(default_factory=list)
    unit: str | None = None
    rules: ComparisonCriteria = ComparisonCriteria()
    probabilities: Probabilities | None = None
