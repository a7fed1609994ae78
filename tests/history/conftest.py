"""The small DVC graph of the tests on tracking, and what a user types in it."""

import contextlib
import os
import shutil
import sqlite3
import sys
from contextlib import closing

import pytest
from tests.scratch import Project, environment
from tests.tracking.conftest import SOURCE, template  # noqa: F401 - a fixture
from typer.testing import CliRunner

from personae.cli.main import app

COMMIT = ("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "--all", "--message")


@pytest.fixture(scope="session")
def published(template, tmp_path_factory):  # noqa: F811
    """The project with campaign tracked and committed."""
    root = tmp_path_factory.mktemp("published") / "project"
    shutil.copytree(template, root, symlinks=True)
    user = User(root)
    user.tracked("tracked")
    return root


@pytest.fixture
def user(published, tmp_path):
    """Someone who tracks, edits, commits, and calls `personae`; one run is there."""
    shutil.copytree(published, tmp_path / "project", symlinks=True)
    return User(tmp_path / "project")


class User(Project):
    def __init__(self, root):
        super().__init__(root, SOURCE)

    def personae(self, *arguments, check=True):
        return self.run(sys.executable, "-m", "personae.cli", *arguments, check=check)

    def typed(self, *arguments):
        """Call `personae` in this process, which has imported what takes longest."""
        there = environment(SOURCE)
        gone = dict.fromkeys(os.environ.keys() - there.keys())
        with contextlib.chdir(self.root):
            return CliRunner().invoke(app, arguments, env=there | gone)

    def tracked(self, message=None):
        """Compute and publish campaign; commit what is there, if told; give the id of the run."""
        self.dvc("repro", "track@campaign")
        if message:
            self.commit(message)
        return self.runs()[-1]["id"]

    def commit(self, message):
        self.run("git", "add", "--all")
        self.run("git", *COMMIT, message)

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def set_in_store(self, query, *values):
        with closing(sqlite3.connect(self.root / "mlruns" / "mlflow.db")) as database, database:
            database.execute(query, values)
