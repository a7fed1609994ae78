import datetime
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.scoring.planted import FEATURES
from typer.testing import CliRunner

from personae.cli.main import app
from personae.core import paths, tables
from personae.core.errors import PersonaeError
from personae.scoring.batch import score_file, score_query
from personae.scoring.scorer import SCORES, load_scorer
from personae.sources import table
from personae.sources.files import TableFile, read_file
from personae.sources.pieces import read_pieces
from personae.sources.settings import TablePrepare
from personae.studies.campaign import source


@pytest.fixture
def scorer(scored_project, monkeypatch):
    monkeypatch.chdir(scored_project)
    return load_scorer("campaign")


@pytest.fixture(scope="module")
def rows(scored_project):
    return pl.read_csv(
        scored_project / "data/campaign" / source.FILE, separator="\t", infer_schema=False, null_values=""
    )


def file(rows):
    return TableFile(Path("new.csv"), rows, range(2, rows.height + 2))


def changed(rows, row, **cells):
    here = pl.int_range(pl.len()) == row
    return rows.with_columns(
        pl.when(here).then(pl.lit(cell, pl.String)).otherwise(pl.col(name)).alias(name)
        for name, cell in cells.items()
    )


def test_the_training_file_gets_what_the_stages_found(scorer, rows):
    scores = scorer.score(file(rows))
    assert dict(scores.schema) == SCORES
    segments = tables.read(paths.table("campaign", "segments"))
    assert scores["segment"].equals(segments["segment"])
    assert scores["margin"].equals(segments["margin"])
    customers = tables.read(paths.table("campaign", "customers"))
    assert scores["probability"].to_list() == scorer.model.predict_proba(customers.to_pandas())[:, 1].tolist()
    assert set(scores["segment_name"]) == {"modest", "wealthy"}
    assert (scores["expected_profit"] - (scores["probability"] * 11 - 3)).abs().max() < 1e-12
    assert ((scores["decision"] == "contact") == (scores["expected_profit"] >= 0)).all()
    assert scores["problem"].null_count() == rows.height


def test_one_by_one_shuffled_in_pieces_and_without_answers_is_the_same(scorer, rows):
    everyone = scorer.score(file(rows)).sort("customer")
    shuffled = rows.drop("Response").sample(fraction=1.0, shuffle=True, seed=1)
    pieces = [scorer.score(file(shuffled[at : at + 7])) for at in range(0, rows.height, 7)]
    alone = [scorer.score(file(rows[at])) for at in range(5)]
    for again in (pl.concat(pieces), pl.concat(alone)):
        both = everyone.join(again, on="customer", suffix="_again")
        assert both.height == again.height
        assert (both["probability"] - both["probability_again"]).abs().max() <= 1e-12
        assert both["decision"].equals(both["decision_again"])
        assert both["segment"].equals(both["segment_again"])
        assert both["flags"].equals(both["flags_again"])


WRONG = {
    "lots of income": ({"Income": "lots"}, "column Income holds 'lots'; expected a number"),
    "endless income": ({"Income": "Infinity"}, "column Income holds 'Infinity'; expected a finite number"),
    "huge income": ({"Income": "1e308"}, "column Income holds"),
    "negative income": ({"Income": "-1"}, "column Income holds -1.0"),
    "an unknown degree": ({"Education": "Doctor"}, "column Education holds 'Doctor'; expected one of"),
    "a degree in figures": ({"Education": "3"}, "column Education holds '3'; expected one of"),
    "no degree": ({"Education": None}, "column Education holds None"),
    "an unknown marital status": ({"Marital_Status": "<script>"}, "column Marital_Status holds"),
    "another date": ({"Dt_Customer": "2013-05-01"}, "expected day-month-year such as 04-09-2012"),
    "no date": ({"Dt_Customer": None}, "column Dt_Customer holds None"),
    "an impossible date": ({"Dt_Customer": "31-02-2013"}, "expected day-month-year"),
    "a later date": ({"Dt_Customer": "01-01-2015"}, "the day described"),
    "half a child": ({"Kidhome": "1.5"}, "column Kidhome holds '1.5'; expected a whole number"),
    "many children": ({"Teenhome": "99"}, "column Teenhome holds 99"),
    "negative wine": ({"MntWines": "-5"}, "column MntWines holds -5"),
    "very negative wine": ({"MntWines": "-20000"}, "column MntWines holds -20000"),
    "no wine": ({"MntWines": None}, "column MntWines holds None"),
    "endless recency": ({"Recency": "1e308"}, "column Recency holds '1e308'; expected a whole number"),
    "far recency": ({"Recency": "100000000000000000"}, "column Recency holds 100000000000000000"),
    "a number too large": ({"Recency": str(2**63)}, "column Recency holds"),
    "a flag of two": ({"Complain": "2"}, "column Complain holds 2; expected one of"),
    "a birth to come": ({"Year_Birth": "2050"}, "column Year_Birth holds 2050"),
    "an early birth": ({"Year_Birth": "12"}, "column Year_Birth holds 12"),
    "no identifier": ({"ID": None}, "column ID"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_row_gets_its_problem_and_the_others_their_answers(scorer, rows, case):
    cells, message = WRONG[case]
    right, wrong = scorer.score(file(rows[:6])), scorer.score(file(changed(rows[:6], 4, **cells)))
    bad = wrong.row(4, named=True)
    assert message in bad["problem"]
    assert " row " not in bad["problem"]
    assert (bad["decision"], bad["segment"], bad["probability"]) == ("none", None, None)
    others = pl.int_range(pl.len()) != 4
    assert wrong.filter(others).equals(right.filter(others))


UNUSUAL = {
    "income missing": ({"Income": None}, "Income: missing"),
    "not a number": ({"Income": "NaN"}, "Income: missing"),
    "too rich": (
        {"Income": "400000"},
        "income above 200,000: set to the highest plausible income in the file",
    ),
    "born long ago": (
        {"Year_Birth": "1850"},
        "born before 1914: set to the earliest plausible year in the file",
    ),
    "an identifier in words": ({"ID": "x"}, ""),
    "a large identifier": ({"ID": str(2**63)}, ""),
}


@pytest.mark.parametrize("case", UNUSUAL)
def test_unusual_rows_are_answered_and_flagged(scorer, rows, case):
    cells, flags = UNUSUAL[case]
    row = changed(rows.drop_nulls().filter(pl.col("Year_Birth") > "1945")[:1], 0, **cells)
    scored = scorer.score(file(row)).row(0, named=True)
    assert (scored["flags"], scored["problem"]) == (flags, None)
    assert scored["customer"] == row["ID"][0]
    assert 0 < scored["probability"] < 1


def test_no_revenue_costs_its_contact_and_nobody_is_contacted(scorer, rows):
    scored = scorer.score(file(changed(rows[:1], 0, Z_Revenue="0"))).row(0, named=True)
    assert (scored["expected_profit"], scored["decision"]) == (-3.0, "none")


def test_further_columns_are_ignored_and_missing_ones_refused(scorer, rows):
    assert scorer.score(file(rows.with_columns(surplus=pl.lit("<script>")))).equals(scorer.score(file(rows)))
    with pytest.raises(PersonaeError, match="column Income is missing"):
        scorer.score(file(rows.drop("Income")))
    assert scorer.score(file(rows[:0])).is_empty()


def test_numbers_are_the_same_as_their_text(scorer, rows):
    typed = rows.with_columns(pl.col("ID", "Kidhome").cast(pl.Int64), pl.col("Income").cast(pl.Float64))
    assert scorer.score(file(typed)).equals(scorer.score(file(rows)))


def test_a_file_of_something_else_is_refused(scorer, rows, monkeypatch):
    monkeypatch.setattr("personae.sources.gathered.MOST_PROBLEMS", 5)
    with pytest.raises(PersonaeError, match="more than 5 rows have a problem; line "):
        scorer.score(file(rows[:20].with_columns(Education=pl.lit("?"))))


def test_a_table_of_ones_own_is_scored_by_what_was_learned_of_it(scorer, rows, tmp_path):
    customers = tables.read(paths.table("campaign", "customers"))
    customers.select("customer", *FEATURES, "Z_CostContact", "Z_Revenue").write_csv(tmp_path / "own.csv")
    kinds = dict.fromkeys([*FEATURES, "Z_CostContact", "Z_Revenue"], "number") | {"Education": "category"}
    own = read_file(tmp_path / "own.csv")
    settings = TablePrepare(source="table", files=["own.csv"], id="customer", kinds=kinds)
    scorer = replace(scorer, preparation=table.fit(own, settings))
    expected = load_scorer("campaign").score(file(rows)).drop("as_of", "flags")
    assert scorer.score(own).drop("as_of", "flags").equals(expected)
    wrong = TableFile(own.path, changed(own.table[:3], 1, Income="lots"), own.lines[:3])
    scored = scorer.score(wrong)
    assert scored["problem"].to_list() == [None, "column Income holds 'lots'; expected a number", None]
    alone = [expected["probability"][at] for at in (0, 2)]
    assert scored["probability"].drop_nulls().to_list() == pytest.approx(alone, abs=1e-12)


def test_prepared_rows_get_the_same_answers(scorer, rows):
    customers = tables.read(paths.table("campaign", "customers"))
    expected = scorer.score(file(rows)).select("customer", "segment", "probability", "decision")
    again = scorer.score_prepared(customers)
    assert_frame_equal(again.select(expected.columns), expected, abs_tol=1e-12, rel_tol=0)
    odd = customers[:2].with_columns(age=pl.Series(["old", "40"]))
    assert scorer.score_prepared(odd)["problem"].to_list() == [
        "column age holds 'old'; expected a number",
        None,
    ]
    with pytest.raises(PersonaeError, match="column age is missing"):
        scorer.score_prepared(customers.drop("age"))


def test_reasons_are_what_a_typical_value_would_change(scorer, rows):
    scored = scorer.score(file(rows[:4]), reasons=3)
    assert scored["reason_1"].str.contains(r"^\w+ \S+ \([+-]\d+\.\d\d\)$").all()
    customers = tables.read(paths.table("campaign", "customers"))[:1].to_pandas()
    column = scored["reason_1"][0].split()[0]
    typical = customers.assign(**{column: scorer.parts.typical[column]})
    odds = [np.diff(scorer.model.scores(table))[0, 0] for table in (customers, typical)]
    assert scored["reason_1"][0].endswith(f"({odds[0] - odds[1]:+.2f})")
    without = scorer.score(file(rows[:4]))
    assert without["reason_1"].null_count() == 4


def test_a_customer_who_cannot_be_placed_has_a_problem(scorer, rows):
    customers = tables.read(paths.table("campaign", "customers"))[:3]
    kinds = dict.fromkeys([*FEATURES, "Z_CostContact", "Z_Revenue"], "number") | {"Education": "category"}
    own = file(customers.select(pl.col("customer", *kinds).cast(pl.String)))
    settings = TablePrepare(source="table", files=["own.csv"], id="customer", kinds=kinds)
    learned = replace(scorer, preparation=table.fit(own, settings))
    scored = learned.score(file(changed(own.table, 1, age=None)))
    assert scored["problem"].to_list() == [None, "age: missing, and nothing to fill it with", None]
    assert scored["decision"][1] == "none"
    expected = scorer.score(file(rows[:3]))
    assert scored["segment"].to_list() == [expected["segment"][0], None, expected["segment"][2]]


def test_a_file_is_scored_once_with_what_it_was_made_of(scorer, rows, tmp_path):
    given = tmp_path / "march.csv"
    changed(rows.drop("Response"), 7, Kidhome="x").write_csv(given)
    output = score_file(scorer, given)
    written = output.read_bytes(), output.stat().st_mtime_ns
    assert score_file(scorer, given) == output
    assert (output.read_bytes(), output.stat().st_mtime_ns) == written
    made = json.loads(output.with_suffix(".json").read_text())
    assert (made["rows"], made["problems"], made["model_version"]) == (240, 1, scorer.version)
    later = score_file(scorer, given, datetime.date(2015, 1, 1))
    assert later != output
    assert set(pl.read_parquet(later)["as_of"]) == {datetime.date(2015, 1, 1)}


def test_identifiers_that_repeat_in_a_file_are_refused(scorer, rows, tmp_path):
    pl.concat([rows, rows[:1]]).write_csv(tmp_path / "twice.csv")
    before = sorted(Path("scores").rglob("*"))
    with pytest.raises(PersonaeError, match="column ID repeats"):
        score_file(scorer, tmp_path / "twice.csv")
    assert sorted(Path("scores").rglob("*")) == before


@pytest.mark.parametrize("form", ["a.csv", "a.parquet"])
def test_a_file_is_scored_in_pieces_as_a_whole(scorer, rows, tmp_path, monkeypatch, form):
    odd = changed(rows, 200, Kidhome="x")
    getattr(odd, f"write_{form[2:]}")(tmp_path / form)
    monkeypatch.setattr("personae.scoring.batch.read_pieces", partial(read_pieces, rows=50, size=4000))
    scored = pl.read_parquet(score_file(scorer, tmp_path / form, reasons=1))
    expected = scorer.score(file(odd), reasons=1)
    assert_frame_equal(scored, expected, abs_tol=1e-12, rel_tol=0)


def test_the_command_says_how_many(scored_project, rows, tmp_path, monkeypatch):
    monkeypatch.chdir(scored_project)
    rows.write_csv(tmp_path / "new.csv")
    result = CliRunner().invoke(app, ["score", "campaign", str(tmp_path / "new.csv")])
    assert result.exit_code == 0
    assert "240 customers" in result.output
    lost = CliRunner().invoke(app, ["score", "campaign", "nowhere.csv"])
    assert (lost.exit_code, lost.stderr) == (1, "error: nowhere.csv: no such file\n")


def test_rows_of_a_query_are_scored_as_those_of_a_file(scorer, rows, tmp_path):
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        rows[:20].to_pandas().to_sql("buyers", database, index=False)
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    output = score_query(scorer, url, "SELECT * FROM buyers")
    expected = scorer.score(file(rows[:20]))
    assert_frame_equal(pl.read_parquet(output), expected, abs_tol=1e-12, rel_tol=0)
    made = json.loads(output.with_suffix(".json").read_text())
    assert (made["query"], made["url"], made["rows"]) == ("SELECT * FROM buyers", url, 20)
    assert score_query(scorer, url, "SELECT * FROM buyers") == output


def test_a_month_is_scored_at_its_end_and_kept_by_dvc(scored_project, rows, monkeypatch):
    monkeypatch.chdir(scored_project)
    tracked = []
    monkeypatch.setattr("personae.onboarding.months.track", tracked.append)
    folder = paths.incoming("campaign", "2014-07")
    folder.mkdir(parents=True)
    rows[:30].drop("Response").write_csv(folder / "july.csv")
    result = CliRunner().invoke(app, ["score", "campaign", "2014-07"])
    assert "30 customers" in result.output
    assert tracked == [folder]
    assert set(pl.read_parquet(*Path("scores/campaign").glob("2014-07-*.parquet"))["as_of"]) == {
        datetime.date(2014, 7, 31)
    }
    absent = CliRunner().invoke(app, ["score", "campaign", "2014-08"])
    assert absent.stderr.startswith("error: incoming/campaign/2014-08: no such folder")
    neither = CliRunner().invoke(app, ["score", "campaign"])
    assert neither.stderr == "error: score: give a file, a folder or a month, or --url with --query\n"
