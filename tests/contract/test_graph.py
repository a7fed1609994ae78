"""The graph tells the truth: what a stage reads is what dvc.yaml declares, no less and no more."""

import ast
from pathlib import Path

import grimp
import pytest
import yaml

GRAPH = yaml.safe_load(Path("dvc.yaml").read_text())
STAGES = {name: stage["do"] for name, stage in GRAPH["stages"].items()}
# A source is imported by the name in the study's settings, which no import statement shows.
IMPORTED_BY_NAME = {"prepare": "personae.studies"}


@pytest.fixture(scope="module")
def imports():
    return grimp.build_graph("personae")


def declared_keys(stage):
    keys = set()
    for params in stage.get("params", []):
        if isinstance(params, dict):
            [(file, names)] = params.items()
            assert file == "resolved/${item}.yaml"
            keys |= set(names)
    return keys


def stage_tree(name):
    return ast.parse(Path(f"src/personae/stages/{name}.py").read_text())


def keys_of_class(tree):
    fields = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == "Keys":
            fields = {item.target.id for item in node.body if isinstance(item, ast.AnnAssign)}
    return fields


def attributes_read(tree):
    """Attributes read of `keys` or straight of `load(study, Keys)`."""
    read = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            value = node.value
            loaded = (
                isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "load"
            )
            if loaded or (isinstance(value, ast.Name) and value.id == "keys"):
                read.add(node.attr)
    return read


def code_deps(stage):
    return [dep for dep in stage["deps"] if dep.startswith("src/personae")]


def source_files(imports, stage):
    """Files of all modules that a stage imports, directly or through others; packages hold no code of their own."""
    start = {f"personae.stages.{stage}"}
    if package := IMPORTED_BY_NAME.get(stage):
        start |= imports.find_descendants(package)
    modules = start.union(*(imports.find_upstream_modules(module) for module in start))
    files = {Path("src", *module.split(".")).with_suffix(".py") for module in modules}
    return {file.as_posix() for file in files if file.exists()}


def covers(dep, file):
    return file == dep or file.startswith(f"{dep}/")


def test_every_stage_has_a_module_and_every_module_is_a_stage():
    modules = {path.stem for path in Path("src/personae/stages").glob("*.py")} - {"__init__"}
    assert modules == set(STAGES)


@pytest.mark.parametrize("name", STAGES)
def test_keys_declared_are_keys_read(name):
    tree = stage_tree(name)
    assert keys_of_class(tree) == declared_keys(STAGES[name])
    assert keys_of_class(tree) <= attributes_read(tree)


@pytest.mark.parametrize("name", STAGES)
def test_code_declared_is_code_imported(name, imports):
    files, deps = source_files(imports, name), code_deps(STAGES[name])
    undeclared = sorted(file for file in files if not any(covers(dep, file) for dep in deps))
    unused = sorted(dep for dep in deps if not any(covers(dep, file) for file in files))
    assert (undeclared, unused) == ([], [])


@pytest.mark.parametrize("path", sorted(Path("src").rglob("__init__.py")), ids=str)
def test_packages_hold_no_code(path):
    assert all(isinstance(node, ast.Expr) for node in ast.parse(path.read_text()).body)


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_runs_the_code_of_its_own_checkout(name):
    assert STAGES[name]["cmd"] == f"PYTHONPATH=src python -m personae.stages.{name} ${{item}}"


def outputs(stage):
    """Paths that a stage writes; an entry with options is a mapping from the path to these."""
    entries = [entry for kind in ("outs", "metrics", "plots") for entry in stage.get(kind, ())]
    return {entry if isinstance(entry, str) else next(iter(entry)) for entry in entries}


def test_tracking_sees_everything_that_a_result_consists_of():
    written = set().union(*(outputs(stage) for name, stage in STAGES.items() if name != "track"))
    assert written - set(STAGES["track"]["deps"]) == set()


def test_every_study_has_a_section_a_file_and_composed_settings():
    studies = GRAPH["vars"][0]["studies"]
    assert set(yaml.safe_load(Path("params.yaml").read_text())) == set(studies)
    for study in studies:
        assert Path(f"conf/study/{study}.yaml").exists()
        assert Path(f"resolved/{study}.yaml").exists()
