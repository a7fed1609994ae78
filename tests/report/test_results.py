"""Promises of the reader: a study has what it has, and promotions only where it has baskets."""

import json

import pytest

from personae.report.results import read_reports, read_tables


@pytest.fixture
def folder(tmp_path):
    def write(**reports):
        for name, content in reports.items():
            (tmp_path / f"{name}.json").write_text(json.dumps(content))
        return tmp_path

    return write


def test_what_a_study_has_is_read_and_the_rest_is_absent(folder):
    reports = read_reports(folder(prepare={"rows": 3}, segment={"k": 2}, other={"k": 9}))
    assert reports == {"prepare": {"rows": 3}, "segment": {"k": 2}}
    assert read_reports(folder().parent / "nowhere") == {}


def test_no_promotion_is_a_result_only_where_there_are_baskets(folder):
    assert "promotions" not in read_reports(folder(prepare={"baskets": 0}, promotions=[]))
    assert read_reports(folder(prepare={"baskets": 400}))["promotions"] == []
    (folder(prepare={}) / "rules.csv").write_text("segment,lift\n0,1.5\n")
    assert read_reports(folder())["promotions"] == []


def test_tables_are_read_by_their_place_below_the_folder(folder):
    (folder() / "curves").mkdir()
    (folder() / "curves" / "roc.csv").write_text("x,model\n0.5,svm\n")
    assert read_tables(folder()) == {"curves/roc": [{"x": 0.5, "model": "svm"}]}
