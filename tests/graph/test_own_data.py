"""A user's own table stays where it is: no command of the project or of DVC takes it anywhere."""

import shutil
import subprocess
import sys

import pytest
from tests.scratch import Project

pytestmark = pytest.mark.graph

ONBOARD = ("python", "-m", "personae.cli", "new-study", "mine", "../mine.csv", "--yes")
MARKER = "-".join(["marked", "8f3a61"])  # in pieces, or this very file would hold it
ROWS = 120
TINY = """{impute: {resamples: 20}, compare: {rules: {permutations: 99}}, profile: {bootstraps: 20},
 segment: {k: 2, candidates: [2], effort: {bootstraps: 4, splits: 2, null_tables: 19, null_bootstraps: 2, null_rows: 100}}}"""

# Commands of DVC that could take a file away, one after the other, whatever each says of it.
TAKE_AWAY = """
from dvc.cli import main
for command in (
    ["add", "data/mine"],
    ["commit", "-f", "data/mine.dvc"],
    ["push"],
    ["push", "-a"],
    ["push", "data.dvc"],
    ["push", "data/mine.dvc"],
    ["push", "--run-cache"],
):
    main(command)
"""


@pytest.fixture(scope="module")
def template(committed, tmp_path_factory):
    """A clone without the sample's data, with a study of a file that holds a marker in every row."""
    folder = tmp_path_factory.mktemp("own")
    shutil.copytree(
        committed.root, folder / "project", symlinks=True, ignore=shutil.ignore_patterns("cache", "data")
    )
    rows = [
        f"{MARKER}-{i},{20 + i % 50},{i * 7 % 31},{MARKER}-{i % 3},{'yes' if i % 4 == 0 else 'no'}"
        for i in range(ROWS)
    ]
    (folder / "mine.csv").write_text("\n".join(["kd,age,visits,region,bought", *rows]) + "\n")
    in_folder(folder).run(*ONBOARD)
    return folder


@pytest.fixture
def own(template, tmp_path):
    """A copy of the clone, beside a copy of the file."""
    shutil.copytree(template, tmp_path, symlinks=True, dirs_exist_ok=True)
    return in_folder(tmp_path)


def in_folder(folder):
    return Project(folder / "project", folder / "project" / "src")


def changed(project):
    return {line[3:] for line in project.run("git", "status", "--porcelain", "-uall").stdout.splitlines()}


def tracked(project):
    return project.run("git", "ls-files").stdout.splitlines()


def holds_marker(folder):
    return [path for path in folder.rglob("*") if path.is_file() and MARKER.encode() in path.read_bytes()]


def test_only_the_files_of_the_study_are_new(own):
    assert changed(own) == {
        "conf/study/mine.yaml",
        "data/.gitignore",
        "data/mine.dvc",
        "dvc.yaml",
        "params.yaml",
        "reports/mine/.gitignore",
    }
    assert len((own.root / "conf/study/mine.yaml").read_text().splitlines()) <= 25


def test_nothing_of_the_file_is_pushed_or_committed(own):
    sample = (own.root / "data.dvc").read_bytes()
    own.edit("params.yaml", "mine: {}", f"mine: {TINY}")
    own.stages("mine", "compose", "prepare", "impute", "segment", "compare", "profile")
    own.dvc("commit", "--quiet", "--force", "--with-deps", "profile@mine")
    own.run("python", "-m", "personae.cli", "overview")
    own.run("python", "-m", "personae.cli", "summary")
    own.run("python", "-m", "personae.cli", "experiments")
    assert holds_marker(own.root / "reports") != []
    own.run("git", "add", "-A")
    own.run("git", "commit", "-qm", "mine")
    assert not [path for path in tracked(own) if path.startswith("reports/mine/") and "ignore" not in path]
    own.run(sys.executable, "-c", TAKE_AWAY)
    assert holds_marker(own.root / "datastore") == []
    everything = ["git", "cat-file", "--batch", "--batch-all-objects"]
    assert (
        MARKER.encode()
        not in subprocess.run(everything, cwd=own.root, capture_output=True, check=True).stdout
    )
    assert (own.root / "data.dvc").read_bytes() == sample
    assert "push: false" in (own.root / "data/mine.dvc").read_text()


def test_the_file_comes_back_with_the_commit_that_has_it(own):
    own.run("git", "add", "-A")
    own.run("git", "commit", "-qm", "mine")
    content = (own.root / "data/mine/mine.csv").read_bytes()
    own.run("git", "checkout", "-q", "HEAD~1")
    own.run("dvc", "checkout", "-q", check=False)
    shutil.rmtree(own.root / "data/mine", ignore_errors=True)
    own.run("git", "checkout", "-q", "main")
    own.run("dvc", "checkout", "-q", "data/mine.dvc")
    assert (own.root / "data/mine/mine.csv").read_bytes() == content


def test_a_name_that_is_taken_is_refused_and_the_same_study_stays(own, tmp_path):
    before = changed(own), (own.root / "dvc.yaml").read_bytes()
    assert "nothing was changed" in own.run(*ONBOARD).stdout
    assert (changed(own), (own.root / "dvc.yaml").read_bytes()) == before
    with (tmp_path / "mine.csv").open("a") as file:
        file.write("another,33,4,north,no\n")
    again = own.run(*ONBOARD, check=False)
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    assert "is there already" in again.stderr
    assert (changed(own), (own.root / "dvc.yaml").read_bytes()) == before
