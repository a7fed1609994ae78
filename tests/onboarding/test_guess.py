"""What a table is about: the answer, its event, the identifier, what is known only later."""

import numpy as np
import polars as pl
import pytest

from personae.onboarding.guess import guess_table
from personae.sources.files import TableFile

ROWS = 1200


def file(**columns):
    table = pl.DataFrame({name: [str(value) for value in values] for name, values in columns.items()})
    return TableFile("a.csv", table, range(2, table.height + 2))


@pytest.fixture(scope="module")
def calls():
    """A bank's calls: the longer one lasted, the likelier the answer is yes; age and balance tell a little."""
    rng = np.random.default_rng(0)
    age, balance = rng.integers(18, 80, ROWS), rng.lognormal(7, 1, ROWS).round()
    length = rng.lognormal(5, 0.8, ROWS).round()
    score = 1.8 * (np.log(length) - 5) + 0.02 * (age - 45) + rng.logistic(size=ROWS) - 1.5
    return {
        "id": range(ROWS),
        "age": age,
        "balance": balance,
        "talk": length,
        "job": rng.choice(["admin", "worker", "none"], ROWS),
        "deposit": np.where(score > 0, "yes", "no"),
    }


def test_answer_event_and_identifier(calls):
    found = guess_table(file(**calls))
    assert (found.identifier, found.target, found.event) == ("id", "deposit", "yes")


def test_a_column_that_tells_too_much_is_asked_about_whatever_its_name(calls):
    found = guess_table(file(**calls))
    assert [name for name, _ in found.after] == ["talk"]
    assert "without" in dict(found.after)["talk"]


def test_an_honest_driver_of_a_small_table_is_kept_and_a_leak_of_it_is_not():
    rng = np.random.default_rng(6)
    driver, others = rng.normal(size=300), rng.normal(size=(3, 300))
    bought = 1.6 * driver + 0.4 * others.sum(axis=0) + rng.logistic(size=300) > 0
    cells = dict(zip("abcd", [driver, *others], strict=True), bought=np.where(bought, "yes", "no"))
    found = guess_table(file(**cells))
    assert [name for name, _ in found.after] == list(found.unsure) == ["a"]
    leaks = {"rating": np.where(bought, 8, 3) + rng.normal(size=300), "code": np.where(bought, "A", "")}
    found = guess_table(file(**leaks, **cells))
    assert {name for name, _ in found.after} - set(found.unsure) == {"rating", "code"}
    assert "with it" not in dict(found.after)["code"]


def test_a_column_whose_name_says_that_it_comes_later_is_asked_about(calls):
    noise = np.random.default_rng(1).normal(size=ROWS).round(2)
    found = guess_table(file(**{name: calls[name] for name in ("id", "age", "deposit")}, duration=noise))
    assert [name for name, _ in found.after] == ["duration"]


def test_plain_columns_that_tell_a_little_are_kept(calls):
    found = guess_table(file(**{name: cells for name, cells in calls.items() if name != "talk"}))
    assert found.after == []


@pytest.mark.parametrize(
    "words, event",
    [
        (("nein", "ja"), "ja"),
        (("0", "1"), "1"),
        (("stayed", "churned"), "churned"),
        (("good", "bad"), "bad"),
        (("Existing Customer", "Attrited Customer"), "Attrited Customer"),
    ],
)
def test_the_event_is_yes_or_the_rarer_answer_never_the_larger_word(words, event):
    usual, rare = words
    rng = np.random.default_rng(2)
    cells = {"age": rng.integers(18, 80, 300), "churn": np.where(rng.random(300) < 0.3, rare, usual)}
    assert guess_table(file(**cells)).event == event


def test_a_table_without_answers_has_none():
    rng = np.random.default_rng(3)
    found = guess_table(file(age=rng.integers(18, 80, 200), region=rng.choice(["n", "s", "e"], 200)))
    assert (found.target, found.event, found.after) == (None, None, [])


@pytest.mark.parametrize(
    ("order", "target"),
    [
        (("row", "quit", "sex", "age"), "quit"),  # a name
        (("row", "lfp", "age", "sex"), "lfp"),  # no name: first behind the identifier
        (("sex", "age", "lfp"), "lfp"),  # or last
        (("sex", "age", "fustat", "lfp"), "fustat"),
        (("age", "spend", "wing"), "wing"),  # the only labels among numbers
        (("lfp", "age", "sex"), "lfp"),  # what a person is before any offer is none
        (("age", "sex"), None),
        (("treatment", "age", "sex", "improved"), "improved"),
        (("treatment", "age", "sex"), None),  # nor what was done to one
        (("age", "wing", "sex", "spend"), None),
    ],
)
def test_an_answer_is_told_by_name_or_place(order, target):
    rng = np.random.default_rng(7)
    cells = {name: rng.integers(0, 2, 300) for name in ("quit", "lfp", "fustat")}
    cells |= {"treatment": rng.integers(0, 2, 300), "improved": rng.choice(["none", "some", "much"], 300)}
    cells |= {"row": range(300), "age": rng.integers(18, 80, 300), "spend": rng.lognormal(size=300)}
    cells |= {"sex": rng.choice(["m", "f"], 300), "wing": rng.choice(["a", "b", "c"], 300)}
    assert guess_table(file(**{name: cells[name] for name in order})).target == target


def test_in_a_questionnaire_the_place_says_nothing_and_a_name_does():
    rng = np.random.default_rng(8)
    cells = {f"likes {word}": rng.choice(["Yes", "No"], 200) for word in "abcdefgh"}
    assert guess_table(file(**cells, age=rng.integers(18, 80, 200))).target is None
    assert guess_table(file(**cells, bought=rng.choice(["Yes", "No"], 200))).target == "bought"
