"""A customer with other inputs: what is derived follows, and who is unmoved gets what the stages found."""

from pathlib import Path

import polars as pl
import pytest

from personae.core import paths, tables
from personae.scoring.scorer import load_scorer
from personae.scoring.whatif import answer_case, find_case, outside
from personae.studies.campaign.source import FILE


@pytest.fixture
def scorer(scored_project, monkeypatch):
    monkeypatch.chdir(scored_project)
    return load_scorer("campaign")


def case_of(scorer, customer=""):
    found = find_case(scorer, [paths.raw("campaign") / FILE], pl.DataFrame(), customer)
    assert found is not None
    return found


def test_an_unmoved_customer_is_as_the_stages_found(scorer):
    segments = tables.read(paths.table("campaign", "segments")).sample(5, seed=1)
    for customer, segment in segments.select("customer", "segment").iter_rows():
        scores = answer_case(scorer, case_of(scorer, str(customer))).scores
        assert (scores["customer"], scores["segment"]) == (str(customer), segment)


def test_what_is_derived_follows_its_inputs(scorer):
    case = case_of(scorer)
    assert case.raw
    assert not {"ID", "Response"} & set(case.inputs)
    now = answer_case(scorer, case)
    then = answer_case(scorer, case.changed({"MntWines": "90000", "Year_Birth": "1960", "Income": ""}))
    changed = {name for name, cell in then.prepared.items() if cell != now.prepared[name]}
    assert {"total_spend", "wine_share", "age"} <= changed
    assert then.prepared["age"] == 2014 - 1960
    assert then.scores["flags"] == "Income: missing"
    assert outside(then.prepared, {"total_spend": (0, 9000), "age": (18, 90)}) == ["total_spend"]
    told = ". ".join(then.told())
    assert "Probability " in told
    assert "Mostly for " in told


def test_a_cell_that_does_not_fit_is_said(scorer):
    outcome = answer_case(scorer, case_of(scorer).changed({"Kidhome": "1.5"}))
    assert outcome.told() == ["Column Kidhome holds '1.5'; expected a whole number"]
    assert outcome.prepared == {}
    assert find_case(scorer, [paths.raw("campaign") / FILE], pl.DataFrame(), "nobody") is None


def test_prepared_columns_are_changed_where_a_customer_takes_several_rows(scorer, monkeypatch):
    customers = tables.read(paths.table("campaign", "customers"))
    monkeypatch.setattr(type(scorer.preparation), "apply", property(lambda _: getattr(_, "no such")))
    known = find_case(scorer, [Path("unread")], customers, str(customers["customer"][3]))
    expected = tables.read(paths.table("campaign", "segments"))["segment"][3]
    assert answer_case(scorer, known).scores["segment"] == expected
    assert not known.raw
    moved = answer_case(scorer, known.changed({"age": "50"}))
    assert moved.prepared["age"] == 50.0
    assert answer_case(scorer, find_case(scorer, [], customers, "")).scores["problem"] is None
