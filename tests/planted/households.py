"""Baskets of households whose lift is known, for the bound of a lift."""

import numpy as np

from personae.baskets.coding import Baskets
from personae.baskets.itemsets import frequent
from personae.baskets.replication import replay
from personae.baskets.rules import rules
from personae.baskets.settings import RuleSearch

# One shuffle: nothing here looks at the null.
SEARCH = RuleSearch(resamples=200).model_copy(update={"shuffles": 1})
TRUE_LIFT = (0.3 * 0.6**2 + 0.7 * 0.05**2) / (0.3 * 0.6 + 0.7 * 0.05) ** 2


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
