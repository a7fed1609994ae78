"""What the scorer of a study needs of its settings."""

from personae.core.settings import Frozen
from personae.response.settings import Early
from personae.targeting.settings import Prices


class ScorerSettings(Frozen):
    """Source, rows of the response model, and prices.

    Attributes
    ----------
    source
        That prepares the raw rows.
    table
        Whose rows the response model takes.
    early
        Of user-days: the rows are users by their first days.
    named
        Whether the personas are of the segments.
    prices
        Cost and revenue of a contact; null: no decision.
    """

    source: str
    table: str = "customers"
    early: Early | None = None
    named: bool = True
    prices: Prices | None = None
