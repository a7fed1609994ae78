"""`personae init`: a project of one's own, with the package installed and no checkout of it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from personae.core import paths, version
from personae.core.errors import PersonaeError
from personae.core.files import write_text
from personae.onboarding.edit import edited, run

PLOTS = tuple(f".dvc/plots/{name}" for name in ("by_model.json", "by_space.json", "page.html"))
AS_SHIPPED = (".dvcignore", *PLOTS, "mlruns/.gitignore")
IGNORED = ".gitignore"
OWN = {
    "params.yaml": "# What differs from conf/. Group choices go under `use`; everything else as in "
    "conf/study/<study>.yaml.\n{}\n",
    "conf/config.yaml": "# Your own settings; what no file here says is said by the package.\n"
    "defaults: [base, _self_]\n"
    'hydra: {searchpath: ["pkg://personae.conf"]}\n',
    "conf/anchors/README.md": "`personae anchor STUDY` keeps segments here: later runs are matched.\n",
    IGNORED: "/.venv/\n/build/\n/models/\n/outputs/\n/scores/\n/reports/index.html\n/reports/*/monitor.html\n"
    "/incoming/*/*/*\n/incoming/*/*-answers.*\n__pycache__/\n*.pyc\n",
}
QUIET = (
    "[core]\n    analytics = false\n    check_update = false\n[plots]\n    html_template = plots/page.html\n"
)
NOBODY = ("-c", "user.name=personae", "-c", "user.email=personae@localhost")


def init(directory: Path) -> None:
    """Make a project: repository, graph, and settings that go back to those of the package.

    Parameters
    ----------
    directory
        New, or without any file that it writes; lines of a .gitignore are added. Without a commit it gets
        its first.

    Raises
    ------
    PersonaeError
        If a file is there already, the directory lies inside another repository, or the package runs from
        a checkout, which is a project itself.
    """
    if not paths.installed():
        raise PersonaeError("init: this personae runs from its checkout, which is a project; use that one")
    files = {name: paths.shipped(name).read_text(encoding="utf-8") for name in AS_SHIPPED}
    graph = paths.shipped("dvc.yaml").read_text(encoding="utf-8")
    files |= OWN | {".dvc/config": QUIET, "dvc.yaml": edited(graph, without_checkout)}
    files[str(version.FILE)] = version.installed()
    if directory.exists() and not directory.is_dir():
        raise PersonaeError(f"{directory}: is a file; init needs a folder")
    in_the_way = [name for name in (".dvc", *files) if (directory / name).exists()]
    in_the_way = [name for name in in_the_way if not name.startswith(".dvc/") and name != IGNORED]
    if in_the_way:
        raise PersonaeError(
            f"{directory}: init writes {', '.join(in_the_way)}, which "
            f"{'is' if len(in_the_way) == 1 else 'are'} there already; choose another folder"
        )
    above = [each for each in directory.resolve().parents if (each / ".git").exists()]
    if above:
        raise PersonaeError(f"{directory}: lies inside the repository {above[0]}; choose a folder outside")
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PersonaeError(f"{directory}: {error.strerror}") from None
    run("git", "init", "--quiet", directory=directory)
    run(sys.executable, "-m", "dvc", "init", "--quiet", directory=directory)
    if (directory / IGNORED).exists():
        files[IGNORED] = f"{(directory / IGNORED).read_text(encoding='utf-8').rstrip()}\n{files[IGNORED]}"
    for name, text in files.items():
        write_text(directory / name, text)
    if _git(directory, "rev-parse", "--verify", "HEAD") is None:
        run("git", "add", ".dvc", *files, directory=directory)
        who = () if _git(directory, "config", "user.email") else NOBODY
        run(
            "git",
            *who,
            "commit",
            "--quiet",
            "--no-verify",
            "-m",
            "A project of personae",
            directory=directory,
        )


def without_checkout(graph: Any) -> None:
    """Take studies and folders of code out of the graph: stages depend on what is installed instead."""
    for lists in graph["vars"]:
        for each in lists.get("results", ()):
            each.yaml_set_anchor(each.anchor.value, always_dump=True)
        if "studies" in lists:
            for each in lists.values():
                each.clear()
    for stage in graph["stages"].values():
        each = stage["do"]
        each["cmd"] = each["cmd"].removeprefix("PYTHONPATH=src ")
        read = [path for path in each["deps"] if not path.startswith(("src/", "conf/"))]
        if len(read) == 0:  # stage compose
            read = [str(paths.CONF)]
        each["deps"][:] = [*read, str(version.FILE)]
    written = {str(version.FILE): {"cache": False, "persist": True}}
    command = "python -m personae.core.version"
    graph["stages"].insert(0, "version", {"cmd": command, "always_changed": True, "outs": [written]})


def _git(directory: Path, *command: str) -> str | None:
    done = subprocess.run(["git", *command], cwd=directory, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None
