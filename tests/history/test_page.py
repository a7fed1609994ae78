"""Promises of the page of a comparison: nothing is loaded, nothing is markup, nothing is cut off."""

import re

import pytest
from tests.history.test_changes import result
from tests.report.fabricated import SCRIPT
from tests.report.test_browser import CHROMIUM, browser, opened  # noqa: F401 - a fixture

from personae.history.changes import compared
from personae.history.page import render


def test_names_from_the_data_are_never_markup_and_nothing_is_loaded():
    page = render(compared([result("a", {"x": SCRIPT}, hostile=True), result("b", {"x": "1"})]))
    assert SCRIPT not in page
    assert "<script" not in page
    assert not re.search(r"(src|href)=.https?:", page)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_fits_and_the_console_is_silent(browser, tmp_path, width, scheme):  # noqa: F811
    first, second = result("a", {"x": "1"}), result("b", {"x": "long " * 300}, long_names=True)
    second.reports["segment"] |= {"silhouette": 0.9, "silhouette_ci": [0.88, 0.92]}
    (tmp_path / "page.html").write_text(render(compared([first, second])))
    page, said = opened(browser, (tmp_path / "page.html").as_uri(), width, scheme)
    page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    page.close()
