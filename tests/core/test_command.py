import os
import sys

import pytest

from personae.core.command import run_stage
from personae.core.errors import PersonaeError


def stage(monkeypatch, main, *arguments):
    monkeypatch.setattr(sys, "argv", ["stage", *arguments])
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "8")
    run_stage(main)


def test_a_stage_gets_its_study_and_one_thread(monkeypatch):
    seen = []
    stage(monkeypatch, lambda study: seen.append((study, os.environ["OMP_NUM_THREADS"])), "campaign")
    assert seen == [("campaign", "1")]


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
