"""Settings of stage prepare, one class a source of raw files."""

from typing import Literal

from pydantic import Field

from personae.schema.base import Frozen


class CampaignPrepare(Frozen):
    """Rules for the campaign file: what is plausible, and which marital words mean the same."""

    source: Literal["campaign"]
    oldest: int = Field(gt=0)
    highest_income: float = Field(gt=0)
    marital: dict[str, str]


Prepare = CampaignPrepare
