"""A small project with a real DVC graph of two studies, whose last stage is the project's own `track`."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scratch import Project

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


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose two studies are computed and committed, but not yet tracked."""
    project = Project(tmp_path_factory.mktemp("template") / "project", SOURCE)
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
    return Project(tmp_path / "project", SOURCE)


@pytest.fixture(scope="session")
def tracked_template(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template after `dvc repro`, not committed."""
    root = tmp_path_factory.mktemp("tracked") / "project"
    shutil.copytree(template, root, symlinks=True)
    Project(root, SOURCE).dvc("repro")
    return root


@pytest.fixture
def tracked(tracked_template: Path, tmp_path: Path) -> Project:
    """A fresh copy of the tracked template."""
    shutil.copytree(tracked_template, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project", SOURCE)


@pytest.fixture
def inside(project: Project, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Project]:
    """The project as working directory of this process, without inherited settings."""
    for name in os.environ:
        if name.startswith(("DVC_", "MLFLOW_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(project.root)
    return project
