import datetime

import numpy as np
import polars as pl
import pytest

from personae.core.errors import PersonaeError
from personae.core.files import write_text
from personae.monitoring.forecast import forecast
from personae.monitoring.value import lines_of, panel, value

START = datetime.date(2024, 1, 1)


def lines(customers=150, weeks=40, seed=0):
    """Purchases of customers with a rate of their own."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(2, 0.2, customers)
    rows = [
        (
            who,
            START + datetime.timedelta(weeks=week, days=int(rng.integers(7))),
            round(float(rng.gamma(4, 5)), 2),
        )
        for who in range(customers)
        for week in range(weeks)
        if rng.random() < rate[who]
    ]
    return pl.DataFrame(rows, schema=["customer", "day", "spend"], orient="row")


def test_purchases_become_histories():
    days = [START + datetime.timedelta(days=each) for each in (0, 7, 7, 21, 3)]
    given = panel(pl.DataFrame({"customer": [1, 1, 1, 1, 2], "day": days, "spend": [5.0, 1, 2, 7, 9]}))
    history, seen = given.history(28)
    assert seen.tolist() == [0, 1]
    assert history.repeats.tolist() == [2, 0]  # two lines of one day are one purchase
    assert history.last.tolist() == [3, 0]
    assert history.age == pytest.approx([4, 25 / 7])
    assert history.amount.tolist() == [5, 0]
    assert given.before(28, 1).tolist() == [7, 0]
    assert given.before(4).tolist() == [5, 9]


def test_forecasts_stand_beside_simple_ones():
    report, customers = value(lines(), 4)
    assert report["verdict"] in ("model", "baseline")
    assert set(report["errors"]) == {"BG/NBD with Gamma-Gamma", "same as before", "two weights"}
    low, high = report["expected"]["ci"]
    assert low < report["expected"]["model"] < high
    assert report["expected"]["best"] == pytest.approx(customers["expected_spend"].sum())
    assert customers["expected_spend"].is_sorted(descending=True)
    assert lines_of(report)[0].startswith(report["verdict"])


def test_what_is_too_short_or_too_few_is_said():
    with pytest.raises(
        PersonaeError, match="the purchases cover 40 weeks; a forecast of 8 that can be checked takes 48"
    ):
        value(lines(), 8)
    with pytest.raises(PersonaeError, match=r"\d\d customers bought; 100 are the least"):
        value(lines(customers=80), 4)


def test_a_source_without_transactions_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_text(tmp_path / "resolved/campaign/prepare.yaml", "prepare:\n  source: campaign\n")
    with pytest.raises(PersonaeError, match="campaign: source campaign has no transactions"):
        forecast("campaign", 4)
