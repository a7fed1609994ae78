import numpy as np
import pytest
from scipy.stats import fisher_exact

from personae.baskets.coding import from_lists
from personae.baskets.itemsets import frequent
from personae.baskets.rules import RuleSet, fisher, not_redundant, rules


def mined(lists, min_support=0.01, max_length=3, min_confidence=0.0, **kwargs):
    baskets = from_lists(lists)
    found = frequent(baskets, min_support=min_support, max_length=max_length)
    return rules(found, baskets, min_confidence=min_confidence, **kwargs)


@pytest.fixture(scope="module")
def random_rules():
    rng = np.random.default_rng(1)
    return mined([[f"i{code}" for code in np.flatnonzero(row)] for row in rng.random((200, 6)) < 0.4])


def test_fisher_is_scipys(random_rules):
    table = zip(random_rules.both, random_rules.antecedent_count, random_rules.consequent_count, strict=True)
    expected = [
        fisher_exact([[b, a - b], [c - b, random_rules.n_baskets - a - c + b]], alternative="greater").pvalue
        for b, a, c in table
    ]
    np.testing.assert_allclose(fisher(random_rules), expected, rtol=1e-9)


def test_lower_bound_of_lift_covers_independence_19_times_in_20():
    baskets, trials = 500, 2000
    held = np.random.default_rng(5).random((2, trials, baskets)) < 0.3
    sides = [(0,)] * trials, [(1,)] * trials
    both, counts = held.all(axis=0).sum(axis=1), held.sum(axis=2)
    found = RuleSet(*sides, both, *counts, n_baskets=baskets, names=("a", "b"))
    assert 0.035 < np.mean(found.lift_lower > 1) < 0.06


def test_rule_that_never_fails_has_infinite_conviction():
    found = mined([["a", "b"], ["b"], ["a", "b"], ["c"]], min_confidence=1.0)
    assert found.table().select("antecedent", "consequent", "conviction").rows() == [("a", "b", np.inf)]


def test_consequents_can_be_held_to_one_item(random_rules):
    assert max(map(len, random_rules.consequents)) == 2
    single = mined([["a", "b", "c"]] * 3, max_consequent=1)
    assert {len(consequent) for consequent in single.consequents} == {1}
    assert len(single) == 9


def test_longer_rule_without_gain_is_redundant():
    lists = [["a", "b", "c"]] * 3 + [["a", "c"]] * 3 + [["a"]] * 2 + [["b"]] * 2 + [["d"]] * 2
    found = mined(lists)
    kept = found.at(np.flatnonzero(not_redundant(found)))
    rows = set(kept.table().select("antecedent", "consequent").rows())
    assert ("a + b", "c") in rows  # 3 of 3, while a -> c has 6 of 8
    assert ("b + c", "a") not in rows  # 3 of 3, and so has c -> a


def test_no_rules_make_a_table_with_columns_only():
    table = mined([["a"], ["b"]]).table()
    assert table.height == 0
    assert table.columns[:3] == ["antecedent", "consequent", "support"]
