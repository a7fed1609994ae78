"""Promises of the tracking stage: every finished result has one complete run, whatever happens on the way."""

import ctypes
import os
import shutil
import socket
import sys
import time
from pathlib import Path

import pytest

KILLED = Path(__file__).with_name("killed.py")
TOGETHER = Path(__file__).with_name("together.py")
CAP_DAC_OVERRIDE, PR_CAPBSET_DROP = 1, 24


@pytest.mark.graph
def test_a_run_says_what_the_reports_say(tracked):
    project = tracked
    (run,) = project.runs()
    assert run["params"] == {"seed": "0", "segment.k": "5"}
    assert run["latest_metrics"] == {"segments": 5, "silhouette": 2.4}
    head = project.run("git", "rev-parse", "HEAD").stdout.strip()
    expected = {
        "study": "campaign",
        "data": "sample",
        "segments_verdict": "take with care",
        "git.commit": head,
        "git.dirty": "false",
        "personae.complete": "true",
    }
    assert run["tags"].items() >= expected.items()
    artifacts = project.root / "mlruns" / "artifacts" / "campaign" / run["id"] / "artifacts"
    kept = sorted(path.relative_to(artifacts).as_posix() for path in artifacts.rglob("*") if path.is_file())
    assert kept == [
        "headline.json",
        "pictures/sizes.png",
        "prepare.json",
        "provenance/dvc.lock",
        "provenance/segment.yaml",
        "segment.json",
        "tables/verdicts.json",
    ]
    assert project.datasets(run["id"]) == {"campaign": project.md5("data/campaign")}


TRACED = """
import sys
asked, WATCHED = [], set("socket.connect socket.getaddrinfo socket.gethostbyname socket.sendto urllib.Request".split())
sys.addaudithook(lambda event, about: event in WATCHED and asked.append((event, *about[-1:])))
from personae.tracking.publish import publish
print(publish("campaign")[2], asked)
"""


@pytest.mark.graph
def test_publishing_asks_nothing_of_a_network(project):
    assert project.run(sys.executable, "-c", TRACED).stdout.splitlines()[-1] == "True []"


@pytest.mark.graph
def test_nothing_runs_a_second_time_and_a_deleted_store_is_filled_again(tracked):
    project = tracked
    project.run("git", "add", "--all")
    project.run("git", "commit", "--quiet", "--message", "tracked")
    assert "Running stage" not in project.dvc("repro")
    assert project.dvc("status").strip() == "Data and pipelines are up to date."
    shutil.rmtree(project.root / "mlruns")
    project.dvc("repro")
    assert len(project.runs("campaign")) == len(project.runs("aerofit")) == 1
    assert project.run("git", "status", "--short").stdout == ""
    assert "Running stage" not in project.dvc("repro")


@pytest.mark.graph
def test_a_result_restored_from_the_cache_of_dvc_is_found_again(tracked):
    project = tracked
    (first,) = project.runs()
    project.edit("params.yaml", "k: 5", "k: 6")
    project.dvc("repro", "track@campaign")
    project.edit("params.yaml", "k: 6", "k: 5")
    again = project.dvc("repro", "track@campaign")
    assert f"is known as run {first['id']}" in again
    assert "Stage 'segment@campaign' is cached" in again
    assert [run["params"]["segment.k"] for run in project.runs()] == ["5", "6"]
    assert [run["tags"]["git.dirty"] for run in project.runs()] == ["false", "true"]


@pytest.mark.graph
def test_experiments_of_every_kind_land_in_the_one_store(project):
    project.dvc("repro", "track@campaign")
    project.run("git", "commit", "--quiet", "--all", "--message", "tracked")
    project.dvc("exp", "run", "--queue", "-S", "campaign.segment.k=2,4", "track@campaign")
    project.dvc("queue", "start")
    project.dvc("exp", "run", "--temp", "--name", "temporary", "-S", "campaign.segment.k=3")
    while any(state in (status := project.dvc("queue", "status")) for state in ("Running", "Queued")):
        time.sleep(3)  # each look costs a second of what the queue works with
    project.dvc("exp", "run", "--name", "workspace", "-S", "campaign.segment.k=6", "track@campaign")
    project.dvc("exp", "run", "--temp", "--name", "same", "-S", "campaign.segment.k=3", "track@campaign")
    found = {run["params"]["segment.k"]: run["tags"].get("dvc.experiment", "") for run in project.runs()}
    queued = {found.pop("2"), found.pop("4")}
    assert found == {"5": "", "3": "temporary, same", "6": "workspace"}
    assert len(queued) == 2
    assert all(name and name in status for name in queued)
    assert len(project.runs()) == 5
    (unchanged,) = project.runs("aerofit")
    assert "dvc.experiment" not in unchanged["tags"]


@pytest.mark.graph
def test_a_killed_publisher_is_redone_and_never_doubled(project):
    shutil.rmtree(project.root / "mlruns")
    for study, step in [("campaign", 20), ("aerofit", 4)]:
        done = project.run(sys.executable, str(KILLED), study, str(step))
        assert int(done.stdout.splitlines()[-1]) > 3
        (run,) = project.runs(study)
        assert run["tags"]["personae.complete"] == "true"
        assert run["latest_metrics"].keys() == {"segments", "silhouette"}
        assert run["params"].keys() == {"seed", "segment.k"}
        assert f"is known as run {run['id']}" in project.track(study).stdout
        kept = project.root / "mlruns" / "artifacts" / study
        files = [path for path in kept.rglob("*") if path.is_file()]
        assert {path.relative_to(kept).parts[0] for path in files} == {run["id"]}


@pytest.mark.graph
def test_twenty_at_once_on_a_fresh_store(project):
    shutil.rmtree(project.root / "mlruns")
    studies = ["campaign", "aerofit"] * 10
    said = project.run(sys.executable, str(TOGETHER), *studies).stdout
    assert (said.count("published as"), said.count("is known as")) == (2, 18)
    assert len(project.runs("campaign")) == len(project.runs("aerofit")) == 1


@pytest.mark.graph
def test_a_read_only_store_is_one_line_and_the_results_stay(project):
    before = (project.root / "reports/campaign/segment.json").read_bytes()
    mlruns = project.root / "mlruns"
    mlruns.chmod(0o555)
    done = project.track(check=False, first=without_root_rights)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [f"error: {mlruns}: cannot be written (Permission denied)"]
    assert [path.name for path in mlruns.iterdir()] == [".gitignore"]
    assert (project.root / "reports/campaign/segment.json").read_bytes() == before
    mlruns.chmod(0o755)
    assert "published as" in project.track().stdout


@pytest.mark.graph
@pytest.mark.parametrize("answer", ["refused", "silence"])
def test_a_server_that_does_not_answer_is_one_line_and_can_be_tried_again(project, answer):
    with socket.create_server(("127.0.0.1", 0)) as server:
        host = f"127.0.0.1:{server.getsockname()[1]}"
        if answer == "refused":
            server.close()
        impatient = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "1", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
        done = project.track(check=False, MLFLOW_TRACKING_URI=f"http://me:s3c@ret@{host}", **impatient)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: http://me:***@{host}: campaign was not published (")
    assert "s3c" not in done.stderr
    assert done.stderr.endswith("its results stay: dvc repro track@campaign\n")
    assert done.stderr.count("\n") == 1
    assert not (project.root / "mlruns/published/campaign").exists()


def test_an_unfinished_study_is_refused(project):
    (project.root / "reports/campaign/segment.json").write_text("{}")
    done = project.track(check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "error: campaign: not finished (reports/campaign/segment.json is not what segment@campaign wrote): "
        "dvc repro track@campaign\n"
    )
    assert not (project.root / "mlruns/published/campaign").exists()


def without_root_rights() -> None:
    """Let file permissions count for root too."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE)
