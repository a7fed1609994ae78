"""Pages in headless Chromium: nothing cut, nothing red in the console, nobody shut out."""

import shutil
from pathlib import Path

import pytest
from tests.report.fabricated import illustrated, study

from personae.config.compose import studies
from personae.core import paths
from personae.core.settings import read
from personae.report.overview import overview
from personae.report.page import Findings, render
from personae.report.results import read_reports
from personae.report.statements import Words

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
CASES = {
    "plain": {},
    "long": {"segments": 12, "long_names": True},
    "one": {"segments": 1},
    "refused": {"refused": True, "segments": 4},
    "nothing to sell": {"baskets": False, "without": ("classify", "target")},
}
# A4 less margins of 14 mm, in CSS pixels.
PAPER = (688, 1016)
BROKEN_WORDS = r"""() => {
  const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode, range = document.createRange();
    if (text.parentElement.closest("svg, style, code, .long, .words")) continue;
    for (const word of text.data.matchAll(/[^\s\/-]+/g)) {
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map(each => Math.round(each.top))).size > 1) found.push(word[0]);
    }
  }
  return found;
}"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path"),
]
without_axe = pytest.mark.skipif(not AXE.exists(), reason="no axe-core: npm ci --prefix tests/report")


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield started
        started.close()


@pytest.fixture(scope="module", params=[*CASES, "overview"])
def address(request, tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "page.html"
    if request.param == "overview":
        text = overview({"shop": study(2).reports, "gym": study(3, refused=True).reports})
    else:
        text = illustrated(study(**CASES[request.param]))
    file.write_text(text)
    return file.as_uri()


def opened(browser, address, width, scheme):
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: None if request.url == address else said.append(request.url))
    page.goto(address)
    return page, said


@pytest.mark.parametrize("width", [360, 1200])
def test_page_fits_with_all_details_open_and_the_console_is_silent(browser, address, width):
    page, said = opened(browser, address, width, "light")
    page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    page.close()


def committed(study):
    words = Words.of(read(paths.resolved(study)))
    return Findings(study, read_reports(paths.report(study, "")), words=words)


def test_the_index_of_all_studies_is_one_screen_and_a_page_at_most_three(browser, tmp_path):
    found = {study: committed(study) for study in studies(paths.PARAMS)}
    reports, words = (
        {name: getattr(each, part) for name, each in found.items()} for part in ("reports", "words")
    )
    pages = {
        "index": overview(reports, words),
        "campaign": render(found["campaign"]),
    }
    heights = {}
    for name, text in pages.items():
        file = tmp_path / f"{name}.html"
        file.write_text(text)
        page, _ = opened(browser, file.as_uri(), 1400, "light")
        heights[name] = page.evaluate("document.body.getBoundingClientRect().height")
        page.close()
    assert 400 < heights["index"] <= 1000
    assert 800 < heights["campaign"] <= 2600


def test_the_page_of_dvc_plots_draws_its_curves_without_a_network(browser, tmp_path):
    from dvc_render import VegaRenderer, render_html

    rows = [
        {"k": "2", "y": str(0.1 * row), "model": model, "rev": "workspace", "filename": "roc.csv"}
        for row, model in enumerate(["svm", "stack", "svm", "stack"])
    ]
    properties = {"x": "k", "y": "y", "title": "ROC", "template": "by_model", "template_dir": ".dvc/plots"}
    renderers = [
        VegaRenderer(rows, "roc.csv", **properties),
        VegaRenderer([{"step": 0, "rows": 3, "rev": "workspace"}], "prepare.json", x="step", y="rows"),
    ]
    file = tmp_path / "index.html"
    render_html(renderers, file, html_template=Path(".dvc/plots/page.html"))
    page, said = opened(browser, file.as_uri(), 1200, "light")
    assert said == []
    assert (page.locator("polyline").count(), page.locator("h2").all_inner_texts()) == (2, ["ROC"])
    page.close()


@without_axe
def test_axe_finds_nothing_in_light_and_dark(browser, address):
    # Drawings are hidden from assistive technology: their alternative text and tables are checked.
    page, _ = opened(browser, address, 1000, "light")
    page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    page.add_script_tag(path=str(AXE))
    found = {}
    # Colours are all that another scheme changes.
    for scheme, run in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
        page.emulate_media(color_scheme=scheme)
        for each in page.evaluate("run => axe.run({exclude: ['svg']}, run)", run)["violations"]:
            found[scheme, each["id"]] = [node["html"][:150] for node in each["nodes"][:3]]
    page.close()
    assert found == {}


def test_print_cuts_no_picture_and_no_table(browser, address):
    page, _ = opened(browser, address, PAPER[0], "dark")
    page.emulate_media(media="print")
    page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    wide = page.eval_on_selector_all(
        "table, .picture",
        "all => all.filter(each => each.scrollWidth > innerWidth).map(each => each.innerText.slice(0, 60))",
    )
    assert wide == []
    broken = page.eval_on_selector_all(
        ".picture, .studies > li",
        "all => all.filter(each => getComputedStyle(each).breakInside !== 'avoid').length",
    )
    # What may not break must fit on a page.
    tallest = page.eval_on_selector_all(
        ".picture", "all => Math.max(0, ...all.map(each => each.getBoundingClientRect().height))"
    )
    # A word or a number is in one piece; a hyphen or a slash may end a line.
    cut = page.evaluate(BROKEN_WORDS)
    assert cut == [] or "a_column_whose_name" in " ".join(cut)
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert (broken, ink) == (0, "rgb(27, 32, 39)")
    assert tallest < PAPER[1]
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.close()
