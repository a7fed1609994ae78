"""Settings of stage target."""

from pydantic import Field, model_validator

from personae.core.settings import Frozen


class Rfm(Frozen):
    """Columns of the customer table by which marketing would rank customers by hand."""

    recency: str
    frequency: str
    monetary: str


class Uplift(Frozen):
    """Who responds because of the contact, and the size of the experiment that would tell.

    Attributes
    ----------
    treatment
        Column that is 1 for contacted customers and 0 for the others; null: everybody was contacted.
    inputs
        Columns of numbers, known before the contact, that the effect may depend on.
    smallest_effect
        Smallest gain in response, as a share of customers, that a test is to find.
    """

    treatment: str | None
    inputs: list[str]
    smallest_effect: float = Field(gt=0, lt=1)

    @model_validator(mode="after")
    def _inputs_are_given(self) -> "Uplift":
        if self.treatment is not None and not self.inputs:
            raise ValueError(
                "inputs is empty; with a treatment, name the columns that its effect may depend on"
            )
        return self


class Target(Frozen):
    """Whom to contact.

    Attributes
    ----------
    cost, revenue
        Per contact and per response: an amount, or the column that holds it.
    cost_by, revenue_by
        Amounts that differ for some customers: `{segment: {"1": 2.5}}` by the id of the segment, or by the
        values of a column such as the channel; of two that fit a customer, the later one holds.
    assumed
        Whether cost and revenue are an assumption, which the report then says.
    budgets
        Amounts to plan for.
    budget
        Amount in force: the list holds the customers that promise most for it. null: all that pay.
    fall
        Share by which the response might fall.
    resamples
        Of the bootstrap.
    """

    cost: float | str
    revenue: float | str
    cost_by: dict[str, dict[str, float]]
    revenue_by: dict[str, dict[str, float]]
    assumed: bool
    budgets: list[float] = Field(min_length=1)
    budget: float | None = Field(gt=0)
    rfm: Rfm | None
    fall: float = Field(ge=0, lt=1)
    resamples: int = Field(gt=0)
    uplift: Uplift
