"""The page of a study's months, and their figures for MLflow, from what other commands wrote."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import read_json, write_text
from personae.core.settings import read
from personae.monitoring.drift import DRIFT, STABLE, TOO_FEW, WATCH, WORDS
from personae.monitoring.gate import PROMOTE
from personae.report.page import environment
from personae.report.pictures.flows import flows
from personae.report.statements import Words

FOUND = {
    STABLE: "The customers are those that the study learned from, as far as the tests can see.",
    WATCH: "Something may have changed; it is within what happens by chance in a year of months.",
    DRIFT: "The customers are no longer those that the study learned from.",
    TOO_FEW: "There are too few customers to say.",
}


def records(study: str) -> dict[str, Any]:
    """Read what drift, migration, gate, readouts and value wrote: lists by month, and single results.

    Raises
    ------
    PersonaeError
        If no month was watched yet.
    """
    folder = paths.scores(study, "")
    found: dict[str, Any] = {
        kind: [read_json(path) for path in sorted(folder.glob(f"*-{kind}.json"))]
        for kind in ("drift", "migration", "readout")
    }
    if not found["drift"]:
        raise PersonaeError(f"{folder}: no month was watched yet; `personae drift {study}` does")
    none: dict[str, Any] = {}
    return found | {kind: read_json(folder / f"{kind}.json", missing=none) for kind in ("gate", "value")}


def page(study: str, found: Mapping[str, Any], words: Words, *, sample: bool = False) -> str:
    """Write the page: the last month's answer first.

    Parameters
    ----------
    found
        As `records` gives it.
    """
    latest = found["drift"][-1]
    migration = found["migration"][-1] if found["migration"] else {}
    flow = None
    if migration and migration["counted"]["moves"]:
        moves = [(each["before"], each["now"], each["customers"]) for each in migration["counted"]["moves"]]
        drawn = flows(moves, {int(one): name for one, name in migration["names"].items()}, "flow")
        flow = {"alt": drawn.alt, "svg": Markup(drawn.svg)}  # noqa: S704 - drawn by Matplotlib, names as outlines
    template = environment().get_template("monitor.html.j2")
    return template.render(
        study=study,
        latest=latest,
        months=found["drift"],
        tests=list(dict.fromkeys(test["test"] for month in found["drift"] for test in month["tests"])),
        found=FOUND[latest["verdict"]],
        actions=actions(study, found),
        migration=migration if flow else None,
        flow=flow,
        gate=found["gate"],
        readouts=found["readout"],
        value=found["value"],
        labels=words.labels,
        sample=sample,
    )


def actions(study: str, found: Mapping[str, Any]) -> list[str]:
    """Say what to do after the last month."""
    latest, gate = found["drift"][-1], found["gate"]
    said = []
    if latest["verdict"] == DRIFT:
        said.append(
            f"Make a challenger from later data: take labelled months in (personae absorb {study} MONTH, or "
            f"the study's new file), then dvc repro track@{study}. A drift alone promotes nothing."
        )
    if latest["verdict"] == WATCH:
        said.append("Look at the next month before anything is changed.")
    if gate and gate["verdict"] == PROMOTE and not gate["promoted"]:
        said.append(f"Let the challenger take over: personae gate {study} --promote.")
    if found["migration"] and found["migration"][-1]["counted"]["moved"]:
        said.append("Contact those who moved as their new segment asks for: the list is named below.")
    return said or ["Nothing: the list can be made with the model as it is."]


def metrics(found: Mapping[str, Any]) -> list[tuple[str, dict[str, float], int]]:
    """Figures of each month for a tracker: model version, figures by name, and the month as a step.

    The step of 2024-03 is 202403; `word` counts stable 0, watch 1, drift 2.
    """
    moved = {each["month"]: each for each in found["migration"]}
    made = []
    for month in found["drift"]:
        figures: dict[str, Any] = {"customers": month["customers"]}
        if month["verdict"] in WORDS:
            figures["word"] = WORDS.index(month["verdict"])
        for test in month["tests"]:
            name = test["test"].replace(" ", "_")
            figures |= {f"{name}.{key}": test.get(key) for key in ("p", "effect")}
        if month["month"] in moved:
            pair = moved[month["month"]]
            figures |= {f"moved.{kind}": pair[kind]["moved"] for kind in ("raw", "counted")}
        kept = {name: float(value) for name, value in figures.items() if value is not None}
        made.append((month["model_version"], kept, int(month["month"].replace("-", ""))))
    return made


def write_page(study: str, found: Mapping[str, Any]) -> Path:
    """Write `reports/<study>/monitor.html`."""
    data = read_json(paths.origin(study), missing={"data": "other"})["data"]
    path = paths.report(study, "monitor.html")
    words = Words.of(read(paths.resolved(study)))
    write_text(path, page(study, found, words, sample=data == "sample"))
    return path
