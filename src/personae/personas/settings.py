"""Settings of stage profile."""

from typing import Literal

from pydantic import Field

from personae.core.settings import Frozen


class Offer(Frozen):
    """What to do with a segment that meets all conditions.

    Attributes
    ----------
    when
        Driver and the least standardised effect, above 0 for high and below 0 for low.
    """

    action: str
    when: dict[str, float] = Field(default_factory=dict)


class Profile(Frozen):
    """How persona cards are made.

    Attributes
    ----------
    of
        Whether cards describe the segments, or the given groups as stage compare merged them.
    features
        Numeric columns of the customer table that may drive a segment.
    labels
        Their names for people.
    words
        For features that may name a segment: what it is called when low, and when high.
    drivers
        How many are shown on a card.
    bootstraps
        Samples of units behind each interval.
    smallest
        Size below which a segment gets a caveat.
    playbook, fallback
        Offers in order, the first whose conditions hold is taken; and what to do when none does.
    response
        Column with the answer to an offer, 0 or 1; null where a study has none.
    """

    of: Literal["segments", "groups"] = "segments"
    features: list[str] = Field(default_factory=list)
    labels: dict[str, str] = Field(default_factory=dict)
    words: dict[str, tuple[str, str]] = Field(default_factory=dict)
    drivers: int = Field(6, gt=0)
    bootstraps: int = Field(500, gt=0)
    smallest: int = Field(30, gt=0)
    playbook: list[Offer] = Field(default_factory=list)
    fallback: str = "No action of its own: nothing sets this segment apart enough"
    response: str | None = None
