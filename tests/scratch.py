"""A scratch checkout and the commands that its user types."""

import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from subprocess import DEVNULL, PIPE, CompletedProcess, Popen
from typing import Any

import yaml

STAGES = """
import sys
from importlib import import_module

study, *names = sys.argv[1:]
modules = [import_module(f"personae.stages.{name}") for name in names]
from threadpoolctl import threadpool_limits

with threadpool_limits(limits=1):
    for module in modules:
        module.main(study)
"""


class Project:
    """A scratch checkout; `source` is the code that its commands run, its own where none is given."""

    def __init__(self, root: Path, source: Path | None = None) -> None:
        self.root = root
        self.source = source

    def start(self, *command: str, first: Callable[[], None] | None = None, **variables: str) -> Popen[str]:
        """Start a command, after `first` in its process; `variables` go to its environment."""
        return Popen(
            command,
            cwd=self.root,
            env=environment(self.source) | variables,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            text=True,
            preexec_fn=first,  # noqa: PLW1509 - no threads here
        )

    def run(self, *command: str, check: bool = True, **options: Any) -> CompletedProcess[str]:
        """Run a command to its end; options as for `start`."""
        with self.start(*command, **options) as process:
            out, err = process.communicate()
        assert not check or process.returncode == 0, f"{' '.join(command)}\n{out}\n{err}"
        return CompletedProcess(command, process.returncode, out, err)

    def dvc(self, *arguments: str, **variables: str) -> str:
        return self.run(sys.executable, "-m", "dvc", *arguments, **variables).stdout

    def track(self, study: str = "campaign", **options: Any) -> CompletedProcess[str]:
        return self.run(sys.executable, "-m", "personae.stages.track", study, **options)

    def stages(self, study: str, *names: str) -> None:
        """Run stages in one process, which imports what takes longest once."""
        self.run(sys.executable, "-c", STAGES, study, *names)

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.root / path).read_text()
        assert old in text
        (self.root / path).write_text(text.replace(old, new))

    def runs(self, study: str = "campaign") -> list[dict[str, dict[str, str]]]:
        """Tags, params and metrics of a study's runs that the MLflow pages show, oldest first."""
        with closing(sqlite3.connect(self.root / "mlruns" / "mlflow.db")) as database:
            query = (
                "SELECT run_uuid FROM runs JOIN experiments USING (experiment_id)"
                " WHERE experiments.name = ? AND runs.lifecycle_stage = 'active' ORDER BY start_time"
            )
            return [
                {"id": run}
                | {
                    table: dict(database.execute(f"SELECT key, value FROM {table} WHERE run_uuid = ?", [run]))
                    for table in ("tags", "params", "latest_metrics")
                }
                for (run,) in database.execute(query, [study]).fetchall()
            ]

    def datasets(self, run: str) -> dict[str, str]:
        """Digests of a run's datasets by name."""
        query = (
            "SELECT name, digest FROM datasets JOIN inputs ON source_id = dataset_uuid"
            " WHERE destination_id = ?"
        )
        with closing(sqlite3.connect(self.root / "mlruns" / "mlflow.db")) as database:
            return dict(database.execute(query, [run]).fetchall())

    def md5(self, path: str) -> str:
        """Give the md5 that DVC recorded for a path."""
        lock = yaml.safe_load((self.root / "dvc.lock").read_text())
        items = [
            item
            for entry in lock["stages"].values()
            for kind in ("deps", "outs")
            for item in entry.get(kind, ())
        ]
        return next(item["md5"] for item in items if item["path"] == path)


def environment(source: Path | None = None) -> dict[str, str]:
    """Give the environment of a user who has set nothing; `source` is where `personae` is imported from."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "MLFLOW_", "GIT_"))
    }
    identity = {
        f"GIT_{who}_{what}": f"test@{who}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    kept.pop("PYTHONPATH", None)
    code = {} if source is None else {"PYTHONPATH": str(source)}
    quiet = {"DVC_NO_ANALYTICS": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}
    return kept | identity | code | quiet | {"PATH": path}
