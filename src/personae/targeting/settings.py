"""Settings of stage target."""

import math
import operator
from typing import Annotated

from pydantic import Field, model_validator

from personae.core.settings import Frozen

Amount = Annotated[float, Field(gt=0)]


class Rfm(Frozen):
    """Columns that marketing would rank customers by: RFM."""

    recency: str
    frequency: str
    monetary: str


class Uplift(Frozen):
    """Treatment column, and size of a future experiment.

    Attributes
    ----------
    treatment
        Column that is 1 for contacted customers and 0 for the others; null: all were contacted.
    randomised
        Whether contact was dealt at random, which no file can show; else uplift is not identifiable. The
        balance of the arms is checked.
    inputs
        Columns of numbers, known before the contact, that the effect may depend on.
    smallest_effect
        Smallest gain in response, as a share of customers, that a test is to find.
    """

    treatment: str | None = None
    randomised: bool = Field(False, exclude_if=operator.not_)
    inputs: list[str] = Field(default_factory=list)
    smallest_effect: float = Field(0.05, gt=0, lt=1)

    @model_validator(mode="after")
    def _inputs_are_given(self) -> "Uplift":
        if self.treatment is not None and not self.inputs:
            raise ValueError(
                "inputs is empty; with a treatment, name the columns that its effect may depend on"
            )
        return self


class Control(Frozen):
    """Random control group: customers of the list who are not contacted, so that the effect can be measured.

    Attributes
    ----------
    share
        Of the list.
    gain
        Or, in place of a share: the smallest gain in response, as a share of customers, that the campaign is
        to show with a power of 80 %.
    """

    share: float | None = Field(None, gt=0, lt=1)
    gain: float | None = Field(None, gt=0, lt=1)

    @model_validator(mode="after")
    def _one_is_given(self) -> "Control":
        if (self.share is None) == (self.gain is None):
            raise ValueError(f"share is {self.share}, gain is {self.gain}; give one of them")
        return self


class Prices(Frozen):
    """What a contact costs and a response brings.

    Attributes
    ----------
    cost, revenue
        Per contact and per response: an amount, or the column that holds it.
    cost_by, revenue_by
        Amounts that differ for some customers: `{segment: {"1": 2.5}}` by the id of the segment, or by the
        values of a column such as the channel; of two that fit a customer, the later one holds.
    """

    cost: float | str
    revenue: float | str
    cost_by: dict[str, dict[str, float]] = Field(default_factory=dict)
    revenue_by: dict[str, dict[str, float]] = Field(default_factory=dict)


class Target(Prices):
    """Settings of the contact list.

    Attributes
    ----------
    assumed
        Whether cost and revenue are an assumption, which the report then says.
    budgets
        Amounts to plan for.
    budget
        Amount in force: the list holds the customers that promise most for it. null: all that pay.
    control
        Random control group of the list; null: all of it are contacted.
    fall
        Share by which the response might drop.
    resamples
        Of the bootstrap.
    """

    assumed: bool = False
    budgets: list[Amount] = Field(default_factory=list)
    budget: Amount | None = None
    control: Control | None = Field(None, exclude_if=operator.not_)
    rfm: Rfm | None = None
    fall: float = Field(0.2, ge=0, lt=1)
    resamples: int = Field(2000, gt=0)
    uplift: Uplift = Uplift()

    def check_prices(self) -> None:
        """Raise for invalid amounts, and prices at which nothing pays.

        Columns are known only where the table is.

        Raises
        ------
        ValueError
            With the key, the value and what would be right.
        """
        given: dict[str, list[float]] = {}
        for key, default, own in (
            ("cost", self.cost, self.cost_by),
            ("revenue", self.revenue, self.revenue_by),
        ):
            amounts = [default, *(each for by_group in own.values() for each in by_group.values())]
            given[key] = [float(each) for each in amounts if not isinstance(each, str)]
            for amount in given[key]:
                if not (math.isfinite(amount) and amount >= 0):
                    raise ValueError(f"target: {key} is {amount:g}; expected a number of at least 0")
        in_columns = isinstance(self.cost, str) or isinstance(self.revenue, str)
        if not in_columns and min(given["cost"]) >= max(given["revenue"]):
            raise ValueError("target: no contact can pay: the revenue never exceeds the cost")
