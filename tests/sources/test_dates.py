"""Dates as people and programs write them."""

import datetime

import polars as pl
import pytest

from personae.sources.dates import date_pattern, dates


@pytest.mark.parametrize(
    "cells, pattern",
    [
        (["2020-01-31", "2021-12-01"], "%Y-%m-%d"),
        (["31.01.2020", "01.12.2021"], "%d.%m.%Y"),
        (["01/31/2020", "12/01/2021"], "%m/%d/%Y"),
        (["2020-01-31 08:30:00", "2021-12-01 00:00:00"], "%Y-%m-%d %H:%M:%S"),
        (["05/10/1980 02:00 PM", "05/23/1980 11:00 AM"], "%m/%d/%Y %I:%M %p"),
        (["31.01.12", "01.02.12"], "%d.%m.%y"),
        (["January 31, 2020", "May 1, 2021"], "%B %d, %Y"),
        (["2020-01-31T08:30", "2021-12-01T00:00"], "%Y-%m-%dT%H:%M"),
        (["2020-01-31 08:30:00+00", "2021-12-01 00:00:00+01"], "%Y-%m-%d %H:%M:%S"),
        (["2020-01-31T08:30:00.5Z", "2021-12-01T00:00:00.25Z"], "%Y-%m-%dT%H:%M:%S%.f"),
        (["31-01-12", "01-02-12"], None),
        (["a", "b"], None),
        (["1234", "99"], None),
    ],
)
def test_the_pattern_of_dates_is_found(cells, pattern):
    assert date_pattern(pl.Series(cells))[0] == pattern


def test_times_are_those_of_the_clock_where_they_were_written():
    cells = pl.Series(["2020-01-31 23:30:00-0800", "2020-02-01 01:00:00 UTC"])
    found = dates(cells, date_pattern(cells)[0])
    assert found.wrong == []
    assert found.values.dt.strftime("%d %H").to_list() == ["31 23", "01 01"]


def test_days_and_months_that_may_change_places_are_doubtful():
    assert date_pattern(pl.Series(["01/02/2020", "03/04/2020"]))[1]
    assert not date_pattern(pl.Series(["13/02/2020", "03/04/2020"]))[1]


def test_times_at_midnight_are_dates():
    moments = [datetime.datetime(2020, 1, 31), None]
    assert dates(pl.Series(moments)).values.to_list() == [datetime.date(2020, 1, 31), None]
