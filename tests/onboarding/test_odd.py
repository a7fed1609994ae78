"""Odd tables, from the file to a report or one line: never a traceback, nothing left out or turned round unsaid."""

import datetime

import numpy as np
import polars as pl
import pytest
from tests.onboarding.scratch_study import page, report, run, scratch
from tests.planted import odd
from tests.planted.odd import emptied

from personae.core import paths
from personae.core.errors import PersonaeError

ROWS = 150


def customers():
    return odd.customers(ROWS)


def told(table, words):
    return table.with_columns(pl.col("bought").replace_strict({0: words[0], 1: words[1]}, default=None))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        root = tmp_path_factory.mktemp("odd")
        scratch(root, patch)
        yield root


@pytest.fixture
def bring(folder):
    """Write a table as a file, and take it from there to its page; give what new-study showed."""
    made = []

    def bring(name, table, **known):
        file = folder / f"{name}.csv"
        table.write_csv(file)
        made.append(name)
        return run(name, file, **known)

    return bring


def test_gaps_everywhere_and_answers_in_words(bring):
    """Answers, numbers, categories and flags are partly missing; the event is named in the file's own words."""
    table = told(emptied(customers(), "bought"), ("nein", "ja"))
    table = emptied(emptied(table, "spend"), "sex").with_columns(
        pl.when(pl.int_range(ROWS) % 9 > 0).then(pl.int_range(ROWS) % 2).alias("card")
    )
    bring("gaps", table, target="bought", after="none")
    unanswered = table["bought"].null_count()
    prepare, classify = report("gaps", "prepare"), report("gaps", "classify")
    assert prepare["event"] == {"column": "bought", "answer": "ja", "text": "bought: ja"}
    assert prepare["unanswered"] == unanswered
    assert classify["left_out"] == [{"rows": unanswered, "name": None, "reason": "no answer"}]
    assert classify["rows"] == ROWS - unanswered
    assert sum(persona["size"] for persona in report("gaps", "personas")) == ROWS
    assert report("gaps", "impute")["columns"].keys() == {"spend"}
    text = page("gaps")
    assert "bought: ja" in text
    assert "Accepted the offer" not in paths.report("gaps", "personas.md").read_text()
    assert f"{unanswered}</data> customers have no answer" in text


def test_the_smaller_word_may_be_the_event(bring):
    table = told(customers(), ("stayed", "churned")).rename({"bought": "status"}).drop("age", "region")
    bring("words", table, target="status", event="churned", after="none")
    rates = [persona["response_rate_raw"] for persona in report("words", "personas")]
    sizes = [persona["size"] for persona in report("words", "personas")]
    churned = (table["status"] == "churned").mean()
    assert np.average(rates, weights=sizes) == pytest.approx(churned)
    assert "status: churned" in page("words")


def test_names_that_mean_something_elsewhere(bring):
    """Names of the project's own columns, words of YAML, marks of HTML and interpolation."""
    names = {
        "age": "customer",
        "spend": "segment",
        "visits": "<script>alert(1)</script>",
        "sex": "yes",
        "region": "Größe, € [n]: ${x}",
    }
    table = (
        customers().rename(names).with_columns(pl.col("yes").replace({"d": "<img src=x onerror=alert(2)>"}))
    )
    table = table.with_columns(unit=pl.col("customer") * 2, far=pl.col("customer") % 7)
    bring("names", table, after="none")
    space = set(report("names", "segment")["space"]["columns"])
    assert space >= {"customer (column)", "segment (column)", "unit (column)", "far"}
    assert {"yes", "Größe, € [n]: ${x}"} <= report("names", "compare")["variables"].keys()
    text = page("names")
    assert "<script>alert" not in text
    assert "<img src" not in text


def test_dates_constants_levels_and_what_is_known_later(bring):
    days = np.random.default_rng(2).integers(0, 900, ROWS)
    table = customers().with_columns(
        since=pl.Series(
            [datetime.date(2021, 1, 1) + datetime.timedelta(int(day)) for day in days]
        ).dt.strftime("%d.%m.%Y"),
        club=pl.lit("a"),
        town=pl.Series([f"town{number}" for number in np.random.default_rng(3).integers(0, 60, ROWS)]),
        outcome=pl.col("bought").replace_strict({0: "lost", 1: "won"}),
    )
    shown = bring("dated", table, target="bought", after="outcome")
    assert "club: constant, left out" in shown
    prepare = report("dated", "prepare")
    assert prepare["days_before"] == {"since": table["since"].str.to_date("%d.%m.%Y").max().isoformat()}
    assert [repair["rule"] for repair in prepare["repairs"]] == ["rare levels pooled as (other)"]
    guard = {finding["check"]: finding for finding in report("dated", "classify")["leakage"]}
    asked = guard["known only afterwards?"]
    assert (asked["columns"], asked["verdict"]) == (["outcome"], "ask")
    assert "is 1.000 with it" in asked["evidence"]
    assert guard["declared"]["evidence"].endswith("outcome reaches ROC AUC 1.000")
    text = page("dated")
    assert "the newest date of the file" in text
    assert "known only afterwards?" in text


def test_only_categories_make_segments(bring):
    bring("only", customers().select("kd", "sex", "region"), target=None)
    assert report("only", "segment")["space"]["columns"] == ["sex", "region"]
    names = [persona["name"] for persona in report("only", "personas")]
    assert report("only", "segment")["verdict"] == "not supported"
    assert names == [f"group {number}" for number, _ in enumerate(names, 1)]


def test_three_columns_and_three_answers(bring):
    table = (
        customers()
        .select("kd", "spend", bought=pl.col("visits").clip(0, 5) // 2)
        .with_columns(pl.col("bought").replace_strict({0: "none", 1: "few", 2: "many"}))
    )
    bring("three", table, target="bought")
    assert report("three", "classify")["classes"] == ["few", "many", "none"]


def test_ten_customers_end_in_a_report(bring):
    bring("ten", customers().head(10), after="none")
    assert report("ten", "segment")["verdict"] == "not supported"


def test_a_negative_amount_is_named_with_its_customer(folder):
    from personae.segmentation.space import Space

    table = customers().with_columns(spend=pl.when(pl.int_range(ROWS) == 17).then(-3.5).otherwise("spend"))
    with pytest.raises(PersonaeError, match=r"spend holds -3.5 of customer K0018; log1p"):
        Space("own", ["spend"], log1p=["spend"]).fit(table.rename({"kd": "customer"}).to_pandas())


def test_many_columns_are_described_and_not_all_drawn(folder):
    from personae.report.gallery import MOST_DRAWN, pictures
    from personae.sources.exploration import explore

    rng = np.random.default_rng(0)
    table = pl.DataFrame({f"c{number}": rng.normal(size=30) for number in range(MOST_DRAWN + 10)})
    drawn = [picture.name for picture in pictures({"pictures/exploration": explore(table)}, {})]
    assert sum(name.startswith("column-") for name in drawn) == MOST_DRAWN
