"""Promises of provenance: the commit and the stored diff give back the code that made a result."""

import shutil
from dataclasses import replace
from pathlib import Path

from personae.tracking import key, provenance


def test_a_clean_checkout_has_a_commit_and_no_diff(inside):
    commit = inside.run("git", "rev-parse", "HEAD").stdout.strip()
    tags, diff = provenance.code("track@campaign")
    assert diff == b""
    assert tags == {
        "git.commit": commit,
        "git.dirty": "false",
        "mlflow.source.git.commit": commit,
        "mlflow.source.name": "track@campaign",
        "mlflow.source.type": "JOB",
    }


def test_what_the_graph_writes_is_no_change_of_the_code(inside):
    inside.edit("dvc.lock", "schema", "# a comment\nschema")
    (inside.root / "reports/campaign/prepare.json").write_text("{}")
    assert provenance.code("x")[1] == b""


def test_the_diff_gives_back_changed_new_and_binary_files(inside, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(inside.root, other)
    inside.edit("params.yaml", "k: 5", "k: 9")
    (inside.root / "src").mkdir(exist_ok=True)
    (inside.root / "src" / "new module.py").write_bytes("name = 'Größe'\r\n".encode("latin-1"))
    (inside.root / "src" / "picture.png").write_bytes(bytes(range(256)))
    staged = inside.run("git", "status", "--short").stdout
    diff = tmp_path / "uncommitted.diff"
    tags, changes = provenance.code("x")
    assert tags["git.dirty"] == "true"
    diff.write_bytes(changes)
    inside.run("git", "-C", str(other), "apply", "--whitespace=nowarn", str(diff))
    for name in ("params.yaml", "src/new module.py", "src/picture.png"):
        assert (other / name).read_bytes() == (inside.root / name).read_bytes()
    assert inside.run("git", "status", "--short").stdout == staged


def test_secrets_and_large_or_foreign_files_are_named_and_not_carried(inside):
    (inside.root / "src").mkdir(exist_ok=True)
    contents = {
        ".env": b"TOKEN=topsecret123\n",
        "src/secret.pem": b"topsecret123\n",
        "src/large.py": b"#\n" * 600_000,
        "own.csv": b"topsecret123\n",
        "src/[odd] name.py": b"x = 1\n",
    }
    for name, content in contents.items():
        (inside.root / name).write_bytes(content)
    inside.edit("params.yaml", "k: 5", "k: 9")
    tags, diff = provenance.code("x")
    assert tags["git.left_out"] == ".env, own.csv, src/large.py, src/secret.pem"
    assert b"topsecret123" not in diff
    assert b"k: 9" in diff and b"x = 1" in diff
    assert len(diff) < 2000


def test_outside_of_git_there_is_no_commit(inside):
    shutil.rmtree(Path(".git"))
    tags, diff = provenance.code("x")
    assert ("git.commit" in tags, tags["git.dirty"], diff) == (False, "false", b"")


def test_an_experiment_is_named_only_where_it_changed_the_study(inside, monkeypatch):
    result = key.read("campaign")
    assert provenance.experiment(result) is None
    monkeypatch.setenv("DVC_EXP_NAME", "plump-hare")
    assert provenance.experiment(result) is None
    changed = replace(result, key="another key")
    assert provenance.experiment(changed) == "plump-hare"
    monkeypatch.setenv("DVC_EXP_BASELINE_REV", "no such revision")
    assert provenance.experiment(result) == "plump-hare"
