"""Settings of stage promote."""

from typing import Literal

from pydantic import Field

from personae.core.settings import Frozen, Workers
from personae.core.statistics import Correction

BLOCK_WEEKS = 6


class RuleSearch(Frozen):
    """How rules are learned and replayed.

    Attributes
    ----------
    min_support, least_baskets
        Share and number of the learning baskets that must hold a rule.
    min_confidence, max_length
        Least share of the antecedent's baskets with the consequent; most items of a rule.
    max_rules
        Rules of a group that go to replay.
    min_customers
        Customers who must hold a rule in the replay.
    correction, alpha
        Over all rules of all groups, and the level that a rule must reach.
    shuffles, thin
        Shuffled tables, and rounds of trades between two of them.
    resamples
        Bootstrap samples of customers.
    memory_mb
        Stop with advice where the bit sets of mining would need more.
    """

    min_support: float = Field(0.01, gt=0, le=1)
    least_baskets: int = Field(20, gt=0)
    min_confidence: float = Field(0.2, ge=0, le=1)
    max_length: int = Field(3, gt=1)
    max_rules: int = Field(200, gt=0)
    min_customers: int = Field(10, gt=0)
    correction: Correction = "holm"
    alpha: float = Field(0.05, gt=0, lt=1)
    shuffles: int = Field(200, ge=20)
    thin: int = Field(4, gt=0)
    resamples: int = Field(500, ge=100)
    memory_mb: int = Field(1024, gt=0)


class BasketOffer(Frozen):
    """What to offer a segment that meets all conditions.

    Attributes
    ----------
    text
        With {antecedent}, {consequent} and {discount} (percent).
    discount
        Share of the consequent's price that the offer gives away.
    when
        Column and the least standardised difference of the segment's mean, above 0 for high, below 0 for low.
    """

    text: str = "{discount} off {consequent} with {antecedent}"
    discount: float = Field(0.15, ge=0, le=1)
    when: dict[str, float] = Field(default_factory=dict)


class Promote(Frozen):
    """Which baskets are mined, how, and what follows for a segment.

    Attributes
    ----------
    level
        Whether products or their categories are the items of rules.
    early_weeks
        Weeks to learn from, later ones to replay on; null where there is no time: half of the customers.
    block_weeks
        Weeks of a block inside which shuffles may move a customer's items: shorter than a season.
    exclude
        Items that are not for sale, such as coupons and fuel.
    smallest
        Fewest customers of a segment with rules of its own.
    per_segment
        Most promotions of a segment, those with the highest lower bound of lift.
    margin
        Assumed: share of a product's price that is earned at full price, for the break-even of a discount.
    offers
        The first that fits a segment counts; the last one should fit every segment.
    """

    level: Literal["item", "category"] = "item"
    early_weeks: int | None = Field(None, gt=0)
    block_weeks: int = Field(BLOCK_WEEKS, gt=0, exclude_if=BLOCK_WEEKS.__eq__)
    exclude: list[str] = Field(default_factory=list)
    smallest: int = Field(50, gt=0)
    per_segment: int = Field(5, gt=0)
    search: RuleSearch = RuleSearch()
    margin: float = Field(0.3, gt=0, le=1)
    offers: list[BasketOffer] = Field([BasketOffer()], min_length=1)
    workers: Workers = 2
