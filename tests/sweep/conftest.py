"""A small project: simulated campaign customers, little effort, and the tables of its stages."""

import os
import re
import shutil
import warnings
from pathlib import Path

import pytest

from personae.core.files import write_files, write_json
from personae.studies.campaign import simulate as campaign

CONF = Path("conf").resolve()
PARAMS = """\
# What this study does otherwise.
campaign:
  use:
    clusterer: kmeans  # as ever
    imputer: ridge
    classifier: [logistic, xgboost]
  segment:
    k: 2  # two to begin with
    candidates: [2, 3]
    workers: 1
    effort: {bootstraps: 4, splits: 1, null_tables: 2, null_bootstraps: 1}
  impute: {folds: 3, resamples: 50, others: [{method: mean}]}
  classify: {folds: 3, repeats: 1, workers: 1, calibrations: [none]}
  profile: {bootstraps: 20}
aerofit: {}
"""


def cheaper(path, pattern, replacement):
    """Change a file of the copied configuration."""
    text, found = re.subn(pattern, replacement, path.read_text())
    assert found == 1
    path.write_text(text)


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """The project with its tables, and an empty MLflow store."""
    from personae.stages import compose, impute, prepare, segment

    root = tmp_path_factory.mktemp("sweep") / "project"
    shutil.copytree(CONF, root / "conf")
    cheaper(root / "conf" / "study" / "campaign.yaml", r"\n  also:\n(    .*\n)+", "\n  also: {}\n")
    cheaper(root / "conf" / "clusterer" / "kmeans.yaml", r"n_init: \d+", "n_init: 2")
    (root / "params.yaml").write_text(PARAMS)
    raw = root / "data" / "campaign"
    write_files(raw, campaign.to_files(campaign.simulate(300, 20)[0]))
    write_json(raw / "origin.json", {"data": "sample"})
    before = Path.cwd()
    os.chdir(root)
    try:
        for stage in (compose, prepare, impute, segment):
            stage.main("campaign")
        from personae.tracking.store import Store

        store = Store(root / "mlruns")
        with store.locked(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # MLflow's own
            store.client()
    finally:
        os.chdir(before)
    return root


@pytest.fixture
def project(template, tmp_path, monkeypatch):
    """A copy of the project as working directory, without inherited settings."""
    for name in os.environ:
        if name.startswith(("DVC_", "MLFLOW_")):
            monkeypatch.delenv(name)
    shutil.copytree(template, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def sweep_file(project):
    """Write conf/sweep/NAME.yaml."""

    def write(name, **settings):
        import yaml

        base = {"trials": 6, "sampler": "tpe", "startup": 3, "seed": 1, "prune": None}
        (project / "conf" / "sweep" / f"{name}.yaml").write_text(yaml.safe_dump(base | settings))
        return name

    return write
