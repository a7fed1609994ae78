"""What a row is called in the page."""

import pytest

from personae.config.study import Report
from personae.onboarding.unit_name import unit_line, unit_name


@pytest.mark.parametrize(
    ("identifier", "name"),
    [
        ("User_ID", "users"),
        ("household_key", "households"),
        ("AccountNumber", "accounts"),
        ("kd_nr", "customers"),
        ("Kundennummer", "customers"),
        ("useful", "rows"),
        ("Id", "rows"),
        (None, "rows"),
    ],
)
def test_the_identifier_says_what_a_row_is(identifier, name):
    assert unit_name(identifier, "rows") == name


def test_what_pages_say_anyway_needs_no_line():
    assert unit_line("customer_id", "rows") == unit_line("id", "customers") == []
    assert unit_line("id", "rows") == ["report: {unit_name: rows}  # what a row is called in the page"]


def test_a_page_asks_for_the_kinds_of_what_a_row_is():
    assert Report(unit_name="households").title == "What kinds of households are there?"
    assert Report(title="Who stays?", unit_name="users").title == "Who stays?"
