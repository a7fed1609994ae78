import numpy as np
import polars as pl
import pytest

from personae.core.files import write_files
from personae.studies.grocery import source as grocery
from personae.studies.grocery.settings import GroceryPrepare
from personae.studies.grocery.simulate import RULES, SEGMENTS, simulate, to_files, to_workbook

SETTINGS = GroceryPrepare(largest_basket=50)


@pytest.fixture(scope="module")
def simulated():
    return simulate(800, 3000, seed=4)


@pytest.fixture(scope="module")
def prepared(simulated, tmp_path_factory):
    folder = tmp_path_factory.mktemp("grocery")
    write_files(folder, to_files(simulated[0]))
    return grocery.prepare(folder, SETTINGS)


def test_same_seed_gives_the_same_files(simulated):
    assert to_files(simulate(800, 3000, seed=4)[0]) == to_files(simulated[0])


def test_the_files_have_the_publishers_quirks(prepared):
    assert {rule.partition(":")[0] for rule, _, rows in prepared.repairs if rows} == {
        *["a share below 0", "a share above 1", "later than 2025", "product mapped more than once"],
    }
    customers = prepared.tables["customers"]
    assert 0.1 < 1 - customers["loyalty_card"].mean() < 0.3
    assert customers["fish_share"].null_count() > 0
    assert set(customers["education"]) == {"none", "bachelor", "master", "doctor"}
    assert prepared.tables["baskets"]["week"].null_count() == prepared.tables["baskets"].height


def test_niche_customers_buy_one_thing(simulated, prepared):
    names = np.array(list(SEGMENTS))[simulated[1]]
    fish = prepared.tables["customers"]["fish_share"]
    assert fish.filter(names == "fishermen").quantile(0.05) > 0.75
    assert fish.filter(names != "fishermen").quantile(0.99) < 0.4


@pytest.mark.parametrize("planted", [True, False])
def test_rules_hold_where_they_are_planted(planted):
    drawn = simulate(400, 3000, seed=8, planted=planted)[0]["baskets"]["list_of_goods"]
    antecedent, consequent, chance, _ = RULES[0]
    held = drawn.str.contains(f"'{antecedent}'", literal=True)
    together = drawn.filter(held).str.contains(f"'{consequent}'", literal=True).mean()
    assert (together > chance * 0.8) == planted


def test_a_workbook_comes_back_as_written(tmp_path):
    table = pl.DataFrame({"product_name": ["a & b <c>", 'q"'], "category": ["x", "y"]})
    (tmp_path / "t.xlsx").write_bytes(to_workbook(table, "sheet"))
    assert pl.read_excel(tmp_path / "t.xlsx").equals(table)
