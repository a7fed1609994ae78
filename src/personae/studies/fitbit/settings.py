"""Settings of stage prepare for study fitbit."""

from typing import Literal

from pydantic import Field

from personae.core.settings import Frozen


class FitbitPrepare(Frozen):
    """Rules for the Fitabase tables.

    Attributes
    ----------
    least_steps
        A day with fewer steps counts as not worn.
    wear_gap
        An inactive stretch of at least so many minutes is not waking wear.
    """

    source: Literal["fitbit"] = "fitbit"
    least_steps: int = Field(default=1, gt=0)
    wear_gap: int = Field(default=90, gt=0, le=1440)
