"""The graph tells the truth: what a stage reads is what dvc.yaml declares, no less and no more."""

import ast
import re
from pathlib import Path

import grimp
import pytest
import yaml
from dvc.repo import Repo
from dvc.stage import PipelineStage
from tests.declared import covers, declared

from personae.report.results import DERIVED

GRAPH = yaml.safe_load(Path("dvc.yaml").read_text())
STAGES = {name: stage["do"] for name, stage in GRAPH["stages"].items()}
[STUDIES] = (given for given in GRAPH["vars"] if "studies" in given)
WHOLE = ("report", "track")
SOURCED = ("prepare", "scorer", "track")


@pytest.fixture(scope="module")
def graph():
    return declared()


@pytest.fixture(scope="module")
def imports():
    return grimp.build_graph("personae")


def stage_tree(name):
    return ast.parse(Path(f"src/personae/stages/{name}.py").read_text())


def sections_loaded(name):
    """Sections that a stage reads of its settings file."""
    calls = [node for node in ast.walk(stage_tree(name)) if isinstance(node, ast.Call)]
    named = [(call, call.func.id) for call in calls if isinstance(call.func, ast.Name)]
    loads = [call.args[2].value if call.args[2:] else name for call, function in named if function == "load"]
    return {*loads, *(f[5:] for _, f in named if f in ("load_seed", "load_effort"))}


def source_files(imports, stage, study):
    """Files of all modules that a stage imports, directly or through others; packages hold no code of their own."""
    start = {f"personae.stages.{stage}"}
    if stage in SOURCED:  # a source is imported by the name in the study's settings
        declared_source = STUDIES["studies"][study]["source"].removesuffix(".py")
        source = f"personae.{declared_source.replace('/', '.')}"
        start |= {name for name in imports.modules if name in (source, f"{source}.source")}
    modules = start.union(*(imports.find_upstream_modules(module) for module in start))
    files = {Path("src", *module.split(".")).with_suffix(".py") for module in modules}
    return {file.as_posix() for file in files if file.exists()}


def test_every_stage_has_a_module_and_every_module_is_a_stage():
    modules = {path.stem for path in Path("src/personae/stages").glob("*.py")} - {"__init__"}
    assert modules == set(STAGES)


def test_settings_declared_are_settings_read(graph):
    for name, (deps, _) in graph.items():
        stage, study = name.split("@")
        files = {dep for dep in deps if dep.startswith("resolved/")}
        if stage in WHOLE:
            assert files == {f"resolved/{study}"}
        elif stage == "compose":
            assert files == set()
        else:
            [path] = files
            assert path == f"resolved/{study}/{stage}.yaml"
            assert sections_loaded(stage) == set(yaml.safe_load(Path(path).read_text()))


@pytest.mark.parametrize("name", STAGES)
def test_code_declared_is_code_imported(name, graph, imports):
    named, used = set(), set()
    for study in {instance.split("@")[1] for instance in graph if instance.startswith(f"{name}@")}:
        files = source_files(imports, name, study)
        deps = {dep for dep in graph[f"{name}@{study}"][0] if dep.startswith("src/personae")}
        assert [file for file in files if not any(covers(dep, file) for dep in deps)] == []
        named |= deps
        used |= {dep for dep in deps if any(covers(dep, file) for file in files)}
    assert named - used == set()


STAGES_PACKAGE = Path("src/personae/stages/__init__.py")
PACKAGES = sorted({*Path("src").rglob("*/*/__init__.py")} - {STAGES_PACKAGE})


@pytest.mark.parametrize("path", PACKAGES, ids=str)
def test_packages_hold_no_code(path):
    assert all(isinstance(node, ast.Expr) for node in ast.parse(path.read_text()).body)


def test_stages_pin_arithmetic_before_they_import_anything():
    _, *code = ast.parse(STAGES_PACKAGE.read_text()).body
    assert list(map(ast.unparse, code)) == [
        "from personae.core.command import pin_arithmetic",
        "pin_arithmetic()",
    ]


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_runs_the_code_of_its_own_checkout(name):
    expected = rf"PYTHONPATH=src python -m personae\.stages\.{name} \$\{{(item|key)\}}"
    assert re.fullmatch(expected, STAGES[name]["cmd"])


def test_tracking_sees_everything_that_a_result_consists_of(graph):
    for name, (_, outs) in graph.items():
        stage, study = name.split("@")
        seen = graph[f"track@{study}"][0]
        assert stage == "track" or all(any(covers(dep, out) for dep in seen) for out in outs)


def test_nothing_that_a_stage_makes_is_pushed():
    for stage in STAGES.values():
        for entry in [*stage.get("outs", ()), *stage.get("metrics", ()), *stage.get("plots", ())]:
            [(path, options)] = entry.items() if isinstance(entry, dict) else [(entry, {})]
            assert options.get("push") is False or options.get("cache") is False, path


def test_dvc_has_one_file_of_metrics_a_study_and_every_stage_keeps_its_run_cache():
    stages = {stage.name: stage for stage in Repo().index.stages if isinstance(stage, PipelineStage)}
    metrics = {out.def_path for stage in stages.values() for out in stage.outs if out.is_metric}
    assert metrics == {f"reports/{study}/headline.json" for study in STUDIES["studies"]}
    for name, stage in stages.items():
        plain = [out.def_path for out in stage.outs if not (out.use_cache or out.is_decorated)]
        assert not plain or name.split("@")[0] in {"compose", "track"}, plain


def test_a_study_has_the_stages_that_it_has_settings_for(graph):
    studies = set(STUDIES["studies"])
    assert set(yaml.safe_load(Path("params.yaml").read_text())) == studies
    assert {path.name for path in Path("resolved").iterdir()} == studies
    for study in studies:
        assert Path(f"conf/study/{study}.yaml").exists()
        stages = {name.split("@")[0] for name in graph if name.endswith(f"@{study}")}
        settings = {path.stem for path in Path("resolved", study).iterdir()}
        assert settings == stages - {"compose", "track"}


def test_a_page_depends_on_all_reports_that_its_study_has(graph):
    for study in STUDIES["studies"]:
        needed = graph[f"report@{study}"][0]
        made = {
            out
            for name, (_, outs) in graph.items()
            for out in outs
            if name.endswith(f"@{study}") and re.fullmatch(rf"reports/{study}/\w+\.json", out)
        }
        assert made - needed == {f"reports/{study}/{name}.json" for name in DERIVED}


def test_the_lock_file_holds_no_stage_that_the_graph_has_not(graph):
    recorded = yaml.load(Path("dvc.lock").read_text(), yaml.CSafeLoader)["stages"]
    assert set(recorded) - set(graph) == set()
