import json
import re
from pathlib import Path

import pytest
from tests.declared import declared
from tests.scratch import Project
from tests.test_public import FINISHED

pytestmark = pytest.mark.graph


def ran(output, study="campaign"):
    return set(re.findall(rf"Running stage '(\w+)@{study}'", output))


def report(project, name):
    return json.loads((project.root / "reports/campaign" / f"{name}.json").read_text())


def test_the_sample_runs_from_the_raw_file_to_a_tracked_run(computed):
    assert report(computed, "prepare")["rows"] == 1200
    assert report(computed, "prepare")["data"] == "sample"
    assert report(computed, "impute")["columns"]["Income"]["unseen"]["verdict"] == "impute"
    assert report(computed, "segment")["verdict"] == "supported"
    assert set(report(computed, "segment")["also"]) == {"rfm"}
    assert len(report(computed, "personas")) == report(computed, "segment")["k"]
    assert set(report(computed, "classify")["models"]) == {"logistic", "xgboost"}
    [run] = computed.runs()
    assert run["tags"]["data"] == "sample"
    assert run["params"]["segment.k"] == "2"
    figures = {name: each for name, each in report(computed, "headline").items() if not isinstance(each, str)}
    assert {"customers", "silhouette", "roc_auc", "contacts", "expected_profit"} <= figures.keys()
    assert {name: float(each) for name, each in run["latest_metrics"].items()} == pytest.approx(figures)


def test_the_committed_sample_has_all_models_of_the_study():
    models = json.loads(Path("reports/campaign/classify.json").read_text())["models"]
    assert models.keys() >= {*("logistic", "random_forest", "gradient_boosting", "svm", "xgboost", "stack")}


def test_the_figures_are_shown_in_the_end(computed):
    shown = computed.run("python", "-m", "personae.cli", "summary").stdout
    for word in ("campaign", "silhouette", "supported", "ROC AUC", "make ui"):
        assert word in shown


def test_the_readmes_example_plans_and_scores_with_a_finished_result(project):
    shown = "print(now.study, plan.contacts > 0, plan.spent <= 600, scores)"
    assert project.run("python", "-c", FINISHED + shown).stdout.startswith("campaign True True")


def test_a_second_repro_runs_nothing(project):
    assert ran(project.dvc("repro", "track@campaign")) == set()
    assert "up to date" in project.dvc("status", "track@campaign")
    assert project.run("git", "status", "--porcelain").stdout == ""


def test_a_fresh_clone_computes_the_same_bytes(computed, tmp_path):
    clone = Project(tmp_path / "clone", tmp_path / "clone" / "src")
    computed.run("git", "clone", "-q", str(computed.root), str(clone.root))
    # Of an output that its cache lacks DVC would not say that it has changed.
    clone.dvc("cache", "dir", "--local", str(computed.root / ".dvc" / "cache"))
    clone.dvc("pull", "--quiet", "data.dvc")
    stages = [name.split("@")[0] for name in declared() if name.endswith("@campaign")]
    assert {"prepare", "impute", "segment", "classify", "report", "track"} <= set(stages)
    clone.stages("campaign", *stages)
    assert clone.run("git", "status", "--porcelain").stdout == ""
    assert "up to date" in clone.dvc("status", "track@campaign")


def test_an_edit_of_the_classifier_reruns_what_depends_on_it_and_of_personas_what_follows(project):
    raw = "data/campaign/marketing_campaign.csv"
    project.run("python", "-m", "personae.cli", "score", "campaign", raw)
    sent = scores_of(project)
    project.edit("conf/classifier/logistic.yaml", "C: 0.3", "C: 0.2")
    assert ran(project.dvc("repro", "compare@campaign")) == {"compose"}
    assert ran(project.dvc("repro", "target@campaign", "profile@campaign")) == {"classify", "target"}
    waiting = project.dvc("status", "--json", "report@campaign", "track@campaign")
    for name in ("report", "track"):
        (changed,) = json.loads(waiting)[f"{name}@campaign"]
        assert any("reports/campaign" in path for path in changed["changed deps"])
    project.edit("src/personae/personas/cards.py", "NOTABLE = 0.2", "NOTABLE = 9.9")
    assert ran(project.dvc("repro", "track@campaign")) == {"compose", "profile", "report", "scorer", "track"}
    assert len(project.runs()) == 2
    assert scores_of(project) == sent
    project.run("python", "-m", "personae.cli", "score", "campaign", raw)
    assert len(scores_of(project)) == 4


def scores_of(project):
    """Bytes and time of every file of scores."""
    files = (path for path in (project.root / "scores").rglob("*") if path.is_file())
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_a_mistyped_setting_stops_in_compose_and_nothing_is_lost(project):
    project.edit("conf/study/campaign.yaml", "  smallest: ", "  smalest: ")
    failed = project.run("dvc", "repro", "track@campaign", check=False)
    assert failed.returncode != 0
    assert "conf/study/campaign.yaml: profile.smalest is no setting" in failed.stderr
    assert "did you mean smallest" in failed.stderr
    assert (project.root / "resolved/campaign/segment.yaml").exists()


def test_a_broken_raw_file_is_one_line_and_leaves_no_output(project):
    raw = project.root / "data/campaign/marketing_campaign.csv"
    raw.write_text(raw.read_text().replace("\t3\t11\t", "\tthree\t11\t", 1))
    failed = project.run("dvc", "repro", "prepare@campaign", check=False)
    assert failed.returncode != 0
    lines = [line for line in failed.stderr.splitlines() if line.startswith("error:")]
    assert lines == [
        f"error: {raw.relative_to(project.root)}: column Z_CostContact holds 'three' in row 2; expected a number"
    ]
    assert "Traceback" not in failed.stderr
    assert not (project.root / "build/campaign/customers.parquet").exists()
