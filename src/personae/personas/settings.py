"""Settings of stage profile."""

from typing import Literal

from pydantic import Field

from personae.core.settings import Frozen


class Play(Frozen):
    """One line of a playbook: what to do with a segment that meets all conditions.

    Attributes
    ----------
    when
        Driver and the least standardised effect, above 0 for high and below 0 for low.
    """

    action: str
    when: dict[str, float]


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
        Plays in order, the first whose conditions hold is taken; and what to do when none does.
    response
        Column with the answer to an offer, 0 or 1; null where a study has none.
    """

    of: Literal["segments", "groups"]
    features: list[str]
    labels: dict[str, str]
    words: dict[str, tuple[str, str]]
    drivers: int = Field(gt=0)
    bootstraps: int = Field(gt=0)
    smallest: int = Field(gt=0)
    playbook: list[Play]
    fallback: str
    response: str | None
