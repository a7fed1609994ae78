"""DVC as a command, with the packages of this process and nothing inherited that points elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

from personae.core.errors import PersonaeError

INHERITED = ("DVC_", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "PYTHONPATH")


def run(directory: Path, *arguments: str, show: bool = False) -> str:
    """Run DVC in a checkout and give what it prints; `show` sends that to standard error instead.

    Raises
    ------
    PersonaeError
        If it fails.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(INHERITED)}
    kept |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "DVC_NO_ANALYTICS": "true",
    }
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments],
        cwd=directory,
        env=kept,
        stdout=sys.stderr if show else subprocess.PIPE,
        stderr=None if show else subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr or "").strip().splitlines()
        why = f": {said[-1]}" if said else ""
        raise PersonaeError(f"{directory}: dvc {arguments[0]} failed{why}")
    return done.stdout or ""


def cache() -> Path:
    """Directory of the project's cache."""
    return Path(run(Path(), "cache", "dir").strip())
