import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.baskets.peers import assert_same_as_mlxtend

from personae.baskets import itemsets
from personae.baskets.coding import from_lists
from personae.baskets.settings import RuleSearch
from personae.core.errors import PersonaeError

items = st.lists(st.sampled_from("abcdefgh"), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(items, min_size=1, max_size=80), st.integers(1, 60), st.integers(1, 5), st.integers(0, 100))
def test_sets_and_rules_are_those_of_mlxtend(lists, support, max_length, confidence):
    baskets = from_lists(lists)
    if baskets.names:
        # off any ratio of small counts, where the last bit of a quotient would decide
        assert_same_as_mlxtend(baskets, support / 100 + 1e-7, max_length, confidence / 100 - 1e-7)


def test_sets_that_span_several_blocks_are_counted_whole(monkeypatch):
    monkeypatch.setattr(itemsets, "BLOCK", 2)
    rng = np.random.default_rng(3)
    held = rng.random((700, 9)) < 0.4
    baskets = from_lists([[f"i{code}" for code in np.flatnonzero(row)] for row in held])
    assert_same_as_mlxtend(baskets, 0.02, 4, 0.3)


def test_given_sets_are_counted():
    baskets = from_lists([["a", "b", "c"], ["a", "b"], ["c"], []])
    assert itemsets.count_sets(baskets, [(0, 1), (2,), (0, 1, 2)]).tolist() == [2, 2, 1]


def test_no_baskets_hold_no_sets():
    assert itemsets.frequent(from_lists([[], []]), min_support=0.5, max_length=3) == {}


@pytest.mark.parametrize("setting", [{"min_support": 0.0}, {"min_support": 1.1}, {"max_length": 1}])
def test_impossible_settings_are_refused(setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        RuleSearch(**setting)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"max_itemsets": 6}, "raise min_support or lower max_length"),
        ({"memory_mb": 0}, "mine categories instead of items"),
    ],
)
def test_limits_stop_with_advice(setting, said):
    baskets = from_lists([["a", "b", "c"]] * 5)
    with pytest.raises(PersonaeError, match=said):
        itemsets.frequent(baskets, **{"min_support": 0.1, "max_length": 3} | setting)
