import numpy as np
import polars as pl
import pytest
from tests.planted.households import by_kind_season_and_shop

from personae.baskets.replicate import ALL_CUSTOMERS, halve, learn, replicate, rules_table
from personae.baskets.settings import Promote, RuleSearch

SEARCH = RuleSearch(
    min_support=0.02, least_baskets=10, max_rules=50, min_customers=5, shuffles=40, resamples=200
)
ITEMS = [f"item {number}" for number in range(12)]


def shop(planted=True, seed=1, baskets=3000):
    """Baskets of 300 customers over ten weeks; in segment 1, item 10 brings item 11 along."""
    rng = np.random.default_rng(seed)
    rows = []
    for basket in range(baskets):
        customer = int(rng.integers(300))
        held = set(rng.choice(ITEMS, min(int(rng.geometric(0.25)), 9), replace=False))
        if planted and customer % 2 and "item 10" in held and rng.random() < 0.7:
            held.add("item 11")
        rows += [(basket, customer, item, "goods", int(basket * 10 / baskets) + 1) for item in held]
    return pl.DataFrame(rows, schema=["basket", "customer", "item", "category", "week"], orient="row")


SEGMENTS = pl.DataFrame({"customer": range(300), "segment": [number % 2 for number in range(300)]})


def groups(lines, **settings):
    return halve(lines, SEGMENTS, Promote(smallest=20, **settings), seed=3)


@pytest.fixture(scope="module")
def replayed():
    return replicate(groups(shop(baskets=4500)), SEARCH, seed=2)


def surviving(group):
    found, figures = group
    kept = found.at(np.flatnonzero(figures["replicates"]))
    return set(kept.table().select("antecedent", "consequent").rows())


def test_a_rule_is_found_in_the_segment_where_it_holds(replayed):
    planted = {("item 10", "item 11"), ("item 11", "item 10")}
    assert surviving(replayed["1"]) >= planted
    assert surviving(replayed["0"]) == set()
    assert surviving(replayed[ALL_CUSTOMERS]) >= planted
    found, figures = replayed["1"]
    assert (
        set(found.at(np.flatnonzero(figures["own"])).table().select("antecedent", "consequent").rows())
        >= planted
    )
    assert (figures["everybody_lift"] > 0).all()


def test_a_rule_that_holds_for_everybody_alike_is_no_segments_own():
    table = by_kind_season_and_shop(1, planted=True)
    alike = replicate(halve(table, SEGMENTS, Promote(smallest=20, early_weeks=13)), SEARCH, seed=2)
    pair = {"item 14", "item 15"}
    found = {name: [row for row in rules_of(each) if set(row[:2]) == pair] for name, each in alike.items()}
    assert [row[2] for row in found[ALL_CUSTOMERS]] == ["replicates", "replicates"]
    assert {row[2] for name in "01" for row in found[name]} == {"as for all customers"}


def rules_of(group):
    return rules_table({"": group}).select("antecedent", "consequent", "verdict").rows()


@pytest.mark.parametrize("early_weeks", [None, 13])
def test_what_customer_season_and_shop_bring_about_is_no_rule(early_weeks):
    table = by_kind_season_and_shop(5)
    found = replicate(halve(table, SEGMENTS, Promote(smallest=20, early_weeks=early_weeks)), SEARCH, seed=2)
    assert len(found[ALL_CUSTOMERS][0]) > 0 or early_weeks
    assert [surviving(each) for each in found.values()] == [set()] * 3


def test_longer_rules_that_only_carry_the_planted_one_are_superseded(replayed):
    found, figures = replayed["1"]
    standing = found.at(np.flatnonzero(figures["replicates"] & ~figures["superseded"]))
    assert {len(antecedent) for antecedent in standing.antecedents} == {1}


def test_nothing_is_found_where_nothing_is_planted():
    found = [replicate(groups(shop(planted=False, seed=seed)), SEARCH, seed=2) for seed in range(3)]
    kept = [any(figures["replicates"].any() for _, figures in each.values()) for each in found]
    assert sum(kept) <= 1


def test_with_weeks_rules_are_learned_on_the_early_ones():
    early, later = groups(shop(), early_weeks=4)[ALL_CUSTOMERS]
    assert (early.n, later.n) == (1200, 1800)


def test_without_weeks_each_customer_is_on_one_side_alone():
    early, later = groups(shop())[ALL_CUSTOMERS]
    sides = set(early.customer), set(later.customer)
    assert not sides[0] & sides[1]
    assert len(sides[0]) == pytest.approx(150, abs=1)


def test_small_segments_noise_and_excluded_items_are_left_out():
    noise = SEGMENTS.with_columns(segment=pl.when(pl.col("customer") < 30).then(-1).otherwise("segment"))
    few = noise.with_columns(segment=pl.when(pl.col("customer") == 40).then(5).otherwise("segment"))
    parts = halve(shop(), few, Promote(exclude=["item 3"], smallest=20), seed=1)
    assert list(parts) == [ALL_CUSTOMERS, "0", "1"]
    early, _ = parts[ALL_CUSTOMERS]
    assert "item 3" not in early.names


def test_no_more_rules_than_asked_for_go_to_replay():
    early, _ = groups(shop())[ALL_CUSTOMERS]
    assert len(learn(early, SEARCH, seed=1)) > 2
    assert len(learn(early, SEARCH.model_copy(update={"max_rules": 2}), seed=1)) == 2


def test_same_seed_gives_the_same_table_for_any_number_of_workers(replayed):
    assert rules_table(replicate(groups(shop(baskets=4500)), SEARCH, seed=2, workers=2)).equals(
        rules_table(replayed)
    )


def test_without_baskets_there_is_a_table_of_columns_alone(replayed):
    empty = rules_table(replicate(groups(shop().clear()), SEARCH, seed=2))
    assert empty.height == 0
    assert empty.schema == rules_table(replayed).schema
