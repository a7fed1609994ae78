"""Settings of stage prepare for study campaign."""

from typing import Literal

from pydantic import Field

from personae.core.settings import Frozen


class CampaignPrepare(Frozen):
    """Repairs of the campaign file: plausible values, marital words."""

    source: Literal["campaign"] = "campaign"
    oldest: int = Field(default=100, gt=0)
    highest_income: float = Field(default=200_000.0, gt=0)
    marital: dict[str, str] = Field(default={"Alone": "Single", "Absurd": "Other", "YOLO": "Other"})
