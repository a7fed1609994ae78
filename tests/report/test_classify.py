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
