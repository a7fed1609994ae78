"""Kills, full disks, read-only folders and twenty first starts at once: nothing lost, doubled or half-written.

`python benchmarks/faults.py --kills 1.0 --seed 1` in a clone with data/aerofit; each command's count is printed as soon
as it is there. Every command is a fork of this process. A kill falls just before the n-th change of a file or commit
to a database, or at any moment; `dvc` is killed with all its children. Afterwards each file is absent, as before or as
it should be, and the same command again gives what it gives undisturbed. Full disks and read-only folders need Linux
and root.
"""

import argparse
import contextlib
import ctypes
import filecmp
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SETTINGS = """\
aerofit:
  use: {effort: quick}
  segment: {candidates: [2, 3], effort: {bootstraps: 4, splits: 1, null_tables: 2, null_bootstraps: 1}}
  impute: {folds: 3, resamples: 50}
  compare: {rules: {permutations: 99}}
  classify: {folds: 3, repeats: 1, workers: 1, calibrations: [none], merging: null, claim: null}
"""
STATE = (
    "conf",
    "params.yaml",
    "dvc.yaml",
    "dvc.lock",
    "data/aerofit",
    "build/aerofit",
    "models/aerofit",
    "reports/aerofit",
    "resolved/aerofit",
)
WHOLE = (*STATE, ".dvc", ".git", ".gitignore", ".dvcignore", "src", "data.dvc", "mlruns/.gitignore")
MONTHS = (*WHOLE, "data/mine", "incoming")
STAGES = ("compose", "prepare", "impute", "segment", "compare", "profile", "classify", "scorer", "report")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
EVENTS = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.copyfile", "sqlite3.connect"}
NEWNS = 0x20000
VOLATILE = ("mlruns", ".git", ".dvc", "__pycache__")


@dataclass(frozen=True)
class Command:
    """What is typed, what it writes, its part of the kills, and a check of what no file shows."""

    words: tuple[str, ...]
    writes: tuple[str, ...]
    kills: int
    state: tuple[str, ...] = STATE
    ready: Callable[[Path], None] = lambda folder: None
    check: Callable[[Path], str] = lambda folder: ""


def run(words):
    """Run a stage or a command of `personae` in this process; give its exit code."""
    import importlib

    from personae.core.command import run_stage

    try:
        if words[0] == "stage":
            sys.argv = ["stage", "aerofit"]
            run_stage(importlib.import_module(f"personae.stages.{words[1]}").main)
        else:
            from personae.cli.main import app

            app(list(words), standalone_mode=True)
    except SystemExit as ended:
        return int(ended.code or 0)
    except BaseException:  # noqa: BLE001 - it is printed and counted
        traceback.print_exc()
        return 70
    return 0


class Forked:
    """A command in a fork, in a session of its own, its output in a file."""

    def __init__(self, folder, words, first=lambda: None):
        self.log = folder.with_name(f"{folder.name}.{random.getrandbits(32):x}.log")
        self.pid = os.fork()
        if self.pid == 0:
            code = 70
            try:
                os.setsid()
                log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
                os.dup2(log, 1), os.dup2(log, 2)
                os.chdir(folder)
                first()
                code = run(words)
                sys.stdout.flush(), sys.stderr.flush()
            finally:
                os._exit(code)

    def wait(self):
        """Exit code, negative for a signal, and what was printed."""
        _, status = os.waitpid(self.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        text = self.log.read_text(errors="replace")
        self.log.unlink()
        return code, text


def dying(at=None, after=None, told=None):
    """Count changes and commits, and die at one of them or after some seconds; or tell the count by a file."""
    import sqlalchemy

    seen = 0

    def count(*_):
        nonlocal seen
        seen += 1
        if told is not None:
            os.pwrite(told, f"{seen:9}".encode(), 0)
        if seen == at:
            os.killpg(0, signal.SIGKILL)

    def hook(name, arguments):
        opened = name == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
        if (opened and not str(arguments[0]).startswith("/dev")) or name in EVENTS:
            count()

    if after is not None:
        signal.signal(signal.SIGALRM, lambda *_: os.killpg(0, signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, after)
    sys.addaudithook(hook)
    sqlalchemy.event.listen(sqlalchemy.Engine, "commit", count)


def copy(source, target, names=STATE):
    """Copy the state of a project."""
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, symlinks=True)
        elif (source / name).exists():
            shutil.copy2(source / name, target / name)


def files(folder, names):
    """Files below some paths of a project, without what belongs to a running or killed process."""
    for name in names:
        for path in [folder / name, *(folder / name).rglob("*")]:
            relative = path.relative_to(folder)
            if path.is_file() and not any(
                part.startswith(".") or part in VOLATILE for part in relative.parts
            ):
                yield relative


def differing(folder, others, names):
    """The first file that is in none of the other folders as it is here."""
    for name in files(folder, names):
        known = [each / name for each in others if (each / name).exists()]
        if not any(filecmp.cmp(folder / name, each, shallow=False) for each in known):
            return str(name)
    return ""


def fault(folder, before, after, command):
    """What is wrong after a command has come to its end."""
    for first, second in ((folder, after), (after, folder)):
        if found := differing(first, [second], command.writes):
            return f"not healed: {found}"
    left = [path.name for path in folder.rglob(".*.partial")]
    return f"left behind: {left[0]}" if left else command.check(folder)


def disturbed(folder, before, after, command, code, text):
    """What is wrong right after a fault."""
    if "Traceback" in text or (
        code == 1 and len([t for t in text.splitlines() if t.startswith("error: ")]) != 1
    ):
        return f"no one line: {text.strip()[-300:]}"
    if found := differing(folder, [before, after], command.writes):
        return f"half-written: {found}"
    return ""


class Campaign:
    """All faults, counted by command and kind."""

    def __init__(self, template, scratch, seed):
        self.template, self.scratch, self.moments = template, scratch, random.Random(seed)
        self.counts, self.faults, self.number = Counter(), [], 0

    def fresh(self, command, names=()):
        self.number += 1
        folder = self.scratch / f"case{self.number}" / "project"
        copy(self.template, folder, names or command.state)
        command.ready(folder)
        return folder

    def note(self, kind, name, found):
        self.counts[kind, name] += 1
        if found:
            self.faults.append(f"{kind} {name}: {found}")
            print(self.faults[-1], flush=True)

    def kills(self, name, command, count):
        """Kill a command again and again; each time look, then run it once more."""
        before, after = self.fresh(command), self.fresh(command)
        began = time.monotonic()
        told = os.memfd_create("events")
        code, text = Forked(after, command.words, lambda: dying(told=told)).wait()
        assert code == 0, text
        lasted, changes = time.monotonic() - began, int(os.pread(told, 9, 0) or 0)
        for number in range(count):
            folder = self.fresh(command)
            at = max(1, round(changes * (number + self.moments.random()) / count))
            choice = {"after": self.moments.uniform(0.05, lasted)} if number % 4 == 3 else {"at": at}
            code, text = Forked(folder, command.words, lambda choice=choice: dying(**choice)).wait()
            if code == 0:  # it came to its end first
                continue
            found = disturbed(folder, before, after, command, code, text)
            again, text = Forked(folder, command.words).wait()
            found = found or (
                f"rerun fails: {text[-300:]}" if again else fault(folder, before, after, command)
            )
            self.note("killed", name, found)
            shutil.rmtree(folder.parent)
        print(f"killed: {name} {self.counts['killed', name]}", flush=True)

    def hindered(self, kind, name, command):
        """Run a command on a disk that is full or a folder that is read-only, then once more without that."""
        before, after = self.fresh(command), self.fresh(command)
        assert Forked(after, command.words).wait()[0] == 0
        folder = self.scratch / f"{kind.replace(' ', '_')}_{name.replace(' ', '_')}"
        folder.mkdir()
        out, into = os.pipe()
        pid = os.fork()
        if pid == 0:
            found = "the fault could not be made"
            with contextlib.suppress(BaseException):
                found = _hinder(kind, folder, before, after, command)
            os.write(into, found.encode()[:4000])
            os._exit(0)
        os.waitpid(pid, 0)
        os.close(into)
        self.note(kind, name, os.read(out, 4000).decode())
        os.close(out)

    def at_once(self, name, command, count=20):
        """Start a command many times at once where it has never run."""
        folder, after = self.fresh(command), self.fresh(command)
        assert Forked(after, command.words).wait()[0] == 0
        ended = [each.wait() for each in [Forked(folder, command.words) for _ in range(count)]]
        failed = [text for code, text in ended if code]
        found = f"{len(failed)} fail: {failed[0][-300:]}" if failed else fault(folder, folder, after, command)
        self.note(f"{count} at once", name, found)

    def dvc(self, name, words, count):
        """Kill `dvc` with its children; the same again must end, with one run in MLflow for the result."""
        for _ in range(count):
            folder = self.fresh(NOTHING, [path.name for path in self.template.iterdir()])
            environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
            options = {
                "cwd": folder,
                "env": environment,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.STDOUT,
            }
            for queued in words[:-1]:
                subprocess.run([sys.executable, "-m", "dvc", *queued], check=True, **options)
            with subprocess.Popen(
                [sys.executable, "-m", "dvc", *words[-1]], start_new_session=True, **options
            ) as killed:
                time.sleep(self.moments.uniform(2, 14))
                ended = killed.poll() is not None
                _kill_below(folder)
            done = subprocess.run([sys.executable, "-m", "dvc", *words[0]], **options, check=False)
            if len(words) > 1:
                done = subprocess.run([sys.executable, "-m", "dvc", *words[-1]], **options, check=False)
                _wait_below(folder)
            text = done.stdout.decode()
            found = f"rerun fails: {text[-400:]}" if done.returncode else published(folder, 2)
            self.note("ended before the kill" if ended else "killed", name, found)
            shutil.rmtree(folder.parent)


def _hinder(kind, folder, before, after, command):
    """Make the fault in a mount namespace of this fork, and undo it."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEWNS):
        return "the fault could not be made"
    mount = [["--make-rprivate", "/"], ["-t", "tmpfs", "-o", "size=200m", "tmpfs", str(folder)]]
    for words in mount:
        subprocess.run(["mount", *words], check=True)
    project = folder / "project"
    shutil.copytree(before, project, symlinks=True)
    if kind == "disk full":
        (folder / "filler").write_bytes(b"")
        left = os.statvfs(folder)
        with (folder / "filler").open("wb") as filler:
            filler.truncate(0)
            filler.write(bytes(left.f_bavail * left.f_bsize))
    else:
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    log = after.parent / "hindered"
    (log / "x").mkdir(parents=True)
    code, text = _elsewhere(project, command.words, log)
    found = "it ends well" if code == 0 else disturbed(project, before, after, command, code, text)
    if kind == "disk full":
        (folder / "filler").unlink()
    else:
        subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
    again, text = _elsewhere(project, command.words, log)
    return found or (f"rerun fails: {text[-300:]}" if again else fault(project, before, after, command))


def _elsewhere(project, words, log):
    """Run with the output on another disk."""
    forked = Forked(log / "x", words, lambda: os.chdir(project))
    return forked.wait()


def _kill_below(folder):
    """End every process that works below a folder."""
    for _ in range(2):
        for pid in _working(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)


def _wait_below(folder):
    while _working(folder):
        time.sleep(0.5)


def _working(folder):
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink().is_relative_to(folder) and int(process.name) != os.getpid():
                found.append(int(process.name))
    return found


def published(folder, most=1):
    """Whether MLflow has a complete run for each result, and no other."""
    with contextlib.closing(sqlite3.connect(folder / "mlruns" / "mlflow.db")) as database:
        runs = database.execute(
            "select run_uuid, status from runs where lifecycle_stage = 'active'"
        ).fetchall()
        tags = database.execute(
            "select value from tags join runs using (run_uuid) where key = 'personae.result' "
            "and lifecycle_stage = 'active'"
        ).fetchall()
    if not 1 <= len(runs) <= most or len(set(tags)) != len(runs):
        return f"doubled or lost: {len(runs)} runs of {len(set(tags))} results"
    kept = {path.relative_to(folder).parts[3] for path in (folder / "mlruns/artifacts").rglob("*.json")}
    return "" if kept <= {run for run, _ in runs} | {"models"} else "left behind: artifacts of a killed run"


def swept(folder):
    """Whether a sweep of three trials has three, each with a run, and none is open."""
    with contextlib.closing(sqlite3.connect(folder / "mlruns" / "optuna.db")) as database:
        trials = database.execute("select number, state from trials where state != 'RUNNING'").fetchall()
    with contextlib.closing(sqlite3.connect(folder / "mlruns" / "mlflow.db")) as database:
        query = "select value, status from tags join runs using (run_uuid) where key = 'trial' and lifecycle_stage = 'active'"
        runs = database.execute(query).fetchall()
        (opened,) = database.execute(
            "select count(*) from runs where status = 'RUNNING' and lifecycle_stage = 'active'"
        ).fetchone()
    done = sorted(number for number, state in trials if state == "COMPLETE")
    if len(done) != 3 or sorted(int(number) for number, _ in runs) != done or opened:
        return f"doubled or lost: trials {trials}, runs {runs}, {opened} open"
    return ""


def without(*names):
    """Remove what a command is to write."""

    def remove(folder):
        for name in names:
            shutil.rmtree(folder / name, ignore_errors=True)
            (folder / name).unlink(missing_ok=True) if (folder / name).is_file() else None

    return remove


def own_file(folder):
    (folder / "data" / "aerofit" / "my_own_notes.csv").write_text("nowhere else\n")


NOTHING = Command((), (), 0)


def restored(folder):
    """Whether a restored run is whole."""
    [there] = (each for each in (folder / "build" / "restored").iterdir() if not each.name.startswith("."))
    return differing(there, [folder], ("reports/aerofit", "models/aerofit"))


def watched(folder):
    """Whether the month's figures are in MLflow once."""
    with contextlib.closing(sqlite3.connect(folder / "mlruns" / "mlflow.db")) as database:
        query = (
            "select count(*), count(distinct key) from metrics join runs using (run_uuid) where step = 202601"
        )
        found, metrics = database.execute(query).fetchone()
    return "" if found == metrics else f"doubled: {found} figures of {metrics}"


def prepared_states(template, scratch):
    """States that commands start from: a finished sweep; a published run, and its id; a month that was looked at."""
    swept_state, published_state = scratch / "swept", scratch / "published"
    copy(template, swept_state)
    assert Forked(swept_state, SWEEP).wait()[0] == 0
    shutil.copytree(template, published_state, symlinks=True)
    code, text = Forked(published_state, ("stage", "track")).wait()
    assert code == 0, text
    watched_state = scratch / "watched"
    shutil.copytree(published_state, watched_state, symlinks=True)
    assert Forked(watched_state, DRIFT).wait()[0] == 0
    return swept_state, published_state, watched_state, text.split()[-1]


DRIFT = ("drift", "aerofit", "2026-01")
SWEEP = ("sweep", "aerofit", "segment", "segment.k=range(2,6)", "--name", "s", "--trials", "3")


def commands(template):
    """Every command with what it writes."""
    swept_state, published_state, watched_state, run = prepared_states(template, template.parent)
    lock = json.loads(json.dumps(_yaml(template / "dvc.lock")))["stages"]
    stages = {}
    for stage in STAGES:
        outputs = tuple(out["path"] for out in lock[f"{stage}@aerofit"]["outs"])
        kept = tuple(path for path in outputs if path != "resolved/aerofit")
        stages[f"stage {stage}"] = Command(("stage", stage), outputs, 6, ready=without(*kept))
    originals = str(template.parent / "originals")
    table = str(template / "data" / "aerofit" / "aerofit_treadmill.csv")
    return stages | {
        "track": Command(("stage", "track"), (), 12, check=published),
        "sweep": Command(SWEEP, (), 12, check=swept),
        "adopt": Command(("adopt", "s"), ("params.yaml",), 4, ready=_with(swept_state)),
        "restore": Command(
            ("restore", run, "--cached"), (), 3, WHOLE, ready=_with(published_state), check=restored
        ),
        "overview": Command(("overview",), ("reports/index.html",), 4),
        "score": Command(("score", "aerofit", table), ("scores",), 6),
        "drift": Command(DRIFT, ("scores",), 6, MONTHS, ready=_with(published_state)),
        "monitor": Command(
            ("monitor", "aerofit"),
            ("reports/aerofit/monitor.html",),
            6,
            MONTHS,
            ready=lambda folder: (_with(watched_state)(folder), _with(watched_state, "scores")(folder)),
            check=watched,
        ),
        "absorb": Command(("absorb", "mine", "2026-01"), ("data/mine",), 8, MONTHS),
        "anchor": Command(("anchor", "aerofit"), ("conf/anchors",), 4),
        "data import": Command(("data", "import", originals), ("data/aerofit",), 8, ready=own_file),
        "data sample": Command(("data", "sample"), ("data",), 6, ready=own_file),
        "new-study": Command(
            ("new-study", "shop", table, "--yes"),
            ("conf", "data", "params.yaml", "dvc.yaml"),
            6,
            WHOLE,
        ),
    }


def _yaml(path):
    import yaml

    return yaml.safe_load(path.read_text())


def _with(source, name="mlruns"):
    """Bring from another state what MLflow and Optuna hold, or another folder."""
    return lambda folder: shutil.copytree(source / name, folder / name, dirs_exist_ok=True)


def _give_months(template, say):
    """A month of aerofit, and a study of one's own with a labelled one."""
    table = template / "data" / "aerofit" / "aerofit_treadmill.csv"
    header, *rows = table.read_text().splitlines(keepends=True)
    own = template.parent / "mine.csv"
    own.write_text("".join([header, *(row for number, row in enumerate(rows) if number % 4)]))
    say(sys.executable, "-m", "personae.cli", "new-study", "mine", str(own), "--yes")
    for study in ("aerofit", "mine"):
        month = template / "incoming" / study / "2026-01"
        month.mkdir(parents=True)
        (month / "aerofit_treadmill.csv").write_text("".join([header, *rows[::4]]))


def make_template(scratch):
    """A clone with the small study computed and committed."""
    template = scratch / "template"
    subprocess.run(["git", "clone", "--quiet", ROOT, template], check=True)
    shutil.copytree(ROOT / "data", template / "data", dirs_exist_ok=True)
    (template / "params.yaml").write_text(SETTINGS)
    shutil.copytree(template / "data" / "aerofit", scratch / "originals" / "aerofit")
    environment = os.environ | {
        "PYTHONPATH": "src",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }

    def say(*words):
        subprocess.run(words, cwd=template, env=environment, check=True, stdout=subprocess.DEVNULL)

    say(sys.executable, "-m", "dvc", "repro", "--quiet", "report@aerofit", "scorer@aerofit")
    _give_months(template, say)
    say("git", "add", "--all")
    say(
        "git",
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@t",
        "commit",
        "--quiet",
        "--no-verify",
        "-m",
        "computed",
    )
    return template


def warm():
    """Import once what every fork needs."""
    import mlflow.data
    import mlflow.store.tracking.sqlalchemy_store

    import personae.history.restore
    import personae.monitoring.monitor
    import personae.monitoring.watch
    import personae.onboarding.months
    import personae.onboarding.new_study
    import personae.report.overview
    import personae.scoring.batch
    import personae.scoring.scorer
    import personae.studies.originals
    import personae.studies.sample
    import personae.sweep.adopt
    import personae.sweep.run
    import personae.sweep.segment_trials
    from personae import stages

    for stage in (*STAGES, "track"):
        __import__(f"{stages.__name__}.{stage}")
    del mlflow, personae


def main(share, seed, only):
    with tempfile.TemporaryDirectory(prefix="faults") as folder:
        scratch = Path(folder).resolve()
        template = make_template(scratch)
        warm()
        campaign = Campaign(template, scratch, seed)
        known = commands(template)
        for name, command in known.items():
            if only is None or name in only:
                campaign.kills(name, command, max(1, round(command.kills * share)))
        for name, command in known.items():
            if name not in ("data sample", "restore") and (only is None or name in only):
                campaign.hindered("disk full", name, command)
                campaign.hindered("read-only", name, command)
        for name in ("track", "sweep", "data import"):
            if only is None or name in only:
                campaign.at_once(name, known[name])
        experiment = ["exp", "run", "-S", "++aerofit.segment.floor=0.06", "track@aerofit"]
        if only is None or "dvc" in only:
            campaign.dvc("dvc exp run", [experiment], max(1, round(5 * share)))
            queue = [[*experiment, "--queue"], ["queue", "start"]]
            campaign.dvc("dvc queue", queue, max(1, round(4 * share)))
    for (kind, name), count in sorted(campaign.counts.items()):
        print(f"{kind}: {name} {count}")
    killed = sum(count for (kind, _), count in campaign.counts.items() if kind == "killed")
    print(
        f"seed {seed}: {killed} kills, {sum(campaign.counts.values())} faults made, {len(campaign.faults)} not held"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=float, default=1.0, help="1.0: more than a hundred")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", help="names of commands")
    arguments = parser.parse_args()
    main(arguments.kills, arguments.seed, arguments.only)
