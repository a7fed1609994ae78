"""Pages of a hostile study in headless Chromium, from a server as a user starts it."""

import shutil
import socket
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl
import pytest
import yaml
from tests.app.conftest import PAGES
from tests.app.project import HOSTILE, STUDIES, hostile_study, lock, make, targets, write_study
from tests.scratch import Project

from personae.core.paths import PACKAGE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = Path(__file__).parents[1] / "report" / "node_modules" / "axe-core" / "axe.min.js"
READY = "[data-testid=stApp][data-test-script-state=notRunning]"
# What data could make of itself, had it been taken for more than text.
MADE = ", ".join(
    f"{place} {kind}"
    for place in ("[data-testid=stMain]", "[role=listbox]")
    for kind in ("a", "script", "img", "strong", "em", ".katex")
)

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    root = make(tmp_path_factory.mktemp("hostile"), {study: hostile_study(study) for study in STUDIES})
    listed = targets(reason=HOSTILE).with_columns(customer=pl.lit(HOSTILE))
    write_study(root, "campaign", hostile_study("campaign"), listed=listed)
    settings = root / "resolved" / "campaign" / "profile.yaml"
    content = yaml.safe_load(settings.read_text())
    content["profile"]["labels"] = dict.fromkeys(content["profile"]["labels"], HOSTILE)
    settings.write_text(yaml.safe_dump(content))
    lock(root)
    with served(root) as (started, _):
        yield started


@contextmanager
def served(root):
    """Start the explorer as a user does; its address and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Project(root, PACKAGE.parent).start(
        sys.executable, "-m", "personae.cli", "app", "--port", str(port)
    )
    try:
        assert any("URL" in line for line in server.stdout), server.communicate()
        yield f"http://127.0.0.1:{port}", server.pid
    finally:
        server.terminate()
        server.communicate()


@pytest.fixture(scope="module")
def chromium():
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield started
        started.close()


def test_hostile_text_stays_text_nothing_leaves_the_machine_and_a_phone_can_read_it(chromium, address):
    page = chromium.new_page(viewport={"width": 390, "height": 900}, color_scheme="dark")
    hosts, dialogs, wrong = set(), [], []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.on("dialog", lambda dialog: dialogs.append(dialog.message) or dialog.dismiss())
    of = {"rules": "grocery", "days": "fitbit"}
    # A link to a page is the first thing that a new server may be asked for.
    for name in reversed(PAGES):
        page.goto(f"{address}/{name}" if name != PAGES[0] else address)
        page.wait_for_selector(f"{READY} h1")
        if name in of:
            page.locator("[data-testid=stSelectbox]").first.click()
            page.get_by_role("option", name=of[name], exact=True).click()
            page.wait_for_selector("[data-testid=stDataFrame]")
        if name == "whatif":
            page.locator("[data-testid=stMultiSelect]").click()
            page.get_by_role("option").last.click()
            page.keyboard.press("Escape")
            page.wait_for_selector("[role=option]", state="detached")
            page.wait_for_selector("input[aria-label='Changed to']")
        if name == "people":
            page.locator("[data-testid=stSelectbox]").last.click()
            page.wait_for_selector("[role=option]")
        page.wait_for_selector(READY)
        assert page.title() == "Personae"
        made = page.eval_on_selector_all(MADE, "all => all.map(each => each.outerHTML)")
        wide = page.evaluate(
            "Math.max(...[...document.querySelectorAll('html, [data-testid=stMain]')].map(each => each.scrollWidth))"
        )
        page.keyboard.press("Escape")  # an open list lies outside of the page's regions
        wrong += [(name, *each) for each in violations(page)] + [(name, each) for each in made]
        wrong += [(name, wide)] if wide > 390 else []
    page.close()
    assert (hosts, dialogs, wrong) == ({"127.0.0.1"}, [], [])


def violations(page):
    if not AXE.exists():
        return []
    page.evaluate(AXE.read_text())
    found = "axe.run().then(result => result.violations.map(each => [each.id, each.nodes[0].html]))"
    return page.evaluate(found)
