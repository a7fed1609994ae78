"""Months of a small project, watched from their files."""

import datetime
from dataclasses import replace

import polars as pl
import pytest
from tests.scoring.planted import fit_campaign

from personae.core import paths, tables
from personae.core.errors import PersonaeError
from personae.core.files import read_json, write_files
from personae.monitoring.month import Incoming, answered, judged, scored
from personae.monitoring.watch import lines_of, training_times, watch
from personae.scoring.reference import reference_rows
from personae.scoring.scorer import load_scorer
from personae.studies.campaign.simulate import simulate, to_files


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("watched")
        patch.chdir(folder)
        fit_campaign()
        scorer, customers = load_scorer("campaign"), tables.read(paths.table("campaign", "customers"))
        scores = scorer.parts.answers({"customers": customers})
        tables.write(
            paths.model("campaign", "scorer") / "reference.parquet", reference_rows(customers, scores)
        )
        for name, seed in (("2014-07", 8), ("2014-08", 9)):
            month = simulate(160, seed=seed)[0].with_columns(ID=pl.int_range(pl.len()) + 10_000 * seed)
            write_files(paths.incoming("campaign", name), to_files(month))
        yield scorer


def month(name):
    return Incoming(
        name, paths.incoming("campaign", name).absolute(), datetime.date(2014, int(name[-2:]), 28)
    )


def test_months_are_tested_and_written_down(project):
    months = [month("2014-07"), month("2014-08")]
    (made,) = watch("campaign", project, months, ["2014-08"])
    assert [each["test"] for each in made["tests"]] == ["joint change", "segment shares", "calibration"]
    assert made["tests"][1]["paired"] is False
    assert made["verdict"] != "drift"
    assert read_json(paths.scores("campaign", "2014-08-drift.json"))["verdict"] == made["verdict"]
    assert not paths.scores("campaign", "2014-07-drift.json").exists()
    assert lines_of(made)[0] == f"2014-08: {made['verdict']} (160 customers)"
    assert training_times("campaign", project) == []


def test_the_same_customers_are_compared_with_themselves(project):
    write_files(paths.incoming("campaign", "2014-09"), to_files(simulate(240, seed=3)[0]))
    again = Incoming("2014-09", paths.incoming("campaign", "2014-09").absolute(), None)
    (made,) = watch("campaign", project, [again], ["2014-09"])
    joint, shares, _ = made["tests"]
    assert (shares["paired"], shares["effect"], shares["p"]) == (True, 0, 1)
    assert joint["word"] == "stable"


def test_answers_come_from_the_column_or_from_a_file_of_their_own(project):
    july = month("2014-07")
    known = judged(scored(project, july), answered(project, july))
    assert known.height == 160
    assert set(known["response"]) == {0.0, 1.0}
    path = july.folder.parent / "2014-07-answers.csv"
    path.write_text("customer,response\n80001,1\n80002,\n")
    assert answered(project, july).rows() == [("80001", 1.0)]
    path.write_text("customer,response\n80001,2\n")
    with pytest.raises(PersonaeError, match="2014-07-answers.csv: column response holds 2; expected 0 or 1"):
        answered(project, july)
    path.write_text("customer,response\n80001,1\n80001,0\n")
    with pytest.raises(PersonaeError, match="customer 80001 is there twice"):
        answered(project, july)
    path.write_text("customer,response\n80001,1\n,0\n")
    with pytest.raises(PersonaeError, match="2014-07-answers.csv: column customer is empty in row 3"):
        answered(project, july)
    path.with_suffix(".csv.dvc").touch()
    other = path.with_suffix(".txt")
    other.touch()
    with pytest.raises(
        PersonaeError, match=r"holds 2014-07-answers.csv and 2014-07-answers.txt; expected one"
    ):
        answered(project, july)
    for each in (path, path.with_suffix(".csv.dvc"), other):
        each.unlink()


def test_answers_of_the_column_are_known_ones_or_missing_and_those_of_others_are_counted(project, tmp_path):
    table = simulate(160, seed=8)[0].with_columns(ID=pl.int_range(pl.len()) + 80_000)
    given = ["nan", "1.0", *("0" for _ in range(158))]
    write_files(
        paths.incoming("campaign", "2014-05"), to_files(table.with_columns(Response=pl.Series(given)))
    )
    may = month("2014-05")
    assert answered(project, may)["response"].to_list() == [1.0, *(0.0 for _ in range(158))]
    (made,) = watch("campaign", project, [may], ["2014-05"])
    left = 159 - judged(scored(project, may), answered(project, may)).height  # customers with a problem
    assert (made["answers"], made["answers_left_out"]) == (159, left)
    given[2] = "2"
    write_files(may.folder, to_files(table.with_columns(Response=pl.Series(given))))
    with pytest.raises(PersonaeError, match="column Response holds '2' in row 4; expected one of 0, 1"):
        answered(project, may)
    write_files(may.folder, to_files(table))
    path = may.folder.parent / "2014-05-answers.csv"
    path.write_text("customer,response\n80001,1\n7,0\n")
    (made,) = watch("campaign", project, [may], ["2014-05"])
    assert "1 of 2 answers are of no customer of the month" in "\n".join(lines_of(made))
    path.unlink()


def test_answers_that_the_model_merged_are_known(project):
    model = replace(project.model, classes=("0+1", "2"), merged={"0": "0+1", "1": "0+1", "2": "2"})
    merged = replace(project, parts=replace(project.parts, model=model))
    table = simulate(160, seed=8)[0].with_columns(ID=pl.int_range(pl.len()) + 80_000)
    given = ["0", "1", *("2" for _ in range(158))]
    write_files(
        paths.incoming("campaign", "2014-04"), to_files(table.with_columns(Response=pl.Series(given)))
    )
    assert answered(merged, month("2014-04"))["response"].to_list() == [0.0, 0.0, *(1.0 for _ in range(158))]
