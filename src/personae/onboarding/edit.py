"""Files of a project edited in place, and the commands of git and DVC that go with them."""

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from personae.core.errors import PersonaeError
from personae.core.files import write_text


def round_trip() -> YAML:
    """YAML as people write it: comments, quotes and long lines stay."""
    yaml = YAML()
    yaml.width, yaml.preserve_quotes = 100_000, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.add_representer(type(None), _null)
    return yaml


def _null(representer: Any, _: None) -> Any:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


def edited(text: str, change: Callable[[Any], object]) -> str:
    """Give a YAML text after a change of its content."""
    yaml = round_trip()
    content = yaml.load(text)
    change(content)
    out = io.StringIO()
    yaml.dump(content, out)
    return out.getvalue()


def edit(path: Path, change: Callable[[Any], object]) -> None:
    """Change a YAML file in place."""
    write_text(path, edited(path.read_text(encoding="utf-8"), change))


def track(folder: Path) -> None:
    """Let DVC keep a folder of raw data, by a pointer of its own that is never pushed."""
    run(sys.executable, "-m", "dvc", "add", "--quiet", str(folder))
    edit(folder.with_suffix(".dvc"), lambda content: content["outs"][0].__setitem__("push", False))


def is_tracked(folder: Path) -> bool:
    """Whether DVC keeps a folder and never pushes it: `track` came to its end."""
    pointer = folder.with_suffix(".dvc")
    return pointer.exists() and "push: false" in pointer.read_text(encoding="utf-8")


def run(*command: str, directory: Path = Path()) -> None:
    """Run a command in silence.

    Raises
    ------
    PersonaeError
        With the last line of what it says, if it fails or is not there.
    """
    shown = " ".join(command[2:] if command[1:2] == ("-m",) else command)
    try:
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    except OSError:
        raise PersonaeError(f"{shown}: {command[0]} is not found") from None
    if done.returncode:
        reason = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise PersonaeError(f"{shown}: {reason[-1]}")
