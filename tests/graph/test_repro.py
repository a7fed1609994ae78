"""Promises of `personae repro`: study after study, a line a stage, errors visible, and DVC's own graph."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from tests.report import fabricated
from tests.tracking.conftest import inside, project, template  # noqa: F401 - fixtures

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import write_json, write_text
from personae.graph.repro import FIGURES, _line, _to_the_end, repro, steps, with_data

PRINTED = """'data.dvc' didn't change, skipping
Stage 'compose@shop' didn't change, skipping
Stage 'prepare@shop' is cached - skipping run, checking out outputs
Updating lock file 'dvc.lock'

Running stage 'segment@shop':
> PYTHONPATH=src python -m personae.stages.segment shop
a warning
shop: 3 segments
Updating lock file 'dvc.lock'

Running stage 'track@shop':
> PYTHONPATH=src python -m personae.stages.track shop
"""


def test_every_stage_has_a_step_as_soon_as_it_is_done_and_one_that_failed_has_none():
    seen = [(name, state, result) for name, state, _, result in steps(PRINTED.splitlines())]
    assert seen == [
        ("compose@shop", "unchanged", ""),
        ("prepare@shop", "cached", ""),
        ("segment@shop", "computed", "shop: 3 segments"),
    ]


@pytest.mark.parametrize(("code", "last"), [(0, "track@shop"), (1, "segment@shop")])
def test_the_last_stage_has_a_step_though_dvc_lock_is_not_written_again(code, last):
    command = [sys.executable, "-c", f"print({PRINTED!r}); raise SystemExit({code})"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert [name for name, *_ in steps(_to_the_end(process))][-1] == last


def test_every_stage_has_a_result_on_its_line(tmp_path, monkeypatch):
    graph = YAML(typ="safe").load(Path("dvc.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    own = {
        "anomalies": {"days": 40, "found": [{}, {}]},
        "impute": {"columns": {}},
        "target": {"listed": {"contacts": 7}},
    }
    reports = fabricated.study(2).reports | own
    for name, content in reports.items():
        write_json(paths.report("shop", f"{name}.json"), content)
    write_text(paths.settings("shop", "segment"), "k: 2")
    write_json(paths.model("shop", "scorer") / "check.json", {"rows": 12})
    stages = [stage for stage in graph["stages"] if stage != "track"]  # which prints its result
    said = {stage: _line(f"{stage}@shop", "cache", "", 1, 9).split("cache")[1] for stage in stages}
    assert [stage for stage, text in said.items() if not text.strip()] == []
    assert FIGURES.keys() <= said.keys()
    assert said["profile"].strip() == "; ".join(each["name"] for each in reports["personas"])
    assert said["days"].strip() == "2 unusual of 40 days"
    assert said["report"].strip() == "reports/shop/report.html"
    assert said["scorer"].strip() == "12 rows scored alone as in the graph"
    assert said["impute"].strip() == "nothing to decide"


def test_a_study_without_stages_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text("stages: {x: {foreach: [a, b], do: {}}}")
    with pytest.raises(PersonaeError, match="c: dvc.yaml has no stages"):
        repro(["a", "c"], print)


def test_a_study_whose_data_is_not_here_is_named_and_the_others_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for study in ("one", "two"):
        (tmp_path / "data" / study).mkdir(parents=True)
    (tmp_path / "data/mine.dvc").write_text("")
    said = []
    assert with_data(["one", "mine", "two"], said.append) == ["one", "two"]
    assert said == ["mine: left out, data/mine is not here; `dvc checkout data/mine.dvc` may bring it"]


SHOWN = """
import json; from personae.graph.repro import repro
said = []; counts = repro(["aerofit", "campaign"], said.append); print(json.dumps([said, counts]))
"""


@pytest.mark.graph
def test_a_changed_setting_runs_what_depends_on_it_and_nothing_else(project):  # noqa: F811
    project.edit("params.yaml", "k: 5", "k: 6")
    said, counts = json.loads(project.run(sys.executable, "-c", SHOWN).stdout)
    *stages, total = said
    assert [line.split("  ")[0] for line in stages] == ["4 of 8", "5 of 8", "7 of 8", "8 of 8"]
    assert [line.split()[3:5] for line in stages] == [
        ["track", "aerofit"],
        ["compose", "campaign"],
        ["segment", "campaign"],
        ["track", "campaign"],
    ]
    assert "published as run" in stages[-1]
    assert total.startswith("8 stages: 4 computed, 4 unchanged; ")
    assert counts == {"unchanged": 4, "computed": 4}
    assert project.dvc("status").strip() == "Data and pipelines are up to date."
    [total], _ = json.loads(project.run(sys.executable, "-c", SHOWN).stdout)
    assert total.startswith("8 stages: 8 unchanged; ")
    project.edit("stage.py", "10 * k", "1 / 0")
    project.edit("params.yaml", "k: 6", "k: 7")
    failed = project.run(sys.executable, "-c", SHOWN, check=False)
    assert "ZeroDivisionError" in failed.stderr
    assert "campaign: dvc repro stopped" in failed.stderr


@pytest.mark.graph
def test_a_run_that_is_ended_ends_its_work_and_the_next_one_starts(project):  # noqa: F811
    project.edit("stage.py", "10 * k", "__import__('time').sleep(300) or 10 * k")
    project.edit("params.yaml", "k: 5", "k: 8")
    mark = project.root / "began"
    project.edit("stage.py", "__import__('time')", "open('began', 'w').close() or __import__('time')")
    with project.start(sys.executable, "-c", SHOWN) as process:
        while process.poll() is None and not mark.exists():
            time.sleep(0.1)
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(project.root) not in running
    assert "stage.py" not in running
    project.root.joinpath(".dvc", "tmp", "rwlock").write_text("")
    project.edit("stage.py", "sleep(300)", "sleep(0)")
    assert "published as run" in project.run(sys.executable, "-c", SHOWN).stdout


def test_a_study_by_name_whose_data_is_not_here_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text("stages: {x: {foreach: [a, b], do: {}}}")
    with pytest.raises(PersonaeError, match=r"a: data/a is not here; `dvc pull data.dvc` may bring it"):
        repro(["a"], print)
