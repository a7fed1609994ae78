"""Itemsets and rules beside those of mlxtend."""

import numpy as np
import pandas as pd
import pytest
from mlxtend.frequent_patterns import association_rules, fpgrowth

from personae.baskets import itemsets
from personae.baskets.rules import rules

FIGURES = ("support", "confidence", "lift", "leverage", "conviction")


def one_hot(baskets):
    held = np.zeros((baskets.n, len(baskets.names)), dtype=bool)
    held[baskets.basket, baskets.item] = True
    return pd.DataFrame(held)


def assert_same_as_mlxtend(baskets, min_support, max_length, min_confidence):
    found = itemsets.frequent(baskets, min_support=min_support, max_length=max_length)
    peer = fpgrowth(one_hot(baskets), min_support=min_support, max_len=max_length)
    supports = {frozenset(codes): count / baskets.n for codes, count in found.items()}
    assert supports == dict(zip(peer["itemsets"], peer["support"], strict=True))
    if not peer.empty:
        assert_same_rules(rules(found, baskets, min_confidence=min_confidence), peer, min_confidence)


def assert_same_rules(ruled, peer, min_confidence):
    with np.errstate(all="ignore"):
        table = association_rules(peer, metric="confidence", min_threshold=min_confidence)
    theirs = {
        (row.antecedents, row.consequents): tuple(getattr(row, figure) for figure in FIGURES)
        for row in table.itertuples()
    }
    figures = zip(*(getattr(ruled, figure) for figure in FIGURES), strict=True)
    sides = zip(map(frozenset, ruled.antecedents), map(frozenset, ruled.consequents), strict=True)
    mine = dict(zip(sides, figures, strict=True))
    assert mine.keys() == theirs.keys()
    for side, values in mine.items():
        assert values == pytest.approx(theirs[side], rel=1e-9, abs=1e-12)
