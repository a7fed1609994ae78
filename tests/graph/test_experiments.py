"""Promises of the table of experiments: what differs and the main figures, never wider than a terminal."""

import json
import sys

import pytest
from tests.tracking.conftest import project, template  # noqa: F401 - fixtures

from personae.graph.experiments import WIDTH, tabulate

FIGURES = {
    "customers": 1200,
    "segments": 2,
    "silhouette": 0.25338,
    "segments_verdict": "not supported",
    "response_model": "gradient_boosting",
    "roc_auc": 0.813935,
    "response_verdict": "too few to say",
    "contacts": 173,
    "expected_profit": 1412.394,
    "promotions": 4,
}


def shown(name, k, **figures):
    """An experiment as `dvc exp show --json` has it."""
    params = {"shop": {"segment": {"k": k}, "use": {"scaler": "s" * k}}, "gym": {}}
    metrics = {"reports/shop/headline.json": {"data": FIGURES | figures}}
    return {"rev": "a" * 40, "name": name} | {
        "data": {"params": {"params.yaml": {"data": params}}, "metrics": metrics}
    }


def listed(*experiments):
    return [shown("main", 2) | {"experiments": [{"revs": [each]} for each in experiments]}]


def test_an_experiment_shows_what_it_changed_and_its_figures():
    study, header, commit, experiment, _ = tabulate(listed(shown("tall-hare", 3, segments=3)))
    assert (study, commit.split()[0]) == ("shop", "main")
    assert header.split()[:4] == ["changed", "segments", "silhouette", "segments"]
    assert "customers" not in header
    assert experiment.split()[:4] == ["tall-hare", "segment.k=3", "use.scaler=sss", "3"]


def test_no_line_is_wider_than_the_terminal_and_figures_stay_whole():
    lines = tabulate(listed(shown("a-very-long-name" * 3, 30, response_model="stack", customers=10)))
    assert max(map(len, lines)) <= WIDTH
    assert all(
        any(text in line for line in lines) for text in ("1,412", "too few to say", "gradient_boosting")
    )


def test_what_failed_or_waits_is_named():
    failed = {"rev": "b" * 40, "name": "odd", "data": None, "error": {"msg": "x"}}
    lines = tabulate(listed(failed, failed | {"name": "next", "error": None}))
    assert ["odd", "failed"] in [line.split()[:2] for line in lines]
    assert ["next", "not", "run", "yet"] in [line.split()[:4] for line in lines]


def test_without_experiments_there_is_a_hint():
    assert tabulate([shown("main", 2) | {"experiments": None}]) == [
        "No experiments yet: `dvc exp run -S ...` makes one."
    ]


@pytest.mark.graph
def test_experiments_of_two_studies_are_listed(project):  # noqa: F811
    # Without track, which takes longest: the table shows nothing of it.
    run = ("exp", "run", "--quiet", "segment@campaign", "segment@aerofit", "--name")
    project.dvc(*run, "seven", "-S", "campaign.segment.k=7")
    project.dvc(*run, "gym", "-S", "campaign.segment.k=5", "-S", "+aerofit.segment.k=4")
    code = "import json; from personae.graph.experiments import experiments; print(json.dumps(experiments()))"
    lines = json.loads(project.run(sys.executable, "-c", code).stdout)
    rows = [line.split() for line in lines]
    assert rows[0] == ["campaign"]
    assert ["seven", "segment.k=7", "7", "1.714", "take", "with", "care"] in rows
    assert ["gym", "segment.k=4", "4", "1.500", "take", "with", "care"] in rows
    assert max(map(len, lines)) <= WIDTH
