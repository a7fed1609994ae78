"""Settings of stage promote."""

from typing import Literal

from pydantic import Field

from personae.core.settings import Frozen


class Search(Frozen):
    """How rules are learned and replayed, see `personae.baskets.replicate.Search`."""

    min_support: float = Field(gt=0, le=1)
    least_baskets: int = Field(gt=0)
    min_confidence: float = Field(ge=0, le=1)
    max_length: int = Field(gt=1)
    max_rules: int = Field(gt=0)
    min_customers: int = Field(gt=0)
    correction: Literal["holm", "bh"]
    alpha: float = Field(gt=0, lt=1)
    shuffles: int = Field(ge=20)
    thin: int = Field(gt=0)
    resamples: int = Field(ge=100)
    memory_mb: int = Field(gt=0)


class Offer(Frozen):
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

    text: str
    discount: float = Field(ge=0, le=1)
    when: dict[str, float]


class Promote(Frozen):
    """Which baskets are mined, how, and what follows for a segment.

    Attributes
    ----------
    level
        Whether products or their categories are the items of rules.
    early_weeks
        Weeks to learn from, later ones to replay on; null where there is no time: half of the customers.
    exclude
        Items that are not for sale, such as coupons and fuel.
    smallest
        Fewest customers of a segment with rules of its own.
    per_segment
        Most promotions of a segment, the ones farthest above chance.
    offers
        The first that fits a segment counts; the last one should fit everybody.
    """

    level: Literal["item", "category"]
    early_weeks: int | None = Field(gt=0)
    exclude: list[str]
    smallest: int = Field(gt=0)
    per_segment: int = Field(gt=0)
    search: Search
    offers: list[Offer] = Field(min_length=1)
    workers: int
