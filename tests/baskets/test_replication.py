import tracemalloc

import numpy as np
import pytest
from tests.planted.households import below_true_lift

from personae.baskets.coding import Baskets, from_lists
from personae.baskets.curveball import shuffled
from personae.baskets.itemsets import frequent
from personae.baskets.replication import replay
from personae.baskets.rules import rules
from personae.baskets.settings import RuleSearch
from personae.core import statistics
from personae.core.errors import PersonaeError
from personae.core.statistics import adjust

ITEMS = [f"item {number:02}" for number in range(20)]


def shop(rng, n, *, planted=0.0):
    """Baskets of very unequal size; with a chance `planted`, item 00 brings item 01 along."""
    appeal = np.linspace(3, 0.5, len(ITEMS))
    lists = []
    for size in rng.geometric(0.2, n):
        basket = list(rng.choice(ITEMS, min(size, 15), replace=False, p=appeal / appeal.sum()))
        if ITEMS[15] in basket and rng.random() < planted:
            basket.append(ITEMS[16])
        lists.append(basket)
    return from_lists(lists)


def halves(baskets):
    early = np.arange(baskets.n) < baskets.n // 2
    return baskets.where(early), baskets.where(~early)


def learned(early, min_confidence=0.0):
    found = frequent(early, min_support=0.01, max_length=2)
    return rules(found, early, min_confidence=min_confidence, max_consequent=1)


def replayed(found, later, *, seed=1, workers=1, **settings):
    """Replay with fewer shuffles and samples than the settings allow."""
    search = RuleSearch(min_customers=1).model_copy(update=settings)
    return replay(found, later, search, seed=seed, workers=workers)


def survivors(baskets, **settings):
    early, later = halves(baskets)
    found = learned(early)
    figures = replayed(found, later, **{"shuffles": 60, "resamples": 200, "seed": 4} | settings)
    passed = np.flatnonzero(adjust(figures["p_value"], "holm") <= 0.05)
    return found.at(passed), figures


@pytest.fixture(scope="module")
def planted():
    return shop(np.random.default_rng(8), 4000, planted=0.6)


def test_a_planted_rule_replicates_and_nothing_else(planted):
    passed, figures = survivors(planted)
    sides = set(passed.table().select("antecedent", "consequent").rows())
    assert sides == {(ITEMS[15], ITEMS[16]), (ITEMS[16], ITEMS[15])}
    assert (figures["lift_lower"] < figures["lift"]).all()


def test_unequal_basket_sizes_alone_are_no_association():
    rng = np.random.default_rng(6)
    baskets = shop(rng, 3000)
    _, figures = survivors(baskets)
    assert (figures["lift_lower"] > 1).mean() > 0.2  # the wrong null would believe these
    tables = shuffled(baskets, rng, thin=10)
    assert sum(len(survivors(next(tables), shuffles=40)[0]) > 0 for _ in range(10)) <= 1


def test_figures_are_those_of_the_later_baskets(planted):
    early, later = halves(planted)
    found = learned(early)
    figures = replayed(found, later, shuffles=4, resamples=10, seed=1)
    again = rules(frequent(later, min_support=1e-9, max_length=2), later, min_confidence=0)
    place = {
        sides: number for number, sides in enumerate(zip(again.antecedents, again.consequents, strict=True))
    }
    same = [place[sides] for sides in zip(found.antecedents, found.consequents, strict=True)]
    for figure in ("support", "confidence", "lift"):
        assert figures[figure].to_numpy() == pytest.approx(getattr(again, figure)[same])


def test_bound_is_wider_where_one_household_makes_the_rule():
    """The same baskets, once of 400 households, once the pair bought by few of them over and over."""
    lists = [["a", "b"]] * 60 + [["a"]] * 60 + [["b"]] * 60 + [["c", "d"], ["e"]] * 110
    alone = from_lists(lists)
    crowd = Baskets(alone.basket, alone.item, alone.names, np.minimum(np.arange(alone.n) // 30, 100))
    found = learned(alone)
    bounds = [replayed(found, each, shuffles=8, seed=3) for each in (alone, crowd)]
    pair = found.antecedents.index((0,))
    assert bounds[1]["lift"][pair] == bounds[0]["lift"][pair]
    assert bounds[1]["lift_lower"][pair] < bounds[0]["lift_lower"][pair]
    assert bounds[1]["customers"][pair] == 2


def test_the_bound_lies_below_the_true_lift_in_95_of_100_tables():
    """Of 200 tables, a true 95 % shows as 95 +- 4.6 (three standard errors); the benchmark has 800."""
    by_customer, as_if_independent = below_true_lift(200)
    assert by_customer == pytest.approx(0.95, abs=0.046)
    assert as_if_independent < 0.9


def test_figures_and_memory_where_resamples_are_drawn_in_blocks(planted, monkeypatch):
    early, later = halves(planted)
    found = learned(early).at([0, 1])
    at_once = replayed(found, later, shuffles=4, resamples=2000, seed=1)
    monkeypatch.setattr(statistics, "BLOCK_CELLS", 50_000)
    tracemalloc.start()
    in_blocks = replayed(found, later, shuffles=4, resamples=2000, seed=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (in_blocks["lift_lower"] == at_once["lift_lower"]).all()
    assert (in_blocks["p_value"] == at_once["p_value"]).all()
    assert peak < 2000 * later.n * 8 / 2  # half of what all draws would take


def test_rules_of_too_few_customers_do_not_count(planted):
    assert len(survivors(planted, min_customers=5_000)[0]) == 0


def test_figures_do_not_depend_on_the_number_of_workers(planted):
    early, later = halves(planted)
    one, two = (
        replayed(learned(early, 0.3), later, shuffles=10, resamples=20, seed=1, workers=workers)
        for workers in (1, 2)
    )
    assert (one["p_value"] == two["p_value"]).all()
    assert (one["null_p95"] == two["null_p95"]).all()


def test_rules_that_never_occur_again_do_not_replicate(planted):
    early, _ = halves(planted)
    later = Baskets(np.arange(3), np.zeros(3, dtype=int), early.names, np.arange(5))
    figures = replayed(learned(early), later, shuffles=4, resamples=10, seed=1)
    assert (figures["p_value"] == 1).all()


def test_no_later_baskets_replicate_nothing(planted):
    figures = replayed(learned(planted), planted.where(np.zeros(planted.n, dtype=bool)), shuffles=4, seed=1)
    assert (figures["p_value"] == 1).all()


def test_no_rules_are_no_error(planted):
    early, later = halves(planted)
    assert len(replayed(learned(early, 1.0), later, shuffles=4, seed=1)) == 0


def test_rules_of_other_items_are_refused(planted):
    with pytest.raises(PersonaeError, match="different items"):
        replayed(learned(planted), from_lists([["x"]]), shuffles=4, seed=1)
