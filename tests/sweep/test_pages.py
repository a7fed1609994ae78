"""Promises of the MLflow pages, in headless Chromium: trials under their sweep, two compared, the card opens."""

import json
import os
import re
import signal
import socket
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from subprocess import TimeoutExpired

import pytest
from tests.report.test_browser import CHROMIUM, browser  # noqa: F401 - a fixture
from tests.scratch import Project

import personae
from personae.sweep.run import sweep
from personae.tracking.store import Store

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
]
SWEEP = {"stage": "segment", "space": ["segment.k=range(2,4)"], "objectives": ["quality"], "bootstraps": 2}


@pytest.fixture
def pages(project, sweep_file):
    """The address of the pages of a store with one sweep, and the id of the sweep's run."""
    outcome = sweep("campaign", "segment", file=sweep_file("small", **SWEEP | {"trials": 2}))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = Store(project / "mlruns").ui(port)
    quick = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}  # several processes more, of no use to pages
    server = Project(project, Path(personae.__file__).parents[1]).start(*command, first=os.setsid, **quick)
    address = f"http://127.0.0.1:{port}"
    try:
        while not answers(f"{address}/health"):
            with suppress(TimeoutExpired):
                pytest.fail(f"the server ended: {server.communicate(timeout=0.2)}")
        yield f"{address}/#/experiments/{experiment(address)}/runs", outcome.run_id
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.communicate()


def answers(address):
    try:
        return urllib.request.urlopen(address).status == 200
    except urllib.error.URLError:
        return False


def experiment(address):
    found = urllib.request.urlopen(
        f"{address}/api/2.0/mlflow/experiments/get-by-name?experiment_name=campaign"
    )
    return json.load(found)["experiment"]["experiment_id"]


def test_trials_are_nested_two_are_compared_and_the_persona_card_opens(browser, pages):  # noqa: F811
    address, run = pages
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{address}?workflowType=machine_learning")
    rows = page.locator("[row-id]")
    parent = rows.filter(has_text="sweep campaign-segment-small").first
    parent.wait_for()
    assert rows.filter(has_text="trial 0 of").count() == 0
    close = page.get_by_role("button", name="Close")
    if close.count():
        close.first.click()
    parent.get_by_role("button").first.click()
    for number in range(2):
        trial = rows.filter(has_text=f"trial {number} of").first
        trial.wait_for()
        trial.locator("input.ag-checkbox-input").check()
    page.get_by_role("button", name="Compare").click()
    page.get_by_text("Comparing 2 Runs from 1 Experiment").wait_for()
    page.get_by_text("segment.silhouette", exact=True).first.wait_for()
    page.goto(f"{address}/{run}/artifacts/winner/personas.md")
    page.get_by_role("heading", name=re.compile("Personas of study campaign")).wait_for()
    page.close()
