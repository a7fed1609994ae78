"""Files read are files declared: every stage of the studies that have all kinds of stages, with little effort."""

import shutil
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from tests.declared import covers, declared
from tests.graph.conftest import LITTLE_EFFORT, merged
from tests.opened import Opened

pytestmark = [
    pytest.mark.graph,
    pytest.mark.skipif(not Path("data/journey/origin.json").exists(), reason="no data: `make data`"),
]

ELSEWHERE = ("track",)  # reads dvc.lock, and whole folders of what the others wrote
LITTLE = {name: LITTLE_EFFORT[name] for name in ("segment", "compare", "profile")} | {
    "impute": {"folds": 3, "repeats": 1, "resamples": 200},
    "classify": LITTLE_EFFORT["classify"] | {"models": {"random_forest": {"n_estimators": 10}}},
}
OWN = {
    "aerofit": {"classify": {"merging": {"repeats": 1}}},
    "fitbit": {"impute": {"imputer": {"n_estimators": 10}}},
    "journey": {
        "classify": {
            "folds": 5,
            "models": {"xgboost": {"n_estimators": 10}, "gradient_boosting": {"max_iter": 10}},
        },
        "target": LITTLE_EFFORT["target"],
        "promote": {
            "workers": 1,
            "search": {"min_support": 0.1, "max_length": 2, "shuffles": 20, "resamples": 100},
        },
    },
}


@pytest.fixture(scope="module")
def graph():
    return declared()


@pytest.fixture(scope="module")
def threads():
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


@pytest.mark.parametrize("study", OWN)
def test_every_stage_reads_what_it_declares_and_nothing_else(study, graph, tmp_path, monkeypatch, threads):
    section = merged(LITTLE, OWN[study])
    shutil.copytree("conf", tmp_path / "conf")
    (tmp_path / f"conf/anchors/{study}.json").write_text("{}")
    shutil.copytree(Path("data", study), tmp_path / "data" / study)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump({study: section}))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("personae.stages.report.pictures", lambda *_: ())
    monkeypatch.setattr("personae.stages.report.render", lambda *_: "")
    names = [name.split("@")[0] for name in graph if name.endswith(f"@{study}")]
    found = {}
    for name in [each for each in names if each not in ELSEWHERE]:
        inputs, outputs = graph[f"{name}@{study}"]
        opened = Opened(tmp_path)
        import_module(f"personae.stages.{name}").main(study)
        read = {path for path in opened.close() if not any(covers(out, path) for out in outputs)}
        inputs = {path for path in inputs if not path.startswith("src/")}
        undeclared = {path for path in read if not any(covers(each, path) for each in inputs)}
        unread = {each for each in inputs if not any(covers(each, path) for path in read)}
        found[name] = (undeclared, unread)
    assert found == dict.fromkeys(found, (set(), set()))
