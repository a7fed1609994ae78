"""Promises of the store: one place, found from temporary experiments too; its index invents no run."""

import sys
from pathlib import Path

import pytest

from personae.core.errors import PersonaeError
from personae.tracking.store import GITIGNORE, Store

RECORD = ("a" * 32, ("plump-hare",))


def test_a_temporary_experiment_uses_the_store_of_its_project(inside, monkeypatch, tmp_path):
    assert Store.here().root == inside.root / "mlruns"
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert Store.here().uri == f"sqlite:///{tmp_path}/mlruns/mlflow.db"


def test_a_result_is_found_in_the_store_that_it_was_published_to(tmp_path):
    there = Store(tmp_path, "http://127.0.0.1:5000")
    there.remember("key", *RECORD)
    assert there.find("key") == RECORD
    assert there.find("other key") is None
    assert Store(tmp_path, "http://127.0.0.1:6000").find("key") is None
    assert Store(tmp_path).find("key") is None


def test_a_run_that_the_default_store_does_not_have_is_not_found(tmp_path):
    store = Store(tmp_path)
    store.remember("key", *RECORD)
    assert store.find("key") is None
    store.database.write_bytes(b"no database")
    assert store.find("key") is None


def test_pages_are_served_on_this_machine_only(tmp_path, monkeypatch):
    with pytest.raises(PersonaeError, match="no runs yet"):
        Store(tmp_path).ui()
    (tmp_path / "mlflow.db").write_bytes(b"no database")
    command = Store(tmp_path).ui(port=5001)
    assert command[:4] == [sys.executable, "-m", "mlflow", "server"]
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert command[command.index("--port") + 1] == "5001"
    monkeypatch.chdir(tmp_path)
    assert "sqlite:///mlflow.db" in Store(tmp_path.rename(tmp_path.with_name("50%20?#"))).ui(port=5001)
    with pytest.raises(PersonaeError, match=r"open http://tracking\.example"):
        Store(tmp_path, "http://tracking.example").ui()


def test_the_committed_ignore_file_is_the_one_that_a_fresh_store_gets():
    assert Path("mlruns/.gitignore").read_text() == GITIGNORE


ROUND_TRIP = """
import sys; from pathlib import Path; from personae.tracking.store import Store
store = Store(Path(sys.argv[1]))
with store.locked():
    client = store.client()
    run = client.create_run(store.experiment(client, "campaign")).info.run_id
    client.log_text(run, "hello", "a.txt")
store.remember("key", run)
assert store.find("key") == (run, ())
print(Path(client.download_artifacts(run, "a.txt")).read_text())
"""


def test_a_folder_of_any_name_holds_a_store_and_its_artifacts(project, tmp_path):
    mlruns = tmp_path / "odd" / "feature%2Fnew?x#y; ä" / "mlruns"
    assert project.run(sys.executable, "-c", ROUND_TRIP, str(mlruns)).stdout == "hello\n"
    assert [path.name for path in (tmp_path / "odd").iterdir()] == ["feature%2Fnew?x#y; ä"]


MOVED = """
import sys; from pathlib import Path; from personae.tracking.store import Store
store = Store(Path(sys.argv[1]))
client = store.client()
[run] = client.search_runs([store.experiment(client, "campaign")])
print(Path(client.download_artifacts(run.info.run_id, "a.txt")).read_text())
"""


def test_a_store_that_was_moved_still_finds_its_artifacts(project, tmp_path):
    before, after = tmp_path / "before" / "mlruns", tmp_path / "a'fter ü" / "mlruns"
    project.run(sys.executable, "-c", ROUND_TRIP, str(before))
    before.parent.rename(after.parent)
    assert project.run(sys.executable, "-c", MOVED, str(after)).stdout == "hello\n"


def test_a_torn_index_is_no_answer_and_a_database_without_a_place_for_artifacts_none(tmp_path, monkeypatch):
    store = Store(tmp_path, "postgresql://me:s3cret@host/db")
    store.remember("key", *RECORD)
    [index] = (tmp_path / "index").iterdir()
    index.write_text(index.read_text()[:9])
    assert store.find("key") is None
    with pytest.raises(PersonaeError, match=r"me:\*\*\*@host/db: a database holds no artifacts"):
        store.artifacts("campaign")
    monkeypatch.setenv("MLFLOW_DEFAULT_ARTIFACT_ROOT", "s3://bucket/")
    assert store.artifacts("campaign") == "s3://bucket/campaign"
