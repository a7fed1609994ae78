"""Settings of the fitbit source, of its anomalous days and of its prescription."""

from typing import Literal

from pydantic import Field

from personae.schema.base import Frozen


class FitbitPrepare(Frozen):
    """Rules for the Fitabase tables.

    A day with fewer than `least_steps` steps counts as not worn; an inactive stretch of at least
    `wear_gap` minutes is not waking wear.
    """

    source: Literal["fitbit"]
    least_steps: int = Field(gt=0)
    wear_gap: int = Field(gt=0, le=1440)
