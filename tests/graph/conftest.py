"""The project itself in a scratch clone, computed once with little effort; tests work on copies of it."""

import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from tests.scratch import Project, environment

LITTLE_EFFORT = {
    "use": {"classifier": ["logistic", "xgboost"]},
    "impute": {"resamples": 200},
    # One process: to start more takes longer than what they would do.
    "segment": {
        "workers": 1,
        "candidates": [2, 3],
        "effort": {"bootstraps": 10, "splits": 2, "null_tables": 19, "null_bootstraps": 2, "null_rows": 300},
    },
    "compare": {"rules": {"permutations": 99}},
    "profile": {"bootstraps": 50},
    "classify": {
        "workers": 1,
        "repeats": 1,
        "folds": 3,
        "shuffles": 1,
        "guard": {"permutations": 1},
        "models": {"xgboost": {"n_estimators": 10}},
    },
    "target": {"resamples": 100},
}


def merged(base, changes):
    return base | {
        key: merged(base[key], value) if isinstance(value, dict) and key in base else value
        for key, value in changes.items()
    }


@pytest.fixture(scope="session")
def committed(tmp_path_factory):
    """The files of this checkout as the first commit of a repository of their own, with cheap settings."""
    root = tmp_path_factory.mktemp("graph") / "project"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if Path(name).exists():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, root / name)
    yaml = YAML()
    params = yaml.load((root / "params.yaml").read_text())
    params["campaign"] = merged(params["campaign"], LITTLE_EFFORT)
    with (root / "params.yaml").open("w") as file:
        yaml.dump(params, file)
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "as it is"]):
        subprocess.run(["git", *command], cwd=root, check=True, env=environment())
    return Project(root, root / "src")


@pytest.fixture(scope="session")
def computed(committed):
    """Study campaign after `dvc repro`, committed."""
    committed.dvc("pull", "--quiet", "data.dvc")
    committed.dvc("repro", "track@campaign")
    committed.run("git", "add", "-A")
    committed.run("git", "commit", "-qm", "computed")
    return committed


@pytest.fixture
def project(computed, tmp_path):
    shutil.copytree(computed.root, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project", tmp_path / "project" / "src")
