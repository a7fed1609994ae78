import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.baskets.peers import assert_same_as_mlxtend

from personae.baskets.coding import encode, from_lists
from personae.baskets.curveball import shuffled
from personae.baskets.itemsets import frequent
from personae.baskets.replicate import ALL_CUSTOMERS, replicate
from personae.baskets.rules import rules
from personae.baskets.settings import RuleSearch

STANDIN = Path(os.environ.get("ORIGINALS", "../shared/data")) / "grocery" / "standin"
# As in benchmarks/baskets_nulls.py.
SEARCH = RuleSearch(min_support=0.005, shuffles=100, resamples=300)
WEAK = SEARCH.model_copy(
    update={"min_support": 0.002, "least_baskets": 10, "min_confidence": 0.02, "min_customers": 5}
)

pytestmark = [
    pytest.mark.originals,
    pytest.mark.skipif(not STANDIN.is_dir(), reason=f"{STANDIN} is missing; set ORIGINALS"),
]


@pytest.fixture(scope="module")
def receipts():
    lines = (STANDIN / "groceries.csv").read_text().splitlines()
    return from_lists([line.split(",") for line in lines])


@pytest.fixture(scope="module")
def trips():
    dated = pl.read_csv(STANDIN / "Groceries_dataset.csv")
    numbered = dated.with_columns(basket=pl.format("{} {}", "Member_number", "Date"))
    return encode(numbered, item="itemDescription", customer="Member_number")[0]


def standing(baskets, search=SEARCH):
    """Rules learned on one half of the customers that replicate on the other and add something there."""
    people = int(baskets.customer.max()) + 1
    early = (np.random.default_rng(1).permutation(people) < people // 2)[baskets.customer]
    halves = baskets.where(early), baskets.where(~early)
    found, figures = replicate({ALL_CUSTOMERS: halves}, search, seed=1)[ALL_CUSTOMERS]
    return found.at(np.flatnonzero(figures["replicates"] & ~figures["superseded"]))


def test_sets_and_rules_are_those_of_mlxtend(receipts):
    # A rule of 53 in 265 baskets has .2 exactly; mlxtend divides rounded supports and loses it.
    assert_same_as_mlxtend(receipts, 0.005, 4, 0.2 - 1e-7)


def test_herbs_bring_root_vegetables(receipts):
    found = rules(frequent(receipts, min_support=0.005, max_length=2), receipts, min_confidence=0.2).table()
    herbs = found.filter(pl.col("antecedent") == "herbs", pl.col("consequent") == "root vegetables")
    assert herbs["lift"].round(2).to_list() == [3.96]


def test_real_rules_are_kept(receipts):
    sides = standing(receipts).table().select("antecedent", "consequent").rows()
    assert ("herbs", "root vegetables") in sides


def test_of_shuffled_receipts_no_rule_is_kept(receipts):
    assert len(standing(next(shuffled(receipts, np.random.default_rng(5))))) == 0


def test_where_nothing_is_above_chance_no_rule_is_kept(trips):
    assert len(standing(trips, WEAK)) == 0
