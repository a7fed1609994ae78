"""Promises of the pages, without a browser."""

import json
import shutil
import subprocess

import numpy as np
import polars as pl
from tests.app.conftest import PAGES
from tests.app.project import HERE, STUDIES, committed, lock, make, segmentation, targets, write_study
from tests.scratch import environment

from personae.core.numbers import percent, rounded
from personae.targeting.budget import allocate

ABSENT = {
    "contact": ("aerofit", "fitbit", "grocery"),
    "rules": ("campaign", "aerofit", "fitbit"),
    "days": ("campaign", "aerofit", "grocery", "journey"),
}


def test_every_page_shows_every_study_or_says_why_it_has_nothing(browse, finished):
    browser = browse(finished)
    for name in PAGES:
        for study in STUDIES:
            browser.visit(name, study)
            lacking = f"{study} has no" in browser.text
            assert lacking == (study in ABSENT.get(name, ())), (name, study, browser.text)
            assert lacking or len(browser.text) > 100 or len(browser.page.dataframe[0].value)


def test_ten_figures_of_every_study_are_those_of_its_reports(browse, finished):
    browser = browse(finished)
    for study in STUDIES:
        card = committed(study)["personas"][0]
        browser.visit("people", study)
        figures = [f"{card['size']:,} of", percent(card["share"])]
        for driver in card["drivers"]:
            figures += [rounded(float(driver[name])) for name in ("value", "overall")]
        assert len(figures) >= 10
        assert [each for each in figures if each not in browser.text] == []


def test_the_budget_is_spent_as_the_stage_spends_it(browse, tmp_path):
    reports = {"campaign": committed("campaign")}
    reports["campaign"]["target"] = reports["campaign"]["target"] | {"plan": {"budget": 30.0}}
    browser = browse(make(tmp_path, reports, budget=30.0))
    page = browser.visit("contact")
    assert page.slider[0].value == 30
    listed = pl.read_csv(tmp_path / "reports" / "campaign" / "targets.csv")
    assert page.dataframe[0].value["decision"].tolist() == listed["decision"].to_list()
    page.slider[0].set_value(75.0).run()
    best = allocate(listed["expected_profit"].to_numpy(), listed["cost"].to_numpy(), 75.0)
    contacted = page.dataframe[0].value["decision"].to_numpy() == "contact"
    assert (contacted == (best.counts[:, 0] > 0)).all()
    assert (
        f"Contact {best.counts.sum()} of 60: expected profit {best.gain:.0f} after {best.spent:.0f} for"
        in browser.text
    )


def test_other_prices_move_the_list_and_prices_that_cannot_pay_are_refused(browse, finished):
    browser = browse(finished)
    page = browser.visit("contact")
    page.number_input[0].set_value(6.0).run()
    shown = page.dataframe[0].value
    assert np.allclose(shown["expected profit"], shown["probability"] * 11 - 6)
    assert ((shown["expected profit"] >= 0) == (shown["decision"] == "contact")).all()
    page.number_input[0].set_value(11.0).run()
    assert not page.exception
    assert "no contact can pay" in browser.text


def test_a_download_holds_the_whole_list_and_nothing_that_a_spreadsheet_would_run(
    browse, tmp_path, monkeypatch
):
    root = make(tmp_path)
    listed = targets(700, reason="=HYPERLINK(1)")
    write_study(root, "campaign", committed("campaign"), listed=listed)
    lock(root)
    page = browse(root).visit("contact")
    assert len(page.dataframe[0].value) == 500
    files = {}
    monkeypatch.setattr("streamlit.download_button", lambda _, data, name, *__: files.update({name: data}))
    page.button[0].click().run()
    assert files["campaign-contacts.csv"] == (root / "reports" / "campaign" / "targets.csv").read_bytes()
    assert b"'=HYPERLINK(1)" in files["campaign-contacts.csv"]
    assert pl.read_parquet(files["campaign-contacts.parquet"]).equals(listed)


def test_two_personas_stand_on_one_axis_and_a_card_can_be_kept(browse, finished):
    page = browse(finished).visit("people")
    next(each for each in page.selectbox if each.label == "Compare with").select_index(1).run()
    (chart,) = page.get("vega_lite_chart")
    assert {"0: frequent buyers, high income", "1: rare buyers, modest income"} == personas_in(chart)
    assert page.get("download_button")[0].proto.url.endswith(".md")


def personas_in(chart):
    import pyarrow as pa

    (data,) = [each.data.data for each in chart.proto.datasets] or [chart.proto.data.data]
    return set(pa.ipc.open_stream(data).read_all()["persona"].to_pylist())


def test_a_customer_with_other_inputs_moves_to_another_segment_and_far_values_are_a_guess(browse, finished):
    customers, segmenter = segmentation()
    browser = browse(finished)
    page = browser.visit("whatif")
    assert "Now: Segment " in browser.text  # of a typical one
    page.text_input[0].set_value("1059").run()
    here = segmenter.predict(customers.tail(1).to_pandas()).iloc[0]
    for title in ("Now", "Then"):
        assert f"{title}: Segment {here['segment']:.0f}: " in browser.text
    assert f"Margin {here['margin']:.2f}" in browser.text
    page.multiselect[0].set_value(["Income", "age"]).run()
    page.text_input[1].set_value("20000")
    page.text_input[2].set_value("30").run()
    assert f"Then: Segment {1 - here['segment']:.0f}: " in browser.text
    assert "guess" not in browser.text
    page.text_input[1].set_value("1000000").run()
    assert "in the data: the answer is a guess." in browser.text
    assert "Far from every segment" in browser.text
    page.text_input[1].set_value("lots").run()
    assert "Then: Column Income holds 'lots'; expected a number." in browser.text
    page.text_input[0].set_value("nobody").run()
    assert "There is no such customer." in browser.text


def test_two_runs_are_compared_as_the_command_does(browse, tmp_path, monkeypatch):
    root = make(tmp_path)
    shutil.copytree(
        HERE / ".dvc", root / ".dvc", ignore=shutil.ignore_patterns("cache", "tmp", "config.local")
    )
    changed = committed("campaign")
    changed["segment"]["silhouette"] = 0.111
    for reports in (committed("campaign"), changed):
        write_study(root, "campaign", reports)
        lock(root)
        for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "result"]):
            subprocess.run(["git", *command], cwd=root, check=True, env=environment())
    monkeypatch.setattr("personae.history.result.runs", lambda _: {"HEAD": "later", "HEAD~1": "first"})
    page = browse(root).visit("runs")
    (text,) = page.code
    assert "silhouette" in text.value
    assert "0.111" in text.value
    monkeypatch.setattr("personae.history.result.runs", lambda _: {"HEAD": "later"})
    browser = browse(root)
    browser.visit("runs")
    assert "Only one run is published." in browser.text


def test_before_the_first_run_one_line_says_what_to_run(browse, tmp_path):
    make(tmp_path, {})
    (tmp_path / "dvc.lock").unlink()
    browser = browse(tmp_path)
    for name in PAGES:
        browser.visit(name)
        assert "run `make repro`" in browser.text
    (tmp_path / "params.yaml").unlink()
    assert "params.yaml: no such file" in browse(tmp_path).text


def test_while_a_result_is_computed_the_last_one_is_shown(browse, tmp_path):
    root = make(tmp_path)
    browser = browse(root)
    changed = committed("campaign")
    changed["answer"]["question"], changed["prepare"]["rows"] = "A new question?", 1201
    marks = ["Who should get the next offer?", "1,200"], ["A new question?", "1,201"]
    for name in ("prepare", "answer"):
        (root / "reports" / "campaign" / f"{name}.json").unlink()
        (root / "dvc.lock").write_text((root / "dvc.lock").read_text() + "\n")
        browser.visit("overview")
        assert all(mark in browser.text for mark in marks[0])
        (root / "reports" / "campaign" / f"{name}.json").write_text(json.dumps(changed[name]))
        browser.visit("overview")
        assert all(mark in browser.text for mark in marks[0])
    assert "campaign has no finished result here" in browse(root).text
    lock(root)
    browser.visit("overview")
    assert all(mark in browser.text for mark in marks[1])
