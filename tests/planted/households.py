"""Baskets whose lift is known, or whose items are independent given who buys, when and where."""

import numpy as np
import polars as pl

from personae.baskets.coding import Baskets
from personae.baskets.itemsets import frequent
from personae.baskets.replication import replay
from personae.baskets.rules import rules
from personae.baskets.settings import RuleSearch

# One shuffle: nothing here looks at the null.
SEARCH = RuleSearch(resamples=200).model_copy(update={"shuffles": 1})
TRUE_LIFT = (0.3 * 0.6**2 + 0.7 * 0.05**2) / (0.3 * 0.6 + 0.7 * 0.05) ** 2
HOLIDAYS = 10, 23


def households(rng, people):
    """Baskets of households; three in ten cook: a and b are each in 60 % of their baskets, else in 5 %."""
    customer = np.repeat(np.arange(people), 1 + rng.poisson(7, people))
    chance = np.where(rng.random(people) < 0.3, 0.6, 0.05)[customer]
    basket, item = np.nonzero(rng.random((len(customer), 2)) < chance[:, None])
    return Baskets(basket[:0], item[:0], ("a", "b"), customer).with_entries(basket, item)


def below_true_lift(tables):
    """Share of tables whose bound lies below the true lift: by customer, and as if baskets were independent."""
    below = np.zeros((tables, 2))
    for seed in range(tables):
        baskets = households(np.random.default_rng(seed), 300)
        itemsets = frequent(baskets, min_support=0.01, max_length=2)
        found = rules(itemsets, baskets, min_confidence=0.0, max_consequent=1)
        by_customer = replay(found, baskets, SEARCH, seed=seed)["lift_lower"][0]
        below[seed] = by_customer < TRUE_LIFT, found.lift_lower[0] < TRUE_LIFT
    return below.mean(axis=0)


def by_kind_season_and_shop(seed, *, people=400, holidays=False, planted=False):
    """Lines of baskets whose items are independent given kind of customer, season and shop; or with one rule.

    Three kinds of customers, two seasons of 13 weeks and two shops each have favourites among 16 items, four
    times as likely as others; about 18 baskets a customer. With `holidays` a week of each season has four more,
    and each shop alone sells two of the items. With `planted` item 14 brings item 15 along.
    """
    rng = np.random.default_rng([seed, 18])
    customer = np.repeat(np.arange(people), 6 + rng.poisson(12, people))
    week = rng.integers(1, 27, len(customer))
    place = np.where(rng.random(len(customer)) < 0.85, customer % 2, 1 - customer % 2)
    chance = np.full((len(customer), 16), 0.06)
    for factor, levels in ((customer % 3, 3), ((week - 1) // 13, 2), (place, 2)):
        favourites = np.ones((levels, 16))
        for level in range(levels):
            favourites[level, rng.choice(14, 4, replace=False)] = 4.0
        chance *= favourites[factor]
    if holidays:
        chance[np.ix_(np.isin(week, HOLIDAYS), rng.choice(14, 4, replace=False))] *= 4.0
        for shop, sold in enumerate(rng.choice(14, (2, 2), replace=False)):
            chance[np.ix_(place != shop, sold)] = 0.0
    held = rng.random(chance.shape) < np.minimum(chance, 0.9)
    if planted:
        held[:, 15] |= held[:, 14] & (rng.random(len(held)) < 0.6)
    basket, item = np.nonzero(held)
    return pl.DataFrame(
        {
            "basket": basket,
            "customer": customer[basket],
            "item": [f"item {number}" for number in item],
            "category": "goods",
            "week": week[basket],
            "shop": place[basket],
        }
    )
