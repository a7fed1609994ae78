"""Invoice lines of a shop, from the file to a report: cancellations, gaps, what is bought together, who comes again."""

import polars as pl
import pytest
from tests.onboarding.scratch_study import page, report, run, scratch
from tests.planted.shop import PAIR, shop

from personae.core import paths, tables


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("shop")
        scratch(root, patch)
        lines, planted = shop(160, 24, seed=4)
        lines.write_csv(root / "lines.csv")
        shown = run("shop", root / "lines.csv")
        yield lines, planted, shown


def test_what_was_no_purchase_is_left_out_and_counted(planted):
    _, counts, _ = planted
    prepare = report("shop", "prepare")
    assert (prepare["lines"], prepare["purchases"]) == (counts["lines"], counts["kept"])
    left = {each["reason"]: each["rows"] for each in prepare["rejected"]}
    assert left["line without a customer"] == counts["nameless"]


def test_half_of_the_weeks_describe_and_the_later_ones_answer(planted):
    _, _, shown = planted
    assert any("weeks 1 to 12" in line for line in shown)
    customers = tables.read(paths.table("shop", "customers"))
    often = customers["customer"].cast(pl.Int64).to_numpy() % 2 == 1
    again = customers["again"].to_numpy()
    assert again[often].mean() > again[~often].mean()
    assert report("shop", "classify")["target"] == "again"
    assert "bought again after week 12" in page("shop")


def test_customers_who_buy_alike_are_groups_without_a_name(planted):
    names = [persona["name"] for persona in report("shop", "personas")]
    assert report("shop", "segment")["verdict"] == "not supported"
    assert names == [f"group {number}" for number, _ in enumerate(names, 1)]


def test_what_is_planted_together_is_found_again_in_later_weeks(planted):
    resolved = paths.settings("shop", "promote").read_text()
    assert "early_weeks: 12" in resolved
    rules = tables_of_rules()
    assert {frozenset(PAIR)} <= {frozenset(rule) for rule in rules}


def tables_of_rules():
    rules = pl.read_csv(paths.report("shop", "rules.csv"))
    named = rules.select("antecedent", "consequent").rows()
    return [tuple(str(part).strip("[]'\"") for part in rule) for rule in named]
