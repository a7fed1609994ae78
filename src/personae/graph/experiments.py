"""`personae experiments`: DVC's experiments in a small table, their main figures and what they changed."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from personae.core.errors import PersonaeError
from personae.report.summary import aligned, title, written
from personae.tracking.contents import flat_params

WIDTH = 160
# Shown only where an experiment differs in them.
IF_DIFFERENT = ("customers", "response_model")
CHANGED = "changed"
Row = Mapping[str, str]


def experiments() -> list[str]:
    """Tabulate the experiments of the last commit, a table a study, as lines.

    Raises
    ------
    PersonaeError
        If DVC cannot list them.
    """
    command = [sys.executable, "-m", "dvc", "exp", "show", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise PersonaeError(f"dvc exp show: {reason.removeprefix('ERROR: ')}")
    return tabulate(json.loads(done.stdout))


def tabulate(shown: Sequence[Mapping[str, Any]], width: int = WIDTH) -> list[str]:
    """Tabulate what `dvc exp show --json` gives.

    Parameters
    ----------
    shown
        The workspace and commits, each with its experiments.
    width
        No line is longer.
    """
    lines: list[str] = []
    for commit in shown:
        listed = [each["revs"][0] for each in commit.get("experiments") or ()]
        for study, base in _params(commit).items() if listed else ():
            rows = [_row(commit, study)]
            rows += [_row(each, study, base) for each in listed if _concerns(each, commit, study)]
            if len(rows) > 1:
                lines += [study, *_fitted(rows, width), ""]
    return lines or ["No experiments yet: `dvc exp run -S ...` makes one."]


def _concerns(experiment: Mapping[str, Any], commit: Mapping[str, Any], study: str) -> bool:
    """Whether an experiment has other settings or figures of a study than its commit."""
    if not experiment.get("data"):
        return True
    return any(of(experiment).get(study) != of(commit).get(study) for of in (_params, _figures))


def _row(each: Mapping[str, Any], study: str, base: Any = ...) -> Row:
    """Cells of a row by column: name, what was changed, figures."""
    name = each.get("name") or str(each["rev"])[:9]
    if not each.get("data"):
        return {"": name, CHANGED: "failed" if each.get("error") else "not run yet"}
    now = flat_params(_params(each).get(study) or {})
    before = now if base is ... else flat_params(base or {})
    changed = [f"{key}={value}" for key, value in now.items() if before.get(key) != value]
    figures = _figures(each).get(study) or {}
    texts = {key: written(value, key) for key, value in figures.items()}
    return {"": name, CHANGED: " ".join(changed)} | texts


def _fitted(rows: Sequence[Row], width: int) -> list[str]:
    """Align rows within the width: figures whole, names and changes cut."""
    names = list(dict.fromkeys(name for row in rows for name in row if name not in ("", CHANGED)))
    kept = [
        name
        for name in names
        if name not in IF_DIFFERENT or len({row[name] for row in rows if name in row}) > 1
    ]
    titles = ["", CHANGED, *map(title, kept)]
    cells = [titles, *([row.get(name, "-") for name in ("", CHANGED, *kept)] for row in rows)]
    taken = sum(max(map(len, column)) + 2 for column in list(zip(*cells, strict=True))[2:])
    for place, share in ((0, 0.4), (1, 0.6)):
        room = max(8, int((width - taken) * share) - 2)
        for line in cells:
            line[place] = line[place] if len(line[place]) <= room else f"{line[place][: room - 3]}..."
    return [line[:width] for line in aligned(cells)]


def _params(each: Mapping[str, Any]) -> dict[str, Any]:
    shown = (each.get("data") or {}).get("params", {}).get("params.yaml", {})
    return dict(shown.get("data") or {})


def _figures(each: Mapping[str, Any]) -> dict[str, Any]:
    """Main figures by study: reports/<study>/headline.json."""
    metrics = (each.get("data") or {}).get("metrics", {})
    return {path.split("/")[-2]: content.get("data") for path, content in metrics.items()}
