import numpy as np
import polars as pl
import pytest

from personae.baskets.promotions import promotions, segment_effects
from personae.baskets.replicate import ALL_CUSTOMERS
from personae.baskets.rules import RuleSet
from personae.baskets.settings import BasketOffer

OFFERS = [
    BasketOffer(
        text="{discount} off the basket with {antecedent} and {consequent}",
        discount=0.1,
        when={"deals": 0.5},
    ),
    BasketOffer(text="try {consequent} with {antecedent}", discount=0.0, when={"tenure": 0.5, "deals": -0.1}),
    BasketOffer(discount=0.25),
]
FLAT = {"deals": 0.0, "tenure": 0.0}


def group(
    replicates=(True, True, True, True),
    superseded=(False, False, False, False),
    own=(True, True, True, True),
):
    """Rules a -> b, b -> a, a + c -> b, c -> d, the last one farthest above chance."""
    counts = np.array([20, 20, 10, 8])
    lower = np.array([2.0, 2.0, 2.2, 5.0])
    figures = {
        "support": [0.1, 0.1, 0.05, 0.04],
        "confidence": [0.4, 0.5, 0.6, 0.8],
        "lift": lower + 0.5,
        "lift_lower": lower,
        "null_mean": 1.0,
        "null_p95": 1.25,
        "customers": [30, 30, 12, 9],
        "p_value": 0.001,
        "p_adjusted": 0.004,
        "replicates": list(replicates),
        "superseded": list(superseded),
        "own": list(own),
        "everybody_lift": 1.5,
        "everybody_null": 1.0,
    }
    rules = RuleSet(
        ((0,), (1,), (0, 2), (2,)),
        ((1,), (0,), (1,), (3,)),
        counts,
        counts * 2,
        counts * 2,
        200,
        tuple("abcd"),
    )
    return rules, pl.DataFrame(figures)


def chosen(given=None, leaning=FLAT, per_segment=10, name="2"):
    return promotions({name: given or group()}, {name: leaning}, OFFERS, per_segment=per_segment)


def test_the_rules_farthest_above_chance_come_first_one_an_itemset():
    sides = [(each["antecedent"], each["consequent"]) for each in chosen()]
    assert sides == [(["c"], ["d"]), (["a", "c"], ["b"]), (["b"], ["a"])]
    assert len(chosen(per_segment=1)) == 1


def test_only_rules_that_replicate_and_add_something_are_offered():
    assert chosen(group(replicates=[False] * 4)) == []
    left = chosen(group(replicates=[True, False, True, False], superseded=[False, False, True, False]))
    assert [each["consequent"] for each in left] == [["b"]]
    own = chosen(group(own=[False, False, False, True]))
    assert [each["consequent"] for each in own] == [["d"]]
    assert "all customers together have lift 1.50, their shuffles 1.00" in own[0]["why"]
    assert own[0]["replay"]["everybody_lift"] == 1.5


@pytest.mark.parametrize(
    ("leaning", "offer"),
    [
        ({"deals": 0.9, "tenure": 2.0}, "10 % off the basket with c and d"),
        ({"deals": -0.5, "tenure": 0.6}, "try d with c"),
        (FLAT, "25 % off d with c"),
    ],
)
def test_the_offer_follows_the_segments_leanings(leaning, offer):
    assert chosen(leaning=leaning)[0]["offer"] == offer


def test_a_promotion_says_who_why_and_what_it_costs():
    first = chosen()[0]
    assert first["who"] == "segment 2 with c in the basket"
    assert (
        "lift 5.50 (at least 5.00), where baskets shuffled inside customer, weeks and shop reach 1.25"
        in first["why"]
    )
    assert first["cost"]["reached"] == pytest.approx(5)  # 4 of 100 baskets hold both, 8 of 10 with c hold d
    assert first["cost"]["given_anyway"] == pytest.approx(4)
    assert (first["support"], first["confidence"], first["lift"]) == (0.04, 0.5, 6.25)
    assert first["replay"]["customers"] == 9
    assert chosen(name=ALL_CUSTOMERS)[0]["who"].startswith("all customers with")


def test_no_offer_where_none_fits():
    assert promotions({"2": group()}, {"2": FLAT}, OFFERS[:1], per_segment=3) == []


def test_effects_are_standardised_means():
    customers = pl.DataFrame({"customer": [1, 2, 3, 4], "deals": [0.0, 0.0, 1.0, 1.0], "same": 5.0})
    segments = pl.DataFrame({"customer": [1, 2, 3, 4], "segment": [0, 0, 1, 1], "margin": 0.3})
    effects = segment_effects(customers, segments, ["deals", "same"])
    assert effects == {
        ALL_CUSTOMERS: {"deals": 0.0, "same": 0.0},
        "0": {"deals": -1.0, "same": 0.0},
        "1": {"deals": 1.0, "same": 0.0},
    }
    assert segment_effects(customers, segments, []) == {ALL_CUSTOMERS: {}, "0": {}, "1": {}}
