"""Two browsers over a project while `dvc repro` computes campaign's next result, and the last one again.

    python benchmarks/app_while_computing.py [SETTING=VALUE]

Run in a computed project of your own, which it leaves as it was but for DVC's cache. What a page shows must be,
word for word, what it shows of the old result or of the new one, without an exception.
"""

import subprocess
import sys
from collections import Counter
from pathlib import Path

from playwright.sync_api import sync_playwright
from ruamel.yaml import YAML
from tests.app.test_browser import CHROMIUM, READY, served

PAGES = ("overview", "people", "contact")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PARAMS = Path("params.yaml")


def read(page, address, name):
    """Text of a page of campaign."""
    page.goto(address if name == PAGES[0] else f"{address}/{name}")
    page.wait_for_selector(f"{READY} h1", timeout=120_000)
    if name != PAGES[0]:
        page.locator("[data-testid=stSelectbox]").first.click()
        page.get_by_role("option", name="campaign", exact=True).click()
        page.wait_for_selector("[data-testid=stVegaLiteChart], [data-testid=stDataFrame]", timeout=120_000)
    page.wait_for_selector(f"{READY} h1", timeout=120_000)
    assert not page.locator("[data-testid=stException]").count(), page.inner_text("body")
    return page.inner_text("[data-testid=stMain]")


def change(setting):
    """Write one setting of campaign."""
    name, _, value = setting.partition("=")
    yaml = YAML()
    content = yaml.load(PARAMS.read_text())
    *path, last = name.split(".")
    place = content["campaign"]
    for part in path:
        place = place[part]
    place[last] = yaml.load(value)
    with PARAMS.open("w") as file:
        yaml.dump(content, file)


def watch(pages, address):
    """Text that both browsers see, page by page, while `dvc repro` runs."""
    running, seen = subprocess.Popen(["dvc", "repro", "--quiet", "track@campaign"]), []
    while running.poll() is None:
        seen += [(name, read(page, address, name)) for name in PAGES for page in pages]
    assert not running.returncode
    return seen


def main(setting):
    before = PARAMS.read_text()
    with served(Path.cwd()) as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        pages = [browser.new_context().new_page() for _ in range(2)]
        old = {name: read(pages[0], address, name) for name in PAGES}
        change(setting)
        try:
            there = watch(pages, address)
            new = {name: read(pages[1], address, name) for name in PAGES}
        finally:
            PARAMS.write_text(before)
        back = watch(pages, address)
        again = {name: read(pages[0], address, name) for name in PAGES}
    assert again == old != new
    words = {**dict.fromkeys(new.items(), "new"), **dict.fromkeys(old.items(), "old")}
    for title, seen in (("to the new result", there), ("and back", back)):
        counts = Counter(words.get(each, "neither") for each in seen)
        print(f"{title}: {len(seen)} pages read, {dict(counts)}")
    sys.exit(any(each not in words for each in there + back))


if __name__ == "__main__":
    main(sys.argv[1] if sys.argv[1:] else "segment.k=3")
