"""`dvc.lock` as DVC left it, and whether it was cut off: DVC writes it in place."""

import fcntl
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from personae.core.errors import PersonaeError

LOCK, GRAPH = Path("dvc.lock"), Path("dvc.yaml")
DVC_LOCK = Path(".dvc", "tmp", "lock")


def read_lock() -> str:
    """Read `dvc.lock` while no other DVC process rewrites it."""
    with ExitStack() as stack:
        if DVC_LOCK.exists():
            fcntl.flock(stack.enter_context(DVC_LOCK.open("rb")), fcntl.LOCK_SH)
        return LOCK.read_text("utf-8")


def check_lock() -> None:
    """Refuse a `dvc.lock` that was cut off; none at all is well.

    Raises
    ------
    PersonaeError
        If the file is empty, ends within a line, or its last stage lacks what `dvc.yaml` declares: DVC would
        go on as if all later stages had never run.
    """
    try:
        text, graph = read_lock(), GRAPH.read_text("utf-8")
    except FileNotFoundError:
        return
    last = re.split(r"(?m)^(?=  \S)", text)[-1]
    if text.startswith("schema:") and text.endswith("\n") and _is_whole(last, graph):
        return
    raise PersonaeError(
        f"{LOCK}: cut off in line {text.count(chr(10)) + 1:,}, so later stages would count as never run; "
        f"`git checkout {LOCK}` heals it"
    )


def _is_whole(entry: str, graph: str) -> bool:
    """Whether the text of a stage has all outputs that its definition has."""
    try:
        [(name, recorded)] = yaml.load(entry, yaml.CSafeLoader).items()
        stages = yaml.load(graph, yaml.CSafeLoader)["stages"]
    except (yaml.YAMLError, ValueError, AttributeError, KeyError, TypeError):
        return False
    stage: dict[str, Any] = stages.get(name.partition("@")[0])
    if stage is None:
        return True
    declared = stage.get("do", stage)
    count = sum(len(declared.get(kind, ())) for kind in ("outs", "metrics", "plots"))
    outputs = (recorded or {}).get("outs") or ()
    return len(outputs) == count and all("md5" in each for each in outputs)


def unfinished(text: str) -> dict[str, list[str]]:
    """Find stages whose inputs were computed again since they ran.

    Parameters
    ----------
    text
        Content of `dvc.lock`.

    Returns
    -------
    dict
        Such stages by study, in the order of the file.
    """
    stages = (yaml.load(text, yaml.CSafeLoader) or {}).get("stages") or {}
    computed = {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", ())}
    behind: dict[str, list[str]] = {}
    for name, stage in stages.items():
        if any(computed.get(dep["path"], dep["md5"]) != dep["md5"] for dep in stage.get("deps", ())):
            stage_name, _, study = name.partition("@")
            behind.setdefault(study, []).append(stage_name)
    return behind
