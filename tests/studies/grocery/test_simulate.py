import numpy as np
import polars as pl
import pytest

from personae.sources.settings import GroceryPrepare
from personae.studies.grocery import source as grocery
from personae.studies.grocery.simulate import RULES, SEGMENTS, simulate, to_workbook

SETTINGS = GroceryPrepare(source="grocery", reference_year=2025, largest_basket=50, unmapped="other")


@pytest.fixture(scope="module")
def simulated():
    return simulate(800, 3000, seed=4)


@pytest.fixture(scope="module")
def prepared(simulated, tmp_path_factory):
    folder = tmp_path_factory.mktemp("grocery")
    for name, content in simulated.files().items():
        (folder / name).write_bytes(content)
    return grocery.prepare(folder, SETTINGS)


def test_same_seed_gives_the_same_files(simulated):
    assert simulate(800, 3000, seed=4).files() == simulated.files()


def test_the_files_have_the_publishers_quirks(prepared):
    assert {repair.rule.partition(":")[0] for repair in prepared.repairs} == {
        *["a share below 0", "a share above 1", "later than 2025", "product mapped more than once"],
    }
    customers = prepared.tables["customers"]
    assert 0.1 < 1 - customers["loyalty_card"].mean() < 0.3
    assert customers["fish_share"].null_count() > 0
    assert set(customers["education"]) == {"none", "bachelor", "master", "doctor"}
    assert prepared.tables["baskets"]["week"].null_count() == prepared.tables["baskets"].height


def test_niche_customers_buy_one_thing(simulated, prepared):
    names = np.array(list(SEGMENTS))[simulated.segment]
    fish = prepared.tables["customers"]["fish_share"]
    assert fish.filter(names == "fishermen").quantile(0.05) > 0.75
    assert fish.filter(names != "fishermen").quantile(0.99) < 0.4


@pytest.mark.parametrize("planted", [True, False])
def test_rules_hold_where_they_are_planted(planted):
    drawn = simulate(400, 3000, seed=8, planted=planted).baskets["list_of_goods"]
    antecedent, consequent, chance, _ = RULES[0]
    held = drawn.str.contains(f"'{antecedent}'", literal=True)
    together = drawn.filter(held).str.contains(f"'{consequent}'", literal=True).mean()
    assert (together > chance * 0.8) == planted


def test_a_workbook_comes_back_as_written(tmp_path):
    table = pl.DataFrame({"product_name": ["a & b <c>", 'q"'], "category": ["x", "y"]})
    (tmp_path / "t.xlsx").write_bytes(to_workbook(table, "sheet"))
    assert pl.read_excel(tmp_path / "t.xlsx").equals(table)
