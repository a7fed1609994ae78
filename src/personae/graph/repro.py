"""`personae repro`: run the graph study by study, and say where it is."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
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
END = "Updating lock file"
# Where DVC notes who reads and writes what, and how long it may take to put that in order when it is ended.
LOCKS, PATIENCE = Path(".dvc", "tmp", "rwlock"), 20
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


def with_data(studies: Iterable[str], say: Callable[[str], None]) -> list[str]:
    """Keep the studies whose data is present; say how to bring that of the others."""
    kept = []
    for study in studies:
        if paths.raw(study).exists():
            kept.append(study)
        else:
            say(f"{study}: left out, {_absent(study)}")
    return kept


def _absent(study: str) -> str:
    pointer = paths.RAW / f"{study}.dvc"
    bring = f"dvc checkout {pointer}" if pointer.exists() else "dvc pull data.dvc"
    return f"{paths.raw(study)} is not here; `{bring}` may bring it"


def repro(studies: Sequence[str], say: Callable[[str], None]) -> Mapping[str, int]:
    """Run the graph, one study after the other; those without a change are only looked at.

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
        If a study has no stages or no data, or a stage fails; what it and DVC wrote to stderr was shown.
    """
    graph, began = Path("dvc.yaml").read_text("utf-8"), time.monotonic()
    sizes = {study: len(key.stages(study, graph)) + 1 for study in studies}
    if 1 in sizes.values():
        raise PersonaeError(f"{min(sizes, key=sizes.__getitem__)}: dvc.yaml has no stages for it")
    for study in studies:
        if not paths.raw(study).exists():
            raise PersonaeError(f"{study}: {_absent(study)}")
    if LOCKS.exists() and not LOCKS.stat().st_size:
        LOCKS.unlink()  # cut off as DVC wrote it: it holds nobody's lock, and DVC would not start
    changed = _changed(studies)
    same = sum(size for study, size in sizes.items() if study not in changed)
    counts = Counter(unchanged=same)
    for study in changed:
        with _dvc(f"{key.TRACK}@{study}") as process:
            for name, state, seconds, result in steps(_to_the_end(process)):
                counts[state] += 1
                if state != "unchanged":
                    taken = "cache" if state == "cached" else duration(seconds)
                    say(_line(name, taken, result, counts.total(), sum(sizes.values())))
        if process.returncode:
            raise PersonaeError(f"{study}: dvc repro stopped; the lines above say why")
    parts = [f"{counts[state]} {state}" for state in STATES if counts[state]]
    say(f"{counts.total()} stages: {', '.join(parts)}; {duration(time.monotonic() - began)}")
    return counts


@contextmanager
def _dvc(*arguments: str, stderr: int | None = None) -> Iterator["subprocess.Popen[str]"]:
    """Run DVC in a group of its own, which ends with this command: by Ctrl-C, SIGTERM or an error."""
    command = [sys.executable, "-u", "-m", "dvc", "repro", *arguments]
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=stderr, text=True, bufsize=1, start_new_session=True
    )
    try:
        yield process
        process.wait()
    except BaseException:
        _end(process)
        raise
    finally:
        if process.stdout:
            process.stdout.close()
        signal.signal(signal.SIGTERM, before)


def _end(process: "subprocess.Popen[str]") -> None:
    """End a group: by an interrupt first, for DVC then gives its locks back."""
    for number in (signal.SIGINT, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)


def _to_the_end(process: "subprocess.Popen[str]") -> Iterator[str]:
    """Lines of a run, and its end: DVC says nothing after the last stage where dvc.lock holds it already."""
    yield from process.stdout or ()
    if not process.wait():
        yield END


def _changed(studies: Sequence[str]) -> list[str]:
    """Find the studies of which DVC would run a stage; all, where it cannot say."""
    with _dvc("--dry", *(f"{key.TRACK}@{study}" for study in studies), stderr=subprocess.DEVNULL) as process:
        printed = list(process.stdout or ())
    found = {name.partition("@")[2] for name, state, *_ in steps([*printed, END]) if state != "unchanged"}
    return [study for study in studies if study in found or process.returncode]


def steps(
    lines: Iterable[str], clock: Callable[[], float] = time.monotonic
) -> Iterator[tuple[str, str, float, str]]:
    """Read what `dvc repro` prints, a stage at a time, as soon as each is done.

    Yields
    ------
    `stage@study`; `computed`, `cached` or `unchanged`; the seconds that it took; its last line.

    Examples
    --------
    >>> printed = ["Running stage 'segment@shop':", "> python ...", "shop: 3 segments", "Updating lock file"]
    >>> [(name, state, result) for name, state, _, result in steps(printed)]
    [('segment@shop', 'computed', 'shop: 3 segments')]
    """
    name, result, began = "", "", clock()
    for line in lines:
        started, cached, same = (pattern.match(line) for pattern in (STARTED, CACHED, SAME))
        done = started or cached or same or "lock file" in line
        if name and done:
            yield name, "computed", clock() - began, result
            name = ""
        if started:
            name, result, began = started[1], "", clock()
        elif cached:
            yield cached[1], "cached", 0.0, ""
        elif same:
            yield same[1], "unchanged", 0.0, ""
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


def _line(name: str, taken: str, result: str, place: int, total: int) -> str:
    stage, _, study = name.partition("@")
    result = result.removeprefix(f"{study}: ").removeprefix(f"{study}, ") or _finding(stage, study)
    return f"{place:{len(str(total))}} of {total}  {stage:8} {study:10} {taken:>5}  {result}".rstrip()


def _finding(stage: str, study: str) -> str:
    """Say what a stage found that printed nothing, from its report."""
    if stage in FIGURES:
        figures = headline(read_reports(paths.report(study, "")))
        return ", ".join(
            f"{title(name)} {written(figures[name], name)}" for name in FIGURES[stage] if name in figures
        )
    if stage in SAID:
        return SAID[stage](study)
    verdicts = flat_verdicts(read_json(paths.report(study, f"{stage}.json"), missing={}), stage)
    return ", ".join(f"{count} {word}" for word, count in Counter(verdicts.values()).most_common()) or NOTHING


def _personas(study: str) -> str:
    return "; ".join(each["name"] for each in read_json(paths.report(study, "personas.json"), missing=[]))


def _unusual(study: str) -> str:
    days = read_json(paths.report(study, "anomalies.json"), missing={})
    return f"{len(days.get('found', ()))} unusual of {days.get('days', 0)} days"


def _scored(study: str) -> str:
    made = read_json(paths.model(study, "scorer") / "check.json", missing={})
    return f"{made.get('rows', 0):,} rows scored alone as in the graph"


# What the stages found that have neither main figures nor verdicts of their own.
SAID: Mapping[str, Callable[[str], str]] = {
    "compose": lambda study: f"settings of {len(list(paths.resolved(study).glob('*.yaml')))} stages",
    "profile": _personas,
    "days": _unusual,
    "scorer": _scored,
    "report": lambda study: str(paths.report(study, "report.html")),
}
NOTHING = "nothing to decide"
