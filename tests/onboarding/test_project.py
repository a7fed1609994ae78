"""`personae init`: a project without a checkout, whose graph is this repository's own."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML
from tests.onboarding.test_new_study import table
from tests.scratch import Project, environment

from personae.core.errors import PersonaeError
from personae.onboarding.edit import edited
from personae.onboarding.new_study import _add_to_graph
from personae.onboarding.project import init, without_checkout

GRAPH = Path("dvc.yaml").read_text()
SETTINGS = "source: table\ntarget: bought\nroles: {cost: price}\n"
TINY = """{impute: {resamples: 20}, compare: {rules: {permutations: 99}}, profile: {bootstraps: 20},
 segment: {k: 2, candidates: [2, 3], effort: {bootstraps: 4, splits: 2, null_tables: 19, null_bootstraps: 2, null_rows: 100}},
 use: {classifier: [logistic]}, classify: {folds: 3, calibrations: [none], guard: {permutations: 1}}}"""


class Installed(Project):
    """A project whose commands run what is installed in an environment, and nothing of this checkout."""

    def __init__(self, root, python):
        super().__init__(root)
        self.python = python

    def start(self, *command, **options):
        path = f"{self.python.parent}:{environment()['PATH']}"
        return super().start(*command, **options, PATH=path, UV_OFFLINE="1")

    def personae(self, *arguments, **options):
        return self.run(str(self.python), "-m", "personae.cli", *arguments, **options)

    def dvc(self, *arguments):
        return self.run(str(self.python), "-m", "dvc", *arguments).stdout


@pytest.fixture(scope="module")
def own(installed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    table().write_csv(folder / "mine.csv")
    (folder / "project").mkdir()
    (folder / "project/notes.txt").write_text("mine")
    project = Installed(folder / "project", installed)
    Installed(folder, installed).personae("init", "project")
    project.personae("new-study", "mine", "../mine.csv", "--yes")
    project.edit("params.yaml", "mine: {}", f"mine: {TINY}")
    return project


def plain(text):
    return YAML(typ="safe").load(text)


def test_its_graph_is_the_repositorys_with_the_package_in_place_of_code():
    here = plain(_add_to_graph(GRAPH, "mine", SETTINGS))
    there = plain(_add_to_graph(edited(GRAPH, without_checkout), "mine", SETTINGS))
    [lists], [shorter] = ([each for each in graph["vars"] if "studies" in each] for graph in (here, there))
    for name, value in lists.items():
        if isinstance(value, dict):
            assert shorter[name] == {study: value[study] for study in value if study == "mine"}
    assert there["vars"][0] == here["vars"][0]
    assert there["stages"].pop("version")["always_changed"] is True
    assert there["stages"].keys() == here["stages"].keys()
    for name, stage in here["stages"].items():
        expected, found = stage["do"], there["stages"][name]["do"]
        inputs = [path for path in expected.pop("deps") if not path.startswith(("src/", "conf/"))]
        assert found.pop("deps") == [*(inputs or ["conf"]), "personae.version"]
        assert f"PYTHONPATH=src {found.pop('cmd')}" == expected.pop("cmd")
        assert found == expected


def test_it_is_made_beside_other_files(own):
    assert (own.root / "notes.txt").read_text() == "mine"
    assert "notes.txt" not in own.run("git", "ls-files").stdout


def test_it_runs_the_installed_code_on_settings_of_the_package(own):
    own.dvc("repro", "prepare@mine")
    assert (own.root / "personae.version").read_text().startswith("personae 0.")
    assert (own.root / "build/mine/customers.parquet").exists()
    assert not list(own.root.glob("conf/*/kmeans.yaml"))
    assert "didn't change" in own.dvc("repro", "prepare@mine")
    out = own.personae("sweep", "mine", "segment", "--file", "nothing", check=False)
    assert (out.returncode, out.stderr.count("\n")) == (1, 1)


def test_a_user_s_group_file_wins_and_one_of_the_package_is_named_where_there_is_none(own):
    (own.root / "conf/scaler").mkdir()
    (own.root / "conf/scaler/robust.yaml").write_text("# @package segment.scaler\nname: standard\n")
    text = (own.root / "params.yaml").read_text()
    own.edit("params.yaml", "use: {", "use: {scaler: robust, ")
    own.run(str(own.python), "-m", "personae.stages.compose", "mine")
    assert "name: standard" in (own.root / "resolved/mine/segment.yaml").read_text()
    own.edit("params.yaml", "scaler: robust", "scaler: robusst")
    wrong = own.run(str(own.python), "-m", "personae.stages.compose", "mine", check=False)
    assert "did you mean robust" in wrong.stderr
    (own.root / "params.yaml").write_text(text)


@pytest.mark.slow
def test_from_a_file_to_a_run_a_sweep_and_the_run_again(own):
    own.dvc("repro", "track@mine")
    [run] = own.runs("mine")
    swept = own.personae(
        "sweep", "mine", "segment", "segment.k=2,3", "clusterer=kmeans,ward", "--trials", "2"
    )
    assert "wins" in swept.stdout
    again = own.personae("restore", run["id"]).stdout
    assert "different  within noise" in again
    assert not [line for line in again.splitlines() if line.endswith("different")]


def test_in_a_checkout_and_inside_another_repository_it_is_one_line(tmp_path, installed):
    with pytest.raises(PersonaeError, match="runs from its checkout"):
        init(tmp_path / "new")
    outer = Installed(tmp_path, installed)
    outer.run("git", "init", "-q")
    refused = outer.personae("init", "inner", check=False)
    assert "lies inside the repository" in refused.stderr
    assert not (tmp_path / "inner").exists()
    (tmp_path / "params.yaml").write_text("")
    assert "is there already" in outer.personae("init", ".", check=False).stderr
