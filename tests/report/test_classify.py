"""The section on models: what was published from one split, and what the folds say of it."""

import re
from dataclasses import replace

import pytest
from tests.report.fabricated import study

from personae.report.model_cards import model_cards
from personae.report.overview import overview
from personae.report.page import render
from personae.report.traced import Traced
from personae.report.verdicts import verdicts
from personae.studies.claims import table


def section(findings):
    """Text of the section, tags taken out."""
    page = render(
        replace(findings, reports={"classify": findings.reports["classify"]}, tables={}, highlights=())
    )
    return words(page.partition('<section id="classify">')[2].partition("</section>")[0])


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_published_split_is_told_whole():
    text = section(study(2))
    assert "before the merge 36 63.9 % 50 % yes 65 % 77.8 % maybe 25 % 77.8 % no 100 % 77.8 %" in text
    assert "after the merge 36 94.4 % 75 % yes 93.1 % 77.8 % no 100 % 77.8 %" in text
    assert "after, integer codes 36 97.2 % 75 % yes" in text
    assert "Dummies: test share 0.2, not stratified; categories as dummies." in text
    assert "Integer codes: test share 0.2, not stratified; categories as codes." in text


def test_folds_are_not_called_splits_like_the_published_one():
    text = section(study(2))
    assert "one random split, not stratified. Over 100 folds instead ( 20 times 5 , stratified" in text
    assert "right in 65.0 % ± 3.0 % , median 64.5 %" in text
    assert "splits of that kind" not in text


def test_repeated_splits_like_the_published_one_are_called_so():
    findings = study(2)
    for name in ("before", "after", "after_integer_codes"):
        del findings.reports["classify"]["seed_claim"][name]
    assert "Over 100 splits of that kind the median is 64.5 %" in section(findings)


def test_the_second_validation_is_said_to_be_one_and_stands_beside_its_majority():
    text = section(study(2))
    assert "plain models, 5 folds, 20 times, nothing calibrated or chosen" in text
    assert "Models before and after the merge" in text
    assert "majority-class baseline 44.4 % 77.8 %" in text


def test_what_is_taken_for_what_is_shown_before_and_after_the_merge():
    text = section(study(2))
    assert "Customers before the merge by actual and predicted class" in text
    assert "actual predicted yes predicted no yes 20.5 4.25 no 3 70" in text
    assert "actual predicted yes predicted no yes 21.5 3.25 no 1.50 71.5" in text


def test_rows_that_were_left_out_are_told_with_the_reason():
    text = section(study(2))
    assert "Left out: 2 customers of never (not compared)." in text
    assert "Left out: 3 customers (Response is missing)." in text


@pytest.fixture
def one_class():
    """A study whose merge leaves one class."""
    findings = study(2)
    report, skipped = findings.reports["classify"], {"skipped": "the merge leaves one class"}
    kept = {name: report[name] for name in ("target", "groups", "before", "failures", "seed_claim")}
    claim = {name: value for name, value in kept["seed_claim"].items() if not name.startswith("after")}
    findings.reports["classify"] = kept | {"models": skipped, "after": skipped, "seed_claim": claim}
    return findings


def test_where_a_merge_leaves_one_class_the_section_shows_what_was_before(one_class):
    text = section(one_class)
    assert "No model of it: the merge leaves one class." in text
    assert "Models before the merge" in text
    assert "majority-class baseline 44.4 %" in text
    assert "before the merge 36 63.9 % 50 %" in text
    assert "after the merge" not in text


def test_where_a_merge_leaves_one_class_verdict_claim_cards_and_overview_say_so(one_class):
    reports = one_class.reports
    traced = {name: Traced(content, f"{name}.json#") for name, content in reports.items()}
    said = [each for each in verdicts(traced) if each.evidence.key.startswith("classify")]
    assert [each.level for each in said] == ["not supported"]
    assert said[0].text.startswith("Response is not predicted after yes and maybe were counted as one")
    assert "majority 44.4 %; the merge leaves one class" in table({"aerofit": reports})
    assert model_cards("gym", reports, {"clusterer": {}}, {"models": {}}).keys() == {"segmenter"}
    assert "the merge leaves one class" in overview({"gym": reports})
