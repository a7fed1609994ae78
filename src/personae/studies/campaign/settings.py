"""Settings of stage prepare for study campaign."""

from typing import Literal

from pydantic import Field

from personae.core.settings import Frozen


class CampaignPrepare(Frozen):
    """Rules for the campaign file: what is plausible, and which marital words mean the same."""

    source: Literal["campaign"] = "campaign"
    oldest: int = Field(default=100, gt=0)
    highest_income: float = Field(default=200_000.0, gt=0)
    marital: dict[str, str] = Field(default={"Alone": "Single", "Absurd": "Other", "YOLO": "Other"})
