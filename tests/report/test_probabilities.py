"""Probabilities on the page: those that the settings name first, the rest by what they are about."""

from dataclasses import replace

import pytest
from tests.report.fabricated import study

from personae.core.errors import PersonaeError
from personae.inference.settings import Probabilities
from personae.report.page import render
from personae.report.probabilities import by_pair
from personae.report.traced import Traced


def row(kind, event, value, given=None, condition=None):
    named = {"kind": kind, "event": event, "event_value": value, "given": given, "given_value": condition}
    return study(1).tables["probabilities"][0] | named


ROWS = [
    row("marginal", "Product", "KP781"),
    row("joint", "Product", "KP781", "Fitness", 5),
    row("conditional", "Product", "KP781", "Fitness", 5) | {"small_n": True},
    row("conditional", "Fitness", 5, "Product", "KP781"),
    row("joint", "Product", "KP781", "Age", "< 30"),
]


def page(*highlights):
    findings = study(1)
    return render(replace(findings, tables=findings.tables | {"probabilities": ROWS}, highlights=highlights))


def test_what_the_settings_name_is_shown_open_with_base_rate_interval_and_mark():
    first, _, rest = page(("Product", "KP781", "Fitness", "5")).partition("Probabilities of all values")
    shown = first.partition("as the settings name them")[2]
    for told in ("Product KP781 given Fitness 5", "93.5 %", "79.3 %", "98.2 %", "22.2 %", "few cases"):
        assert told in shown
    assert 'data-key="probabilities.csv#/2/probability"' in shown
    assert "Fitness 5 given Product KP781" in rest


def test_where_the_settings_name_none_there_is_no_table_of_them():
    assert "as the settings name them" not in page()


def test_all_are_sorted_by_pair():
    found = by_pair(Traced(ROWS, "probabilities.csv#"))
    assert {name: len(rows) for name, rows in found.items()} == {
        "Each column by itself": 1,
        "Product and Fitness": 3,
        "Product and Age": 1,
    }
    assert all(name in page() for name in found)


def test_a_highlight_that_is_not_among_the_rows_is_named_with_what_there_is():
    told = "no Product 'KP781' given Fitness '6'; Product has KP781, Fitness has 5"
    with pytest.raises(PersonaeError, match=told):
        page(("Product", "KP781", "Fitness", "6"))


def test_a_highlight_of_no_pair_is_refused_with_the_settings():
    fitness, age = (("Product", "KP781", name, "5") for name in ("Fitness", "Age"))
    known = {"pairs": [("Fitness", "Product")], "bins": {}, "small_n": 30}
    assert Probabilities(**known, highlights=[fitness]).highlights == [fitness]
    with pytest.raises(ValueError, match="highlights: Product and Age are none of the pairs"):
        Probabilities(**known, highlights=[age])
