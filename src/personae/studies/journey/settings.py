"""Settings of stage prepare for study journey."""

from typing import Literal

from pydantic import Field

from personae.core.settings import Frozen

DEPARTMENTS = {
    "grocery": ["GROCERY", "FROZEN GROCERY"],
    "household": ["DRUG GM", "GM MERCH EXP"],
    "beauty": ["COSMETICS"],
    "nutrition": ["NUTRITION"],
    "produce": ["PRODUCE"],
    "meat": ["MEAT", "MEAT-PCKGD"],
    "seafood": ["SEAFOOD", "SEAFOOD-PCKGD"],
    "deli": ["DELI", "CHEF SHOPPE", "SALAD BAR"],
    "bakery": ["PASTRY"],
    "fuel": ["FUEL", "MISCELLANEOUS"],
    "spirits": ["SPIRITS"],
}


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

    source: Literal["journey"] = "journey"
    version: str = "0.1.0"
    early_weeks: int = Field(default=26, gt=0)
    history_weeks: int = Field(default=26, gt=0)
    largest_basket: int = Field(default=1000, gt=0)
    departments: dict[str, list[str]] = Field(default=DEPARTMENTS)
