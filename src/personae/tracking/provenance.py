"""Which code a result came from: git commit, uncommitted changes, DVC experiment."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from personae.core.errors import PersonaeError
from personae.tracking import key

GENERATED = ("dvc.lock", "resolved", "reports", "mlruns")


def code(source: str) -> tuple[dict[str, str], bytes]:
    """State of the working directory's code: tags and uncommitted changes.

    Parameters
    ----------
    source
        What runs the code, for the pages of MLflow.

    Returns
    -------
    tags
        Commit, none outside of git, and whether the code had changes.
    diff
        What `git apply` adds to the commit to get this code, new files included; empty when clean. What
        the graph writes itself (`GENERATED`) is no change of the code.
    """
    commit = (git("rev-parse", "HEAD") or b"").decode().strip()
    diff = _diff() if commit else b""
    tags = {"git.commit": commit, "mlflow.source.git.commit": commit} if commit else {}
    tags |= {"git.dirty": str(bool(diff)).lower(), "mlflow.source.name": source, "mlflow.source.type": "JOB"}
    return tags, diff


def experiment(result: key.Finished) -> str | None:
    """Name of the running DVC experiment, if it changed this result."""
    name = os.environ.get("DVC_EXP_NAME")
    if not name:
        return None
    baseline = os.environ.get("DVC_EXP_BASELINE_REV", "HEAD")
    lock, graph = git("show", f"{baseline}:dvc.lock"), git("show", f"{baseline}:dvc.yaml")
    if lock is None or graph is None:
        return name
    try:
        return None if key.finished(result.study, lock.decode(), graph.decode()).key == result.key else name
    except PersonaeError:
        return name


def git(*arguments: str, environment: Mapping[str, str] | None = None) -> bytes | None:
    """Run git and return its output; None if it fails."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False, env=environment)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def _diff() -> bytes:
    """Diff of the working tree against HEAD, new files included."""
    sources = (".", *(f":(exclude){path}" for path in GENERATED))
    with tempfile.TemporaryDirectory() as directory:
        index = Path(directory) / "index"
        real = Path((git("rev-parse", "--git-path", "index") or b"").decode().strip())
        if real.is_file():
            shutil.copyfile(real, index)
        environment = os.environ | {"GIT_INDEX_FILE": str(index)}
        git("add", "--intent-to-add", "--", *sources, environment=environment)
        return git("diff-index", "--binary", "HEAD", "--", *sources, environment=environment) or b""
