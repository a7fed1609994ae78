"""Settings of stage compare."""

from typing import Literal

from pydantic import Field, model_validator

from personae.core.settings import Frozen


class Rules(Frozen):
    """What tests and verdicts go by, see `personae.inference.rules.Rules`."""

    alpha: float = Field(gt=0, lt=0.5)
    correction: Literal["holm", "bh"]
    rank_test: Literal["mann-whitney", "dunn"]
    margin: float = Field(gt=0)
    auc_bound: float = Field(gt=0.5, lt=1)
    power_effect: float = Field(gt=0)
    min_group: int = Field(gt=2)
    permutations: int = Field(ge=99)
    on_inconclusive: Literal["keep", "merge"]


class Bins(Frozen):
    """Edges of a numeric column's bins; with `closed: left` an edge belongs to the bin above it."""

    edges: list[float] = Field(min_length=1)
    closed: Literal["left", "right"]

    @model_validator(mode="after")
    def _edges_rise(self) -> "Bins":
        if sorted(set(self.edges)) != self.edges:
            raise ValueError(f"edges {self.edges} do not rise")
        return self


class Probabilities(Frozen):
    """Pairs of columns to tabulate, bins of the numeric ones, and the total below which a row is marked.

    `highlights` are shown first: event, its value, what is given, its value.
    """

    pairs: list[tuple[str, str]]
    bins: dict[str, Bins]
    small_n: int = Field(gt=0)
    highlights: list[tuple[str, str, str, str]]

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
        Columns to compare.
    descriptive
        Columns that are functions of what made the segments: described, not tested. The columns of the
        segmentation itself always are.
    unit
        Column of the independent unit; null: every row is one.
    probabilities
        Tables of probabilities; null: none.
    """

    grouping: str | None
    variables: list[str] = Field(min_length=1)
    descriptive: list[str]
    unit: str | None
    rules: Rules
    probabilities: Probabilities | None
