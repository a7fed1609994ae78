"""The MLflow store and its index of published results."""

import hashlib
import json
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from personae.core import paths
from personae.core.command import check_port
from personae.core.errors import PersonaeError
from personae.core.files import write_text

if TYPE_CHECKING:
    from mlflow import MlflowClient

LOCK_TIMEOUT = 600.0
DATABASES = ("postgresql", "postgres", "mysql", "mssql")
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_UV_AUTO_DETECT": "false",
    "MLFLOW_LOG_UV_FILES": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}
# The pages then open on training runs instead of on conversations with language models.
EXPERIMENT_TAGS = {"mlflow.experimentKind": "custom_model_development"}
# MLflow's table of runs shows no figure unless a saved view names its columns.
VIEW = "main"
VIEW_TAG = f"mlflow.sharedViewState.{VIEW}"
LOCATIONS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
)
GITIGNORE = "# Everything here is made again by `dvc repro`.\n/*\n!/.gitignore\n"


@dataclass(frozen=True, slots=True)
class Store:
    """An MLflow store and the index of what was published to it.

    Attributes
    ----------
    root
        Absolute `mlruns/` of the project; in a temporary DVC experiment, of the parent project.
    override
        `MLFLOW_TRACKING_URI`, or empty for the SQLite store under `root`.
    """

    root: Path
    override: str = ""

    @classmethod
    def here(cls) -> "Store":
        """Find the store of the current project, or of its DVC experiment."""
        root = Path(os.environ.get("DVC_ROOT") or ".").resolve() / paths.MLRUNS
        return cls(root, os.environ.get("MLFLOW_TRACKING_URI", ""))

    @property
    def database(self) -> Path:
        """SQLite file of the default store."""
        return self.root / "mlflow.db"

    @property
    def uri(self) -> str:
        """Tracking URI for MLflow."""
        return self.override or paths.sqlite_url(self.database)

    def artifacts(self, study: str) -> str | None:
        """Artifact location of a study; None: the tracking server decides."""
        if not self.override:
            return (self.root / "artifacts" / study).as_uri()
        if self.override.partition(":")[0].partition("+")[0] not in DATABASES:
            return None
        place = os.environ.get("MLFLOW_DEFAULT_ARTIFACT_ROOT")
        if not place:
            raise PersonaeError(
                f"{self.override}: a database holds no artifacts; set MLFLOW_DEFAULT_ARTIFACT_ROOT, or "
                "track to an `mlflow server` in front of it"
            )
        return f"{place.rstrip('/')}/{study}"

    def find(self, key: str) -> tuple[str, tuple[str, ...]] | None:
        """Look up a result's run and DVC experiments in the index.

        A run that is no longer in the default store does not count.
        """
        try:
            entry = json.loads(self._indexed(key).read_text("utf-8"))
            run_id, experiments = str(entry["run_id"]), tuple(entry["experiments"])
        except (OSError, ValueError, KeyError, TypeError):  # none, or torn: the store itself is asked
            return None
        return (run_id, experiments) if self.override or self._active(run_id) else None

    def remember(self, key: str, run_id: str, experiments: Sequence[str] = ()) -> None:
        """Put a result into the index."""
        entry = {"run_id": run_id, "experiments": list(experiments)}
        write_text(self._indexed(key), json.dumps(entry) + "\n")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the store for one writer; a killed process releases it.

        Raises
        ------
        PersonaeError
            If `mlruns/` cannot be written, or another process holds the lock for ten minutes.
        """
        from filelock import FileLock, Timeout  # noqa: PLC0415 - a known result needs no lock

        try:
            self.root.mkdir(parents=True, exist_ok=True)
            if not (self.root / ".gitignore").exists():
                write_text(self.root / ".gitignore", GITIGNORE)
            lock = FileLock(self.root / ".lock", timeout=LOCK_TIMEOUT)
            lock.acquire()
        except Timeout:
            raise PersonaeError(f"{self.root}: another process holds the lock .lock") from None
        except OSError as error:
            raise PersonaeError(f"{self.root}: cannot be written ({error.strerror})") from None
        try:
            yield
        finally:
            lock.release()

    def client(self) -> "MlflowClient":
        """Connect to the store, created if absent; call while `locked`."""
        quieten()
        import mlflow  # noqa: PLC0415 - costs a second

        if not self.override and not self.database.exists():
            self._create()
        mlflow.set_tracking_uri(self.uri)
        client = mlflow.MlflowClient()
        if not self.override:
            _remove_quoted(self.database)
            self._follow_move()
        return client

    def experiment(self, client: "MlflowClient", name: str) -> str:
        """Find or create a study's MLflow experiment; return its id."""
        known = client.get_experiment_by_name(name)
        if known is None:
            return str(client.create_experiment(name, self.artifacts(name), EXPERIMENT_TAGS))
        if known.lifecycle_stage == "deleted":
            client.restore_experiment(known.experiment_id)
        return str(known.experiment_id)

    def ui(self, port: int = 5000) -> list[str]:
        """Command and environment to serve the store's pages locally.

        Raises
        ------
        PersonaeError
            If the runs are on a tracking server, which has its own pages, nothing was published, or the
            port is taken.
        """
        if self.override.startswith("http"):
            raise PersonaeError(f"the runs are on a tracking server: open {self.override}")
        if not self.override and not self.database.exists():
            raise PersonaeError(f"{self.database}: no runs yet; `dvc repro` publishes them")
        check_port(port)
        quieten()
        if not self.override:
            self._follow_move()
        python = [sys.executable, "-m", "mlflow", "server"]
        # By the way from here: of an absolute path MLflow would make the folders as they are quoted.
        database = self.override or paths.sqlite_url(Path(os.path.relpath(self.database)))
        where = ["--backend-store-uri", database, "--default-artifact-root", str(self.root / "artifacts")]
        return [*python, *where, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]

    def pages(self, port: int = 5000) -> list[tuple[str, str]]:
        """Name each study of the local store with the address of its table of runs."""
        if self.override:
            return []
        query = (
            "SELECT name, experiment_id, EXISTS (SELECT 1 FROM experiment_tags AS tags WHERE key = ?"
            " AND tags.experiment_id = experiments.experiment_id) FROM experiments"
            " WHERE lifecycle_stage = 'active' AND name <> 'Default' ORDER BY experiment_id"
        )
        with closing(sqlite3.connect(self.database)) as database:
            rows = database.execute(query, (VIEW_TAG,)).fetchall()
        return [
            (
                name,
                f"http://127.0.0.1:{port}/#/experiments/{identity}/runs?"
                f"{f'viewStateShareKey={VIEW}&' if has_view else ''}workflowType=machine_learning",
            )
            for name, identity, has_view in rows
        ]

    def _create(self) -> None:
        """Create the database under another name, then move it."""
        from mlflow import MlflowClient  # noqa: PLC0415

        fresh = self.root / ".creating" / self.database.name
        shutil.rmtree(fresh.parent, ignore_errors=True)
        fresh.parent.mkdir()
        MlflowClient(tracking_uri=paths.sqlite_url(fresh)).search_experiments(max_results=1)
        _remove_quoted(fresh)
        fresh.replace(self.database)
        shutil.rmtree(fresh.parent)

    def _follow_move(self) -> None:
        """Point the store at its files where they are now: MLflow keeps absolute locations."""
        here = self.root.as_uri()
        with closing(sqlite3.connect(self.database, timeout=LOCK_TIMEOUT)) as database, database:
            try:
                known = database.execute("SELECT name, artifact_location FROM experiments").fetchall()
            except sqlite3.DatabaseError:  # MLflow says what is wrong with it
                return
            before = {
                location.removesuffix(f"/artifacts/{name}")
                for name, location in known
                if location.endswith(f"/artifacts/{name}")
            }
            for old in before - {here}:
                for table, column in LOCATIONS:
                    database.execute(
                        f"UPDATE {table} SET {column} = ? || substr({column}, ?)"  # noqa: S608 - constants
                        f" WHERE substr({column}, 1, ?) = ?",
                        (here, len(old) + 1, len(old) + 1, f"{old}/"),
                    )

    def _active(self, run_id: str) -> bool:
        if not self.database.exists():
            return False
        query = "SELECT 1 FROM runs WHERE run_uuid = ? AND lifecycle_stage = 'active'"
        try:
            with closing(
                sqlite3.connect(f"{self.database.absolute().as_uri()}?mode=ro", uri=True)
            ) as database:
                return database.execute(query, (run_id,)).fetchone() is not None
        except sqlite3.Error:
            return False

    def _indexed(self, key: str) -> Path:
        name = hashlib.sha256(f"{self.override}\n{key}".encode()).hexdigest()[:32]
        return self.root / "index" / f"{name}.json"


def _remove_quoted(database: Path) -> None:
    """Remove empty folders that MLflow makes of quoted paths."""
    quoted = Path(paths.sqlite_url(database).removeprefix("sqlite:///"))
    if quoted != database:
        for folder in quoted.parents:
            try:
                folder.rmdir()
            except OSError:
                break


def view(columns: Sequence[str]) -> str:
    """Save a view of the runs table for MLflow, with the columns that it shows."""
    now, state = int(time.time() * 1000), json.dumps({"selectedColumns": list(columns)})
    return json.dumps({"name": "Main figures", "createdAt": now, "updatedAt": now, "state": state})


def quieten() -> None:
    """Silence MLflow's telemetry, retries, progress bars and workers, unless the user says otherwise."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    os.environ.pop("MLFLOW_RUN_ID", None)


def first_line(error: Exception) -> str:
    """First line of an error's message, or its class name."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
