"""`personae repro`: run the graph study by study, and say where it is."""

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import read_json
from personae.report.results import read_reports
from personae.report.summary import headline, title, written
from personae.tracking import key
from personae.tracking.contents import flat_verdicts

STATES = ("computed", "cached", "unchanged")
STARTED = re.compile(r"Running stage '(.+)':")
CACHED = re.compile(r"Stage '(.+)' is cached")
SAME = re.compile(r"Stage '(.+)' didn't change")
# What DVC says between stages, which is no result of a stage.
CHATTER = re.compile(
    r"> |(Updating|Generating) lock file|To track the changes|\tgit add|To enable auto staging|\tdvc config"
    r"|'.+' didn't change|Verifying |Use `dvc push`|Data and pipelines are up to date|\s*$"
)


# Main figures that a stage makes; of the other stages their verdicts are counted.
FIGURES = {
    "prepare": ("customers",),
    "segment": ("segments", "silhouette", "segments_verdict"),
    "classify": ("response_model", "roc_auc", "response_verdict"),
    "target": ("contacts", "expected_profit"),
    "promote": ("promotions",),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of the graph that DVC is done with.

    Attributes
    ----------
    name
        `stage@study`.
    state
        `computed`, `cached` or `unchanged`.
    seconds
        That it took.
    result
        Last line that the stage printed.
    """

    name: str
    state: str
    seconds: float
    result: str


def with_data(studies: Iterable[str], say: Callable[[str], None]) -> list[str]:
    """Keep the studies whose data is present; say how to bring that of the others."""
    kept = []
    for study in studies:
        if paths.raw(study).exists():
            kept.append(study)
            continue
        pointer = paths.RAW / f"{study}.dvc"
        bring = f"dvc checkout {pointer}" if pointer.exists() else "dvc pull data.dvc"
        say(f"{study}: left out, {paths.raw(study)} is not here; `{bring}` may bring it")
    return kept


def in_order(studies: Iterable[str], graph: str) -> list[str]:
    """List the stages of each study in turn, as `dvc.yaml` has them.

    Raises
    ------
    PersonaeError
        If a study has no stages.
    """
    listed = []
    for study in studies:
        stages = key.stages(study, graph)
        if not stages:
            raise PersonaeError(f"{study}: dvc.yaml has no stages for it")
        listed += [f"{stage}@{study}" for stage in (*stages, key.TRACK)]
    return listed


def repro(studies: Sequence[str], say: Callable[[str], None]) -> Mapping[str, int]:
    """Run the graph, one study after the other, in one DVC process.

    Parameters
    ----------
    studies
        In the order to run.
    say
        Takes a line for people.

    Returns
    -------
    Mapping
        How many stages were computed, taken from the cache, and unchanged.

    Raises
    ------
    PersonaeError
        If a stage fails; what it and DVC wrote to stderr was shown.
    """
    stages = in_order(studies, Path("dvc.yaml").read_text("utf-8"))
    pointers = [str(path) for path in (Path("data.dvc"), *sorted(paths.RAW.glob("*.dvc"))) if path.exists()]
    began = time.monotonic()
    command = [sys.executable, "-u", "-m", "dvc", "repro", "--single-item", *pointers, *stages]
    counts: Counter[str] = Counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdout is not None
        for step in steps(process.stdout):
            counts[step.state] += 1
            if step.state != "unchanged":
                say(_line(step, sum(counts.values()), len(stages)))
            stage, _, study = step.name.partition("@")
            if stage == "report" and step.state != "unchanged":
                say(f"{'':{len(str(len(stages))) * 2 + 4}}  {paths.report(study, 'report.html')}")
    place = sum(counts.values())
    if process.returncode:
        failed = f" in {stages[place]}" if place < len(stages) else ""
        raise PersonaeError(f"dvc repro stopped{failed}; the lines above say why")
    parts = [f"{counts[state]} {state}" for state in STATES if counts[state]]
    say(f"{place} stages: {', '.join(parts)}; {duration(time.monotonic() - began)}")
    return counts


def steps(lines: Iterable[str], clock: Callable[[], float] = time.monotonic) -> Iterator[Step]:
    """Read what `dvc repro` prints, a stage at a time, as soon as each is done.

    Examples
    --------
    >>> printed = ["Running stage 'segment@shop':", "> python ...", "shop: 3 segments", "Updating lock file"]
    >>> [(step.name, step.state, step.result) for step in steps(printed)]
    [('segment@shop', 'computed', 'shop: 3 segments')]
    """
    name, result, began = "", "", clock()
    for line in lines:
        started, cached, same = (pattern.match(line) for pattern in (STARTED, CACHED, SAME))
        done = started or cached or same or "lock file" in line
        if name and done:
            yield Step(name, "computed", clock() - began, result)
            name = ""
        if started:
            name, result, began = started[1], "", clock()
        elif cached:
            yield Step(cached[1], "cached", 0.0, "")
        elif same:
            yield Step(same[1], "unchanged", 0.0, "")
        elif name and not CHATTER.match(line):
            result = line.strip()


def duration(seconds: float) -> str:
    """Write a duration in minutes and seconds.

    Examples
    --------
    >>> duration(41.2), duration(252)
    ('0:41', '4:12')
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def _line(step: Step, place: int, total: int) -> str:
    stage, _, study = step.name.partition("@")
    taken = "cache" if step.state == "cached" else duration(step.seconds)
    result = step.result.removeprefix(f"{study}: ").removeprefix(f"{study}, ") or _finding(stage, study)
    return f"{place:{len(str(total))}} of {total}  {stage:8} {study:10} {taken:>5}  {result}".rstrip()


def _finding(stage: str, study: str) -> str:
    """Say what a stage found that printed nothing, from its report."""
    if stage in FIGURES:
        figures = headline(read_reports(paths.report(study, "")))
        return ", ".join(
            f"{title(name)} {written(figures[name], name)}" for name in FIGURES[stage] if name in figures
        )
    verdicts = flat_verdicts(read_json(paths.report(study, f"{stage}.json"), missing={}), stage)
    return ", ".join(f"{count} {word}" for word, count in Counter(verdicts.values()).most_common())
