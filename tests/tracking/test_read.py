"""Promises of reading back: what a run holds, whose code a trial is, and None for what is not there."""

import pytest

from personae.core.errors import PersonaeError
from personae.tracking import read, runs
from personae.tracking.store import Store

pytestmark = pytest.mark.filterwarnings("ignore")


def test_a_run_comes_back_with_its_files_and_a_trial_with_the_code_of_its_sweep(tmp_path):
    store = Store(tmp_path)
    assert read.find(store, "0" * 32) is None
    client = store.client()
    experiment = store.experiment(client, "campaign")
    parent = runs.start(client, experiment, "sweep", {"git.commit": "c" * 40})
    child = runs.start(client, experiment, "trial 0", parent=parent)
    runs.write(client, child, {"segment.k": "2"}, {"segment.silhouette": 0.5})
    client.log_text(child, '{"k": 2}', "segment.json")
    tags, params, metrics, files = read.find(store, child)
    assert (tags["study"], tags["git.commit"]) == ("campaign", "c" * 40)
    assert (params, metrics) == ({"segment.k": "2"}, {"segment.silhouette": 0.5})
    assert files == {"segment.json": b'{"k": 2}'}
    client.log_text(child, "stages: {}", "provenance/dvc.lock")
    client.log_text(child, "text", "cards/segmenter.md")
    assert read.find(store, child)[3].keys() == {"segment.json", "provenance/dvc.lock"}
    assert read.find(store, "0" * 32) is None


def test_a_store_that_does_not_answer_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(PersonaeError, match="cannot be read") as caught:
        read.find(Store(tmp_path, "http://127.0.0.1:9"), "0" * 32)
    assert "\n" not in str(caught.value)


def test_published_results_are_listed_latest_first_without_trials_and_half_published_runs(tmp_path):
    store = Store(tmp_path)
    assert read.runs(store, "campaign") == []
    client = store.client()
    experiment = store.experiment(client, "campaign")
    whole = {"personae.complete": "true"}
    first, last = (runs.start(client, experiment, name, whole) for name in ("first", "last"))
    runs.start(client, experiment, "half")
    runs.start(client, experiment, "trial", whole, parent=first)
    assert [run for run, _, _ in read.runs(store, "campaign")] == [last, first]
    assert read.runs(store, "aerofit") == []
