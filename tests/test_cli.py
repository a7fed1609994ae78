import json
import re
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from personae.cli.main import app
from personae.core.files import write_files
from personae.studies.campaign.simulate import simulate, to_files


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_help_says_what_there_is(run):
    text = run("--help").output
    for name in ("data", "summary", "ui"):
        assert name in text


README = Path("README.md").read_text(encoding="utf-8")


def test_every_command_that_readme_names_is_one(run):
    named = set(re.findall(r"(?:^|[`$ ])personae (?!\w+\[)([a-z][a-z-]+)\b", README, re.MULTILINE)) - {"data"}
    assert len(named) > 10
    assert named <= {command.name or command.callback.__name__ for command in app.registered_commands}


def test_the_sample_is_written_and_marked(run, tmp_path):
    result = run("data", "sample")
    assert result.exit_code == 0
    assert json.loads((tmp_path / "data/campaign/origin.json").read_text()) == {"data": "sample"}


def test_import_tells_what_it_did(run, tmp_path):
    write_files(tmp_path / "given/campaign", to_files(simulate(60, 1)[0]))
    result = run("data", "import", "given")
    assert result.exit_code == 0
    assert "campaign: 1 original files" in result.output
    assert "another content than the known edition" in result.output


def test_a_wrong_directory_is_one_line_and_exit_code_1(run):
    result = run("data", "import", "nowhere")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: nowhere: no folder of original files")


def test_the_version_is_shown(run):
    assert run("--version").output.strip() == version("personae")


def test_the_explorer_is_started_on_this_machine_only_unless_asked(run, monkeypatch):
    pytest.importorskip("streamlit")
    started = []
    monkeypatch.setattr("os.execv", lambda _, command: started.append(command))
    assert run("app", "--port", "8600").exit_code == 0
    flags = {"--server.address=127.0.0.1", "--server.port=8600", "--server.headless=true"}
    assert flags | {"--browser.gatherUsageStats=false"} <= set(started[0])
    refused = run("app", "--address", "0.0.0.0")
    assert (refused.exit_code, len(started)) == (1, 1)
    assert (
        refused.stderr
        == "error: --address 0.0.0.0: others could read all customers; add --open to allow it\n"
    )
    run("app", "--address", "0.0.0.0", "--open")
    assert "--server.address=0.0.0.0" in started[1]


@pytest.mark.parametrize("command", ["drift", "migration", "gate", "value", "monitor"])
def test_months_of_a_study_that_is_not_computed_are_one_line(run, command):
    result = run(command, "campaign")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("error: ")


@pytest.mark.parametrize(
    "command", [["score", "campaing", "x.csv"], ["value", "campaing"], ["serve", "campaing"]]
)
def test_a_misspelt_study_is_named_with_the_one_that_was_meant(run, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("campaign: {}\njourney: {}\n")
    done = run(*command)
    assert done.exit_code == 1
    assert "error: campaing: no study of params.yaml; did you mean campaign?" in done.output
