"""CPU seconds and memory of the explorer's server: first page, budget and download at a million customers."""

import os
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
from playwright.sync_api import sync_playwright
from tests.app.project import committed, lock, make, segmentation, targets, write_scorer, write_study
from tests.app.test_browser import CHROMIUM, READY, served

ROWS = 1_000_000


def cpu(pid):
    """User and system seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(pid, what="VmRSS"):
    line = next(
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(what)
    )
    return int(line.split()[1]) / 1024


def steady(page, seconds=1.5):
    time.sleep(seconds)
    page.wait_for_selector(READY)
    time.sleep(0.5)


def measured(pid, page, act):
    before = cpu(pid)
    act()
    steady(page)
    return cpu(pid) - before


def session(root, play):
    """Serve a project and open a page of it."""
    with served(root) as (address, pid), sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        page = playwright.chromium.launch(executable_path=CHROMIUM, args=options).new_page()
        play(address, pid, page)


def open_campaign(address, page, name):
    page.goto(f"{address}/{name}")
    page.locator("[data-testid=stSelectbox]").first.click()
    page.get_by_role("option", name="campaign", exact=True).click()


def first(address, pid, page):
    page.goto(address)
    page.wait_for_selector(f"{READY} h2")
    steady(page)
    print(f"start of the server and first page: {cpu(pid):.2f} CPU s, {megabytes(pid):.0f} MB")


def million(address, pid, page):
    open_campaign(address, page, "contact")
    page.wait_for_selector("[data-testid=stSlider] input", state="attached", timeout=60_000)
    steady(page)
    slider = page.locator("[data-testid=stSlider] input")
    idle = measured(pid, page, lambda: None)
    moves = []
    for _ in range(8):
        slider.focus()
        moves.append(measured(pid, page, lambda: page.keyboard.press("ArrowLeft")))
    print(
        f"{ROWS:,} customers, budget moved: {sum(moves) / len(moves):.2f} CPU s (most {max(moves):.2f}), idle {idle:.2f}"
    )
    print(f"server: {megabytes(pid):.0f} MB")
    button = page.get_by_role("button", name="Prepare all")
    prepared = measured(
        pid, page, lambda: (button.click(), page.get_by_text("Download CSV").wait_for(timeout=120_000))
    )
    print(f"all rows as CSV and Parquet: {prepared:.2f} CPU s")
    print(f"server: {megabytes(pid):.0f} MB, at most {megabytes(pid, 'VmHWM'):.0f} MB")


def moved(address, pid, page):
    open_campaign(address, page, "whatif")
    page.get_by_text("Now: Segment").wait_for(timeout=60_000)
    page.wait_for_selector("[data-testid=stMultiSelect]")
    page.locator("[data-testid=stMultiSelect]").click()
    page.get_by_role("option").last.click()
    page.keyboard.press("Escape")
    field = page.get_by_label("Changed to").first
    field.wait_for()
    steady(page)
    moves = []
    for value in range(30, 38):
        moves.append(measured(pid, page, lambda value=value: (field.fill(str(value)), field.press("Enter"))))
    print(f"{ROWS:,} customers, what if: {sum(moves) / len(moves):.2f} CPU s (most {max(moves):.2f})")
    print(f"server: {megabytes(pid):.0f} MB")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        root = make(Path(folder))
        session(root, first)
        place = pl.int_range(ROWS, eager=True)
        reasons = pl.format(
            "past spend {} (+1.2), visits {} (+0.4), age {} (-0.3)", place, place % 97, place % 60
        )
        listed = targets(ROWS).with_columns(reason=pl.select(reasons).to_series())
        write_study(root, "campaign", committed("campaign"), listed=listed)
        customers = pl.concat([segmentation()[0]] * (ROWS // 60 + 1)).head(ROWS).with_columns(customer=place)
        write_scorer(root, "campaign", committed("campaign")["personas"], customers)
        lock(root)
        session(root, million)
        session(root, moved)
    sys.exit()
