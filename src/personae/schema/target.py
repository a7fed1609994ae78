"""Settings of stage target."""

from pydantic import Field

from personae.schema.base import Frozen


class Rfm(Frozen):
    """Columns of the customer table by which marketing would rank customers by hand."""

    recency: str
    frequency: str
    monetary: str


class Uplift(Frozen):
    """What an experiment would need: the treatment column, if the file has one, and the size of the test.

    Attributes
    ----------
    treatment
        Column that is 1 for contacted customers and 0 for the others; null: everybody was contacted.
    smallest_effect
        Smallest gain in response, as a share of customers, that a test is to find.
    """

    treatment: str | None
    smallest_effect: float = Field(gt=0, lt=1)


class Target(Frozen):
    """Whom to contact.

    Attributes
    ----------
    cost, revenue
        Per contact and per response: an amount, or the column that holds it.
    cost_by_segment, revenue_by_segment
        Amounts that differ for a segment, by its id.
    budgets
        Amounts to plan for.
    fall
        Share by which the response might fall.
    resamples
        Of the bootstrap over groups of identical customers.
    """

    cost: float | str
    revenue: float | str
    cost_by_segment: dict[str, float]
    revenue_by_segment: dict[str, float]
    budgets: list[float] = Field(min_length=1)
    rfm: Rfm | None
    fall: float = Field(ge=0, lt=1)
    resamples: int = Field(gt=0)
    uplift: Uplift
