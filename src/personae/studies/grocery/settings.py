"""Settings of stage prepare for study grocery."""

from typing import Literal

from pydantic import Field

from personae.core.settings import Frozen


class GroceryPrepare(Frozen):
    """Rules for the grocery files.

    Attributes
    ----------
    reference_year
        The year of the data: ages and tenures count to it, and no first purchase lies after it.
    largest_basket
        A basket with more different items is no shopping trip, and left out.
    unmapped
        Category of items that the product mapping does not know.
    """

    source: Literal["grocery"] = "grocery"
    reference_year: int = Field(default=2025, gt=1900)
    largest_basket: int = Field(default=1000, gt=0)
    unmapped: str = "other"
