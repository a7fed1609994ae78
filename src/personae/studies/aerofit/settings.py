"""Settings of stage prepare for study aerofit."""

from typing import Literal

from pydantic import Field

from personae.core.settings import Frozen


class AerofitPrepare(Frozen):
    """Rules for the aerofit file: the products it may name."""

    source: Literal["aerofit"] = "aerofit"
    products: list[str] = Field(default=["KP281", "KP481", "KP781"], min_length=2)
