import json
import os
import platform
import socket
import subprocess
import sys
import zipfile

import polars as pl
import pytest

from personae.core.command import check_port, in_project, one_line_errors, run_stage
from personae.core.errors import PersonaeError


def stage(monkeypatch, main, *arguments):
    monkeypatch.setattr(sys, "argv", ["stage", *arguments])
    run_stage(main)


def test_a_stage_gets_its_study(monkeypatch):
    seen = []
    stage(monkeypatch, seen.append, "campaign")
    assert seen == ["campaign"]


def test_libraries_that_a_stage_loads_have_one_thread_and_the_code_of_avx2():
    code = (
        "import json, personae.stages.segment, threadpoolctl;"
        "print(json.dumps([[one['num_threads'], one.get('architecture')] for one in threadpoolctl.threadpool_info()]))"
    )
    environment = os.environ | {"OMP_NUM_THREADS": "8"}
    printed = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    threads, architectures = zip(*json.loads(printed.stdout), strict=True)
    assert set(threads) == {1}
    if platform.machine() == "x86_64":
        assert set(architectures) - {None} == {"Haswell"}


def test_errors_that_users_can_mend_are_one_line(monkeypatch, capsys):
    def main(study):
        raise PersonaeError(f"{study}: column Income is missing")

    with pytest.raises(SystemExit) as ended:
        stage(monkeypatch, main, "campaign")
    assert ended.value.code == 1
    assert capsys.readouterr().err == "error: campaign: column Income is missing\n"


def test_a_stage_without_a_study_says_how_to_call_it(monkeypatch, capsys):
    with pytest.raises(SystemExit):
        stage(monkeypatch, lambda study: None)
    assert "usage: python -m personae.stages.STAGE STUDY" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            FileNotFoundError(2, "No such file or directory", "a.csv"),
            "error: a.csv: No such file or directory",
        ),
        (zipfile.BadZipFile("File is not a zip file"), "error: BadZipFile: File is not a zip file"),
        (pl.exceptions.ComputeError("not\na table"), "error: ComputeError: not a table"),
        (EOFError("ended before the end"), "error: EOFError: ended before the end"),
        (ImportError("No module named 'psycopg2'"), "error: No module named 'psycopg2'; it is not installed"),
        (MemoryError(), "error: not enough memory"),
        (PersonaeError("http://me:s3@cret@host: \x1b[31m"), "error: http://me:***@host: \\x1b[31m"),
    ],
)
def test_what_the_user_can_mend_is_one_line_without_secrets(capsys, error, line):
    with pytest.raises(SystemExit, match="1"), one_line_errors():
        raise error
    assert capsys.readouterr().err == f"{line}\n"


def test_a_long_message_is_cut_and_a_fault_of_the_code_shows_where(capsys):
    with pytest.raises(SystemExit), one_line_errors():
        raise PersonaeError("x" * 5_000_000)
    assert len(capsys.readouterr().err) < 900
    with pytest.raises(KeyError), one_line_errors():
        raise KeyError("a fault")


def test_a_folder_below_the_project_is_no_place_to_work(tmp_path, monkeypatch, capsys):
    (tmp_path / "params.yaml").touch()
    (tmp_path / "dvc.yaml").touch()
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path / "docs")
    with pytest.raises(SystemExit), in_project():
        raise AssertionError
    assert capsys.readouterr().err.endswith(f"run it in the project's folder {tmp_path}\n")


def test_a_port_that_is_taken_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            PersonaeError, match=f"port {port} on 127.0.0.1: Address already in use; .* --port"
        ):
            check_port(port)
    check_port(port)
    with pytest.raises(PersonaeError, match="port 70000"):
        check_port(70000)
