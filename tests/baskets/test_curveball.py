from dataclasses import replace
from itertools import islice, product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from personae.baskets.coding import Baskets, from_lists
from personae.baskets.curveball import shuffled


def cells(baskets):
    held = np.zeros((baskets.n, len(baskets.names)), dtype=int)
    held[baskets.basket, baskets.item] += 1
    return held


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcdefg"), max_size=7), max_size=30), st.integers(0, 99))
def test_basket_sizes_and_item_counts_are_kept(lists, seed):
    baskets = from_lists(lists)
    null = next(shuffled(baskets, np.random.default_rng(seed), burn_in=3))
    held = cells(null)
    assert held.max(initial=0) <= 1  # no item twice in a basket
    assert (held.sum(axis=1) == baskets.sizes()).all()
    assert (held.sum(axis=0) == baskets.item_counts()).all()


def test_customers_keep_their_baskets():
    base = from_lists([["a", "b"], ["c"], ["a"]])
    owned = Baskets(base.basket, base.item, base.names, np.array([4, 4, 8]))
    assert next(shuffled(owned, np.random.default_rng(0))).customer.tolist() == [4, 4, 8]


def test_items_stay_with_their_customer_block_of_weeks_and_shop():
    rng = np.random.default_rng(1)
    base = from_lists([list(rng.choice(list("abcdefgh"), 3, replace=False)) for _ in range(60)])
    stratum = rng.integers(0, 7, 60)
    null = next(shuffled(replace(base, stratum=stratum), rng))
    assert (null.stratum == stratum).all() and (cells(null) != cells(base)).any()
    for each in range(7):
        inside = stratum == each
        assert (cells(null)[inside].sum(axis=0) == cells(base)[inside].sum(axis=0)).all()


def test_all_tables_with_the_same_margins_are_equally_likely():
    baskets = from_lists([["a", "b"], ["a", "b"], ["c"], ["d"]])
    rows, columns = baskets.sizes(), baskets.item_counts()
    tables = (np.reshape(bits, (4, 4)) for bits in product([0, 1], repeat=16))
    possible = {
        table.tobytes()
        for table in tables
        if (table.sum(axis=1) == rows).all() and (table.sum(axis=0) == columns).all()
    }
    walk = islice(shuffled(baskets, np.random.default_rng(2), thin=6), 40 * len(possible))
    seen = dict.fromkeys(possible, 0)
    for table in walk:
        seen[cells(table).tobytes()] += 1
    assert chisquare(list(seen.values())).pvalue > 0.01


def test_same_seed_gives_the_same_tables():
    baskets = from_lists([["a", "b", "c"], ["a", "d"], ["b"], ["c", "d"]] * 20)
    first, second = (next(shuffled(baskets, np.random.default_rng(9))) for _ in range(2))
    assert (first.basket == second.basket).all()
    assert (first.item == second.item).all()
