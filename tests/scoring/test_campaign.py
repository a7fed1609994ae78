"""The files of a campaign, as a user has them."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from benchmarks.next_list import campaign as experiment
from tests.targeting.test_readout import campaign

from personae.core import paths, tables
from personae.core.errors import PersonaeError
from personae.core.files import read_json, write_text
from personae.scoring.campaign import lines_of, read_out_files


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    listed, answers, _ = campaign(np.random.default_rng(3))
    pl.from_pandas(listed).write_csv("targets.csv")
    pl.from_pandas(answers).cast({"response": pl.Int64}).write_csv("march.csv", separator=";")
    return listed, answers


def test_a_campaign_is_read_from_its_files(files, tmp_path):
    output, made = read_out_files("shop", "targets.csv", "march.csv")
    assert output.as_posix() == "scores/shop/march-readout.json"
    assert read_json(output)["gain"]["mean"] == pytest.approx(made["gain"]["mean"])
    text = "\n".join(lines_of(made))
    assert "contact raises the response; " in text
    assert "900 contacted: " in text
    assert "300 held out: " in text


def test_what_is_wrong_in_a_file_is_named_with_its_row(files):
    text = Path("march.csv").read_text().splitlines()
    text[4] = text[4].partition(";")[0] + ";yes"
    Path("march.csv").write_text("\n".join(text))
    with pytest.raises(
        PersonaeError, match="march.csv: column response holds 'yes' in row 5; expected a number"
    ):
        read_out_files("shop", "targets.csv", "march.csv")
    with pytest.raises(PersonaeError, match="june.csv: no such file"):
        read_out_files("shop", "targets.csv", "june.csv")
    with pytest.raises(PersonaeError, match="targets.csv: column response is missing"):
        read_out_files("shop", "targets.csv", "targets.csv")


def test_answers_of_customers_who_are_not_on_the_list_are_counted(files):
    text = Path("march.csv").read_text()
    Path("march.csv").write_text(text + "nobody;1\n")
    _, made = read_out_files("shop", "targets.csv", "march.csv")
    assert made["answers_left_out"] == 1
    assert "1 answers are of customers who are not on the list; left out" in lines_of(made)
    Path("march.csv").write_text("customer;response\nnobody;1\n")
    with pytest.raises(PersonaeError, match="march.csv: no customer is on the list targets.csv; is it of"):
        read_out_files("shop", "targets.csv", "march.csv")


def test_customers_that_the_project_does_not_describe_leave_the_list_as_it_is(files):
    _, made = read_out_files("shop", "targets.csv", "march.csv")
    assert made["next_list"]["rank_by"] == "response"
    assert lines_of(made)[-1] == (
        "next list by response: the customers of the list are not described in this project"
    )


def test_the_next_list_is_written_where_uplift_ranks_better(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sent, inputs = experiment("of its own", np.random.default_rng(1))
    listed = sent.assign(segment=0).drop(columns="response")
    pl.from_pandas(listed).write_csv("targets.csv")
    answers = sent[["customer", "response"]].astype({"response": int})
    pl.from_pandas(answers).write_csv("march.csv")
    names = [f"x{place}" for place in range(inputs.shape[1])]
    customers = pl.DataFrame(inputs, schema=names).with_columns(
        customer=pl.Series(sent["customer"]), kind=pl.lit("a")
    )
    tables.write(paths.table("shop", "customers"), customers)
    settings = f"classify:\n  target: response\n  features: [kind, {', '.join(names)}]\n  models: {{a: {{type: logistic}}}}\n"
    write_text(paths.settings("shop", "classify"), settings)
    _, made = read_out_files("shop", "targets.csv", "march.csv")
    assert made["next_list"]["rank_by"] == "uplift"
    assert pl.read_csv(paths.scores("shop", "march-next.csv")).height == len(sent)
