"""Settings of stage profile."""

from pydantic import Field

from personae.schema.base import Frozen


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
    """How persona cards are made."""

    features: list[str]
    labels: dict[str, str]
    words: dict[str, tuple[str, str]]
    drivers: int = Field(gt=0)
    bootstraps: int = Field(gt=0)
    smallest: int = Field(gt=0)
    playbook: list[Play]
    fallback: str
