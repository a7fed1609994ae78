"""Take README's picture: the first screen of a study's report, in headless Chromium.

usage: python scripts/picture.py [STUDY]

Needs `reports/STUDY/report.html` (by default of campaign) and Chromium on the path.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

# Narrow enough to stay legible at the width of a README.
WIDTH = 1000
PICTURE = Path("docs/pictures/report.png")


def main(study: str) -> None:
    """Write docs/pictures/report.png."""
    page_of = Path(f"reports/{study}/report.html").resolve()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_page(viewport={"width": WIDTH, "height": 800}, device_scale_factor=2)
        page.goto(page_of.as_uri())
        bottom = page.evaluate("document.querySelector('#answer').getBoundingClientRect().bottom")
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": bottom}
        page.screenshot(path=PICTURE, clip=clip, full_page=True)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:] or ["campaign"])
