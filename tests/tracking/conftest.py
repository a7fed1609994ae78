"""A small project with a real DVC graph of two studies, whose last stage is the project's own `track`."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from subprocess import DEVNULL, PIPE, CompletedProcess, Popen
from typing import Any

import pytest
import yaml

import personae
from personae.tracking.store import GITIGNORE

SOURCE = Path(personae.__file__).parents[1]
GRAPH = Path(__file__).parent / "graph"
FILES = {
    ".gitignore": "/build\n/data\n/reports/*/pictures\n__pycache__/\n",
    "mlruns/.gitignore": GITIGNORE,
    "params.yaml": "campaign: {segment: {k: 5}}\naerofit: {}\n",
    "data/campaign/rows.txt": "120",
    "data/aerofit/rows.txt": "60",
}


class Project:
    """A scratch checkout and the commands that its user types."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def start(self, *command: str, first: Callable[[], None] | None = None, **variables: str) -> Popen[str]:
        """Start a command, after `first` in its process; `variables` go to its environment."""
        return Popen(
            command,
            cwd=self.root,
            env=environment() | variables,
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


def environment() -> dict[str, str]:
    """Give the environment of a user who has installed this checkout and nothing else set."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "MLFLOW_", "GIT_"))
    }
    identity = {
        f"GIT_{who}_{what}": f"test@{who}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    return kept | identity | {"PYTHONPATH": str(SOURCE), "PATH": path, "DVC_NO_ANALYTICS": "true"}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose two studies are computed and committed, but not yet tracked."""
    project = Project(tmp_path_factory.mktemp("template") / "project")
    shutil.copytree(GRAPH, project.root)
    for name, text in FILES.items():
        (project.root / name).parent.mkdir(parents=True, exist_ok=True)
        (project.root / name).write_text(text)
    project.run("git", "init", "--quiet", "--initial-branch=main")
    project.dvc("init", "--quiet")
    project.dvc("config", "core.analytics", "false")
    project.dvc("config", "core.autostage", "true")
    project.dvc("add", "--quiet", "data")
    project.dvc("repro", "segment@campaign", "segment@aerofit")
    project.run("git", "add", "--all")
    project.run("git", "commit", "--quiet", "--message", "computed")
    return project.root


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Project:
    """A fresh copy of the template."""
    shutil.copytree(template, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")


@pytest.fixture
def inside(project: Project, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Project]:
    """The project as working directory of this process, without inherited settings."""
    for name in os.environ:
        if name.startswith(("DVC_", "MLFLOW_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(project.root)
    return project
