import numpy as np
import polars as pl
import pytest

from personae.baskets.coding import encode, from_lists
from personae.core.errors import PersonaeError

LINES = pl.DataFrame(
    {
        "basket": [4, 4, 4, 2, 9, 9],
        "item": ["milk", "milk", "bread", None, "bread", "tea"],
        "household": [7, 7, 7, 7, 1, 1],
        "week": [3, 3, 3, 1, 2, 2],
    }
)


def test_each_item_counts_once_a_basket_and_baskets_follow_their_customers():
    baskets, heads = encode(LINES, customer="household")
    assert heads["basket"].to_list() == [9, 2, 4]
    assert heads["week"].to_list() == [2, 1, 3]
    assert baskets.customer.tolist() == [0, 1, 1]
    assert baskets.sizes().tolist() == [2, 0, 2]
    assert dict(zip(baskets.names, baskets.item_counts(), strict=True)) == {"bread": 2, "milk": 1, "tea": 1}


def test_a_basket_has_one_customer():
    with pytest.raises(PersonaeError, match="basket 4 belongs to 2 values of household"):
        encode(LINES.with_columns(household=pl.Series([7, 8, 7, 7, 1, 1])), customer="household")


def test_chosen_baskets_keep_their_items_and_codes():
    baskets = from_lists([["a"], ["b", "c"], ["c"]])
    late = baskets.where(np.array([False, True, True]))
    assert late.names == baskets.names
    assert late.sizes().tolist() == [2, 1]
    assert late.item_counts().tolist() == [0, 1, 2]
    assert late.customer.tolist() == [1, 2]


def test_unknown_customers_are_all_their_own():
    assert encode(LINES)[0].customer.tolist() == [0, 1, 2]
