"""An S3-compatible store as remote of DVC and as place of MLflow's artifacts; `make s3` brings one."""

import shutil
import sys

import pytest
from tests.conftest import free_port

moto = pytest.importorskip("moto.server", reason="no S3-compatible store is installed; `make s3` brings one")
boto3 = pytest.importorskip("boto3")
pytest.importorskip("dvc_s3")
pytestmark = [pytest.mark.graph, pytest.mark.filterwarnings("ignore")]
KEYS = {"AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "s3cret", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture
def store(monkeypatch):
    """Address and contents of a store in this process, empty but for a bucket."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    server = moto.ThreadedMotoServer("127.0.0.1", free_port(), verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    client = boto3.client("s3", endpoint_url=address)
    client.create_bucket(Bucket="kept")
    yield address, lambda: [each["Key"] for each in client.list_objects_v2(Bucket="kept").get("Contents", ())]
    server.stop()


def test_data_and_artifacts_go_to_an_object_store_and_come_back(project, store, postgres, tmp_path):
    address, kept = store
    project.dvc("remote", "add", "--default", "s3", "s3://kept/dvc")
    project.dvc("remote", "modify", "s3", "endpointurl", address)
    project.dvc("push", "--quiet", "data.dvc")
    assert any(key.startswith("dvc/files/md5/") for key in kept())
    shutil.rmtree(project.root / "data")
    shutil.rmtree(project.root / ".dvc" / "cache")
    project.dvc("pull", "--quiet", "data.dvc")
    assert (project.root / "data/campaign/rows.txt").read_text() == "120"

    place = {"MLFLOW_TRACKING_URI": postgres.replace("postgresql", "postgresql+psycopg")}
    place |= {"MLFLOW_DEFAULT_ARTIFACT_ROOT": "s3://kept/mlflow", "MLFLOW_S3_ENDPOINT_URL": address}
    run = project.track("aerofit", **place).stdout.split()[-1]
    assert [key for key in kept() if key.endswith(f"{run}/artifacts/segment.json")]
    assert not (project.root / "mlruns" / "artifacts").exists()
    read = "import sys; from personae.tracking import read, store; print(*read.find(store.Store.here(), sys.argv[1])[3])"
    assert "segment.json" in project.run(sys.executable, "-c", read, run, **place).stdout
