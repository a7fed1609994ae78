"""What tests of several rooms share."""

import shutil
import socket
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path
from uuid import uuid4

import pytest

from personae.core.command import pin_arithmetic

# Before any module of tests imports NumPy: what tests compute themselves is held against what commands compute.
pin_arithmetic()
# What takes longest, in this order.
LONGEST = (
    *("tests/graph/test_campaign.py", "tests/tracking/test_publish.py", "tests/sweep/test_run.py"),
    *("tests/test_notebook.py", "tests/graph/test_files.py", "tests/graph", "tests/sweep/test_adopt.py"),
    *("tests/test_public.py", "tests/history/test_restore.py", "tests/onboarding", "tests/tracking"),
    *("tests/sweep", "tests/history", "tests/app", "tests/report"),
)
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def pytest_collection_modifyitems(items):
    """Long files first: so that two processes that share them end together (with --no-loadscope-reorder)."""

    def place(item):
        return next((i for i, path in enumerate(LONGEST) if item.nodeid.startswith(path)), len(LONGEST))

    items.sort(key=place)


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """Interpreter of an empty environment with the wheel; other packages come from this one."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("installed")
    build = f"from hatchling.build import build_wheel; build_wheel({str(folder)!r})"
    subprocess.run([sys.executable, "-c", build], check=True, capture_output=True)
    venv.create(folder / "env")
    (packages,) = (folder / "env").glob("lib/python3*/site-packages")
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(packages)
    others = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "others.pth").write_text("\n".join(others))
    return folder / "env" / "bin" / "python"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def postgres_server():
    """A server of its own on a local port, ended with the tests."""
    if not BINARIES or shutil.which("runuser") is None:
        pytest.skip("PostgreSQL is not installed")
    pytest.importorskip("psycopg")
    home = Path(
        tempfile.mkdtemp(prefix="postgres")
    )  # the server's own user may not look into pytest's folders
    shutil.chown(home, "postgres")
    server, port = home / "data", free_port()

    def run(*command):
        subprocess.run(["runuser", "-u", "postgres", "--", *command], check=True, capture_output=True)

    run(str(BINARIES[-1] / "initdb"), "-D", str(server), "-A", "trust")
    options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1"
    run(
        str(BINARIES[-1] / "pg_ctl"), "-D", str(server), "-o", options, "-l", str(home / "log"), "-w", "start"
    )
    yield f"postgresql://postgres:s3cret@127.0.0.1:{port}"
    run(str(BINARIES[-1] / "pg_ctl"), "-D", str(server), "-m", "fast", "stop")
    shutil.rmtree(home)


@pytest.fixture
def postgres(postgres_server):
    """An empty database: MLflow and Optuna both keep the age of their tables in `alembic_version`."""
    import psycopg

    name = f"test_{uuid4().hex}"
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as connection:
        connection.execute(f"create database {name}")
    return f"{postgres_server}/{name}"


@pytest.fixture(scope="session")
def scored_project(tmp_path_factory):
    """A project in which the study campaign is fitted and can be scored."""
    from tests.scoring.planted import fit_campaign

    root = tmp_path_factory.mktemp("scored")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        fit_campaign()
    return root
