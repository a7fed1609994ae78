"""Settings of stage prepare, one class a source of raw files."""

from typing import Annotated, Literal

from pydantic import Field

from personae.schema.base import Frozen


class CampaignPrepare(Frozen):
    """Rules for the campaign file: what is plausible, and which marital words mean the same."""

    source: Literal["campaign"]
    oldest: int = Field(gt=0)
    highest_income: float = Field(gt=0)
    marital: dict[str, str]


class AerofitPrepare(Frozen):
    """Rules for the aerofit file: the products it may name."""

    source: Literal["aerofit"]
    products: list[str] = Field(min_length=2)


Prepare = Annotated[CampaignPrepare | AerofitPrepare, Field(discriminator="source")]
