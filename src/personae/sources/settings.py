"""Settings of stage prepare, one class a source of raw files."""

from typing import Annotated, Literal

from pydantic import Field

from personae.core.settings import Frozen


class CampaignPrepare(Frozen):
    """Rules for the campaign file: what is plausible, and which marital words mean the same."""

    source: Literal["campaign"]
    oldest: int = Field(gt=0)
    highest_income: float = Field(gt=0)
    marital: dict[str, str]


class GroceryPrepare(Frozen):
    """Rules for the grocery files.

    Attributes
    ----------
    reference_year
        The year of the data: ages and tenures count to it, and nobody's first purchase lies after it.
    largest_basket
        A basket with more different items is no shopping trip, and left out.
    unmapped
        Category of items that the product mapping does not know.
    """

    source: Literal["grocery"]
    reference_year: int = Field(gt=1900)
    largest_basket: int = Field(gt=0)
    unmapped: str


class JourneyPrepare(Frozen):
    """Rules for the journey tables.

    Attributes
    ----------
    version
        Of the package that carries the tables.
    early_weeks
        Weeks that customers are described by; later ones serve to replay what was learned.
    history_weeks
        Weeks before a campaign that its households are described by.
    largest_basket
        A basket with more different products is no shopping trip, and left out.
    departments
        Spend shares by name, each over some of the publisher's departments.
    """

    source: Literal["journey"]
    version: str
    early_weeks: int = Field(gt=0)
    history_weeks: int = Field(gt=0)
    largest_basket: int = Field(gt=0)
    departments: dict[str, list[str]]


class AerofitPrepare(Frozen):
    """Rules for the aerofit file: the products it may name."""

    source: Literal["aerofit"]
    products: list[str] = Field(min_length=2)


class FitbitPrepare(Frozen):
    """Rules for the Fitabase tables.

    Attributes
    ----------
    least_steps
        A day with fewer steps counts as not worn.
    wear_gap
        An inactive stretch of at least so many minutes is not waking wear.
    """

    source: Literal["fitbit"]
    least_steps: int = Field(gt=0)
    wear_gap: int = Field(gt=0, le=1440)


Prepare = Annotated[
    CampaignPrepare | FitbitPrepare | AerofitPrepare | GroceryPrepare | JourneyPrepare,
    Field(discriminator="source"),
]
