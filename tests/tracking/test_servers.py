"""A tracking server before PostgreSQL, and one that fails in the middle of a run."""

import http.client
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import closing, contextmanager, suppress

import pytest
from tests.conftest import free_port
from tests.scratch import environment

pytestmark = pytest.mark.graph
IMPATIENT = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "2", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}


@contextmanager
def serving(database, artifacts, **variables):
    """An `mlflow server` of its own that serves the artifacts, too."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", database]
    command += ["--serve-artifacts", "--artifacts-destination", artifacts]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    variables = environment() | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"} | variables
    server = subprocess.Popen(command, env=variables, start_new_session=True, **quiet)
    try:
        for _ in range(300):
            time.sleep(0.2)
            assert server.poll() is None, "the server ended"
            if _answers(port):
                break
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _answers(port):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False


@contextmanager
def failing(server, after, fault):
    """A door to a server that hands on `after` requests, then fails."""
    host = server.removeprefix("http://")
    left = iter(range(after))

    class Door(http.server.BaseHTTPRequestHandler):
        def hand_on(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if next(left, None) is None:
                if fault == "slow":
                    time.sleep(3)
                if fault == "answers 500":
                    self.send_error(500)
                self.close_connection = True
                return
            with closing(http.client.HTTPConnection(host, timeout=30)) as behind:
                behind.request(self.command, self.path, body, {**self.headers, "Host": host})
                answer = behind.getresponse()
                content = answer.read()
            with suppress(ConnectionError):
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = hand_on

        def log_message(self, *_):
            pass

    door = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=door.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{door.server_port}"
    finally:
        door.shutdown()
        door.server_close()


def test_a_server_before_postgresql_keeps_runs_and_artifacts_and_may_fail_meanwhile(
    project, postgres, tmp_path
):
    with serving(postgres.replace("postgresql", "postgresql+psycopg"), str(tmp_path / "kept")) as server:
        for after, fault in [(5, "dies"), (8, "answers 500"), (7, "slow")]:
            with failing(server, after, fault) as door:
                began = time.monotonic()
                done = project.track(check=False, MLFLOW_TRACKING_URI=door, **IMPATIENT)
            assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
            assert done.stderr.startswith(f"error: {door}: campaign was not published (")
            assert time.monotonic() - began < 60
        published = project.track(MLFLOW_TRACKING_URI=server).stdout
        assert "published as run" in published
        run = published.split()[-1]
        assert f"is known as run {run}" in project.track(MLFLOW_TRACKING_URI=server).stdout
        with urllib.request.urlopen(f"{server}/api/2.0/mlflow/runs/get?run_id={run}") as answer:
            got = json.load(answer)["run"]
    assert (got["info"]["status"], got["info"]["run_id"]) == ("FINISHED", run)
    assert got["info"]["artifact_uri"].startswith("mlflow-artifacts:/")
    assert {"key": "personae.complete", "value": "true"} in got["data"]["tags"]
    assert len(list((tmp_path / "kept").rglob("segment.json"))) == 1
    assert not (project.root / "mlruns" / "artifacts").exists()


def test_the_pages_answer_while_a_result_is_published(project):
    project.track("aerofit")
    port = free_port()
    pages = [sys.executable, "-m", "personae.cli", "ui", "--port", str(port)]
    with project.start(*pages, first=os.setsid) as server, suppress(ProcessLookupError):
        publishing = project.start(sys.executable, "-m", "personae.stages.track", "campaign")
        answers = []
        while publishing.poll() is None or not _answers(port):
            time.sleep(0.2)
            answers.append(_answers(port) and _experiments(port))
        said, wrong = publishing.communicate()
        last = _experiments(port)
        os.killpg(server.pid, signal.SIGKILL)
        server.communicate()
    assert publishing.returncode == 0, said + wrong
    assert last == {"aerofit", "campaign"}
    assert {"aerofit"} <= set.union(*(each or {"aerofit"} for each in answers)) <= last


def _experiments(port):
    with urllib.request.urlopen(
        f"http://127.0.0.1:{port}/ajax-api/2.0/mlflow/experiments/search?max_results=9", timeout=60
    ) as reply:
        return {each["name"] for each in json.load(reply)["experiments"]} - {"Default"}
