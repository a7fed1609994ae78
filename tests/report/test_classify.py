"""The section on models: what was published from one split, and what the folds say of it."""

import re
from dataclasses import replace

from tests.report.fabricated import study

from personae.report.page import render


def section(findings):
    """Text of the section, tags taken out."""
    page = render(replace(findings, reports={"classify": findings.reports["classify"]}, tables={}))
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
    assert "always the majority 44.4 % 77.8 %" in text


def test_what_is_taken_for_what_is_shown_before_and_after_the_merge():
    text = section(study(2))
    assert "Customers before the merge by what they are" in text
    assert "is taken for yes taken for no yes 20.5 4.25 no 3 70" in text
    assert "is taken for yes taken for no yes 21.5 3.25 no 1.50 71.5" in text
