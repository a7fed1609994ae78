"""Which code a result came from: git commit, uncommitted changes, DVC experiment."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

from personae.core import paths
from personae.core.errors import PersonaeError, one_line
from personae.tracking import key
from personae.tracking.runs import chunks

GENERATED = ("dvc.lock", "resolved", "reports", "mlruns")
# Folders whose new files are code; of others only the names are listed.
CODE, POINTER = ("src", "conf", "tests"), ".dvc"
SECRETS = (
    *(".env*", "*.env", "*.pem", "*.key", "*.p12", "*.pfx", "id_rsa*", "id_ed25519*", ".netrc", ".pgpass"),
    *("*secret*", "*credential*", "*password*", "*token*", "*.kdbx", "config.local"),
)
DIRTY_TAG = "git.dirty"
# Bytes of one file's changes.
LARGEST = 1_000_000
NAMES_AT_ONCE = 500


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
    diff, left_out = _diff() if commit else (b"", [])
    tags = {"git.commit": commit, "mlflow.source.git.commit": commit} if commit else {}
    tags |= {DIRTY_TAG: str(bool(diff)).lower(), "mlflow.source.name": source, "mlflow.source.type": "JOB"}
    if left_out:
        tags["git.left_out"] = one_line(", ".join(sorted(left_out)))
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


def seconds(study: str) -> float:
    """Seconds that the stages of a study took when each last ran here."""
    files = paths.seconds(study, "").glob("*")
    return sum(float(file.read_text("utf-8")) for file in files if file.name != key.TRACK)


def git(*arguments: str, environment: Mapping[str, str] | None = None) -> bytes | None:
    """Run git and return its output; None if it fails."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False, env=environment)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def _diff() -> tuple[bytes, list[str]]:
    """Diff of the working tree against HEAD, and files left out.

    New files are in it where code is, and pointers of DVC; secrets and what is large are not.
    """
    changed = (".", *(f":(exclude){path}" for path in GENERATED))
    listed = git("ls-files", "--others", "--exclude-standard", "-z", "--", *changed) or b""
    new = [os.fsdecode(name) for name in listed.split(b"\0") if name]
    taken = [name for name in new if _is_code(name) and Path(name).stat().st_size <= LARGEST]
    with tempfile.TemporaryDirectory() as directory:
        index = Path(directory) / "index"
        real = Path((git("rev-parse", "--git-path", "index") or b"").decode().strip())
        if real.is_file():
            shutil.copyfile(real, index)
        environment = os.environ | {"GIT_INDEX_FILE": str(index), "GIT_LITERAL_PATHSPECS": "1"}
        for some in chunks(taken, NAMES_AT_ONCE):
            git("add", "--intent-to-add", "--", *some, environment=environment)
        environment.pop("GIT_LITERAL_PATHSPECS")
        whole = git("diff-index", "--binary", "HEAD", "--", *changed, environment=environment) or b""
    parts = [part for part in re.split(rb"(?m)^(?=diff --git )", whole) if part]
    names = [_name(part) for part in parts]
    kept = [
        part for part, name in zip(parts, names, strict=True) if len(part) <= LARGEST and not _is_secret(name)
    ]
    left = [name for part, name in zip(parts, names, strict=True) if part not in kept]
    return b"".join(kept), [*left, *(name for name in new if name not in taken)]


def _name(part: bytes) -> str:
    """Name of the file that a part of a diff changes."""
    return part.split(b"\n", 1)[0].rpartition(b" b/")[2].decode(errors="replace").strip('"')


def _is_code(name: str) -> bool:
    return not _is_secret(name) and (name.split("/", maxsplit=1)[0] in CODE or name.endswith(POINTER))


def _is_secret(name: str) -> bool:
    return any(fnmatch(part.lower(), pattern) for part in Path(name).parts for pattern in SECRETS)
