"""Promises of run writing: any number of figures in few requests, children under their parent."""

import pytest

from personae.tracking import runs
from personae.tracking.store import Store

pytestmark = pytest.mark.filterwarnings("ignore")


def test_a_parent_with_a_child_of_many_figures(tmp_path):
    store = Store(tmp_path)
    client = store.client()
    experiment = store.experiment(client, "campaign")
    assert store.experiment(client, "campaign") == experiment
    parent = runs.start(client, experiment, "sweep", {"study": "campaign"})
    child = runs.start(client, experiment, "trial 0", parent=parent)
    metrics = {f"segment.m{number}": number / 7 for number in range(1700)}
    params = {f"segment.p{number}": str(number) for number in range(230)}
    runs.write(client, child, params, metrics, {"state": "complete"})
    read = client.get_run(child)
    assert read.data.metrics == metrics
    assert read.data.params == params
    assert read.data.tags.items() >= {"state": "complete", "mlflow.parentRunId": parent}.items()
    assert client.get_run(parent).data.tags["study"] == "campaign"


def test_a_study_deleted_in_the_pages_comes_back(tmp_path):
    store = Store(tmp_path)
    client = store.client()
    experiment = store.experiment(client, "campaign")
    client.delete_experiment(experiment)
    assert store.experiment(client, "campaign") == experiment
    assert client.get_experiment(experiment).lifecycle_stage == "active"
