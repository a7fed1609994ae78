"""From the first days of a user to the segment of the later ones; no day is on both sides."""

from datetime import date

import polars as pl
import pytest
from tests.features.test_describe import days

from personae.core.errors import PersonaeError
from personae.response.early import early_and_late, tables_of, training_rows
from personae.response.settings import Classify, Early


def split(table, **changes):
    usual = {"columns": ["mean_steps", "steps_cv"], "k": 2, "least_users": 2}
    return early_and_late(table, None, Early(**(usual | changes)))


def test_no_later_day_changes_what_is_known_early():
    table = days()
    changed = table.with_columns(
        steps=pl.when(pl.col("date") >= date(2016, 4, 19)).then(pl.col("steps").reverse()).otherwise("steps")
    )
    features = [name for name in split(table).columns if name != "later_segment"]
    assert split(table).select(features).equals(split(changed).select(features))
    assert (split(table)["days"] == 7).all()


def test_the_answer_is_the_segment_of_the_later_days():
    users = split(days())
    active = users.filter(users["mean_steps"] > 7_000)
    assert users["later_segment"].n_unique() == 2
    assert active["later_segment"].n_unique() == 1
    assert users.height == 12


def test_users_without_enough_later_days_are_left_out():
    table = days()
    short = table.filter((pl.col("customer") != 103) | (pl.col("date") < date(2016, 4, 22)))
    users = split(short)
    assert users.height == 11
    assert 103 not in users["customer"]


def test_segments_too_small_to_be_learned_are_not_asked_for():
    assert split(days(), k=4, least_users=5)["later_segment"].n_unique() == 2
    with pytest.raises(PersonaeError, match="no 4 or fewer segments of 7 users each"):
        split(days(), k=4, least_users=7)


def test_what_cannot_be_is_refused():
    with pytest.raises(PersonaeError, match="no column 'naps' in the users"):
        split(days(), columns=["naps"])
    with pytest.raises(PersonaeError, match="2 users have 5 later days; 4 segments need more"):
        split(days(users=2), k=4)


def test_rows_without_first_days_are_those_of_the_table():
    settings = Classify(target="redeemed", features=["price"], table="offers")
    offers = pl.DataFrame({"price": [1.0, 2.0], "redeemed": [0, 1]})
    assert tables_of(settings) == ("offers",)
    assert training_rows({"offers": offers}, settings).equals(offers.to_pandas())
