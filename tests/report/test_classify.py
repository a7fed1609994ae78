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
