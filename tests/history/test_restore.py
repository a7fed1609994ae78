"""Promises of `restore`: code, data and settings of a run come back, and its figures are computed again."""

import os
import shutil
import sys
from dataclasses import replace

import pytest
from tests.test_public import IN_A_CHECKOUT

from personae.history.restore import compare
from personae.history.result import StoredResult

pytestmark = [
    pytest.mark.graph,
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
]


def stored(user, run):
    return user.root / "mlruns" / "artifacts" / "campaign" / run / "artifacts"


def changed_tag(user, run, name, value):
    user.set_in_store("UPDATE tags SET value = ? WHERE run_uuid = ? AND key = ?", value, run, name)


def test_an_older_run_is_identical_after_five_commits_that_have_nothing_to_do_with_it(user):
    [run] = [each["id"] for each in user.runs()]
    for number in range(5):
        user.write(f"notes/{number}.txt", "more\n")
        user.commit(f"unrelated {number}")
    user.edit("params.yaml", "k: 5", "k: 3")
    user.tracked("three")
    head = user.run("git", "rev-parse", "HEAD").stdout
    done = user.personae("restore", run)
    assert done.stdout.splitlines()[0].split() == ["campaign", "different", "within", "noise", "identical"]
    assert ["segment", "0", "0", "8"] in [line.split() for line in done.stdout.splitlines()]
    assert "6 of 6 files and folders have the md5 of that run" in done.stdout
    assert "Running stage 'segment@campaign'" in done.stderr
    assert "track@campaign" not in done.stderr
    there = user.root / "build" / "restored" / run[:8]
    assert (there / "params.yaml").read_text().startswith("campaign: {segment: {k: 5}}")
    assert not (there / "notes").exists()
    assert user.run("git", "rev-parse", "HEAD").stdout == head
    assert user.run("git", "status", "--short").stdout == ""
    assert user.dvc("status", "track@campaign").strip() == "Data and pipelines are up to date."
    again = user.typed("restore", run)
    assert again.exit_code == 1
    assert "is there already" in again.stderr


def test_the_run_of_a_dirty_tree_comes_back_with_its_changes(user):
    user.edit("stage.py", "10 * k", "20 * k")
    user.edit("params.yaml", "k: 5", "k: 4")
    user.write("data/campaign/rows.txt", "200")
    run = user.tracked()
    user.run("git", "reset", "--quiet", "--hard")
    user.dvc("checkout")
    done = user.personae("restore", run, "--into", str(user.root / "build" / "there"))
    assert "6 of 6 files" in done.stdout
    there = user.root / "build" / "there"
    assert "20 * k" in (there / "stage.py").read_text()
    assert (there / "data" / "campaign" / "rows.txt").read_text() == "200"
    assert (user.root / "data" / "campaign" / "rows.txt").read_text() == "120"


def test_another_result_is_different_and_exit_code_1(user):
    """The stored run says what the code of its commit never computed."""
    [run] = [each["id"] for each in user.runs()]
    path = stored(user, run) / "segment.json"
    path.write_text(path.read_text().replace("2.4", "2.5").replace("weak", "supported"))
    done = user.personae("restore", run, "--all", check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        f"error: run {run}: 2 of 9 figures and verdicts are different"
    )
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["segment.silhouette", "2.5", "2.4", "different"] in rows
    assert ["segment.verdict", "supported", "weak", "different"] in rows
    assert ["segment.k", "5", "5", "identical"] in rows


def test_the_readmes_example_runs_in_a_checkout(user):
    done = user.run(sys.executable, "-c", IN_A_CHECKOUT + "print(page, again.different)")
    assert done.stdout == "build/compare/campaign-HEAD_1-HEAD.html []\n"


def test_what_the_cache_has_is_taken_only_if_told(user):
    [run] = [each["id"] for each in user.runs()]
    done = user.personae("restore", run, "--cached")
    assert "6 of 6 files" in done.stdout
    assert "Running stage 'segment@campaign'" not in done.stderr
    [folder] = (user.root / "build" / "restored").iterdir()  # as a killed call leaves it
    marker = folder.with_name(f".{folder.name}.partial")
    for pid, again in [(os.getpid(), "is there already"), (2**22 + 1, "6 of 6 files")]:
        marker.write_text(str(pid))
        done = user.personae("restore", run, "--cached", check=False)
        assert again in done.stdout + done.stderr
    assert not marker.exists()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda user, run: "0" * 32, "no run 00000000000000000000000000000000"),
        (
            lambda user, run: changed_tag(user, run, "git.commit", "0" * 40),
            "git does not know its commit 0000",
        ),
        (lambda user, run: changed_tag(user, run, "git.dirty", "true"), "changes were not stored with it"),
        (lambda user, run: (stored(user, run) / "provenance" / "dvc.lock").unlink(), "holds no dvc.lock"),
        (
            lambda user, run: shutil.rmtree(user.root / ".dvc" / "cache"),
            "neither in DVC's cache nor in a remote",
        ),
    ],
    ids=["run", "commit", "diff", "lock", "data"],
)
def test_what_cannot_be_restored_is_one_line_and_leaves_nothing(user, spoil, message):
    [run] = [each["id"] for each in user.runs()]
    other = spoil(user, run)
    done = user.typed("restore", other if isinstance(other, str) else run)
    assert done.exit_code == 1
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (user.root / "build" / "restored" / run[:8]).exists()
    assert len(user.run("git", "worktree", "list").stdout.splitlines()) == 1


def test_a_run_made_outside_of_git_is_refused(user):
    [run] = [each["id"] for each in user.runs()]
    user.set_in_store("DELETE FROM tags WHERE run_uuid = ? AND key = 'git.commit'", run)
    done = user.typed("restore", run)
    assert "was made outside of git" in done.stderr


def test_noise_is_what_the_report_states():
    before = {"silhouette": 0.25, "silhouette_ci": [0.2, 0.3], "k": 3, "pairs": [{"a": "x", "p": 0.5}]}
    lock = "stages:\n  segment@campaign:\n    outs: [{path: reports/campaign/segment.json, md5: a}]\n"
    past = StoredResult("run", "run", "campaign", None, False, {}, lock, {"segment": before})

    def verdicts(**changes):
        after = replace(past, reports={"segment": before | changes})
        return {name: word for name, _, _, word in compare(past, after)}

    assert verdicts() == {"segment.silhouette": "identical", "segment.k": "identical"}
    assert verdicts(silhouette=0.29)["segment.silhouette"] == "within noise"
    assert verdicts(silhouette=0.31)["segment.silhouette"] == "different"
    assert verdicts(k=4)["segment.k"] == "different"
    assert verdicts(pairs=[{"a": "x", "p": 0.6}])["segment.everything else"] == "different"
