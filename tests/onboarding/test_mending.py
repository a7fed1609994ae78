"""A study file full of mistakes is mended in three runs by somebody who mends what each message names."""

import importlib
from pathlib import Path

import pytest
from tests.onboarding.scratch_study import scratch
from tests.onboarding.test_odd import customers

from personae.core.errors import PersonaeError
from personae.onboarding.new_study import write_study
from personae.onboarding.study_file import Known

# What is right, what is written instead, and the words by which a message names it.
CHANGED = [
    ("files: [mine.csv]", "files: [mine.csv], delimeter: ';'", "prepare.delimeter is no setting"),
    ("id: kd", "id: kdd", "kdd"),
    ("target: bought", "target: bougt", "bougt"),
    ("numbers:", "number:", "roles.number is no setting"),
    ("visits]", "vists]", "vists"),
    ("region]", "regoin]", "regoin"),
]
ADDED = [
    ("", "seed: -1\n", "seed holds -1"),
    ("", "segment: {k: zero, rule: best}\n", "segment.k holds 'zero'"),
    ("", "classify: {folds: 1}\n", "classify.folds holds 1"),
    ("", "profile: {drivers: many}\n", "profile.drivers"),
]


@pytest.fixture
def study(tmp_path, monkeypatch):
    scratch(tmp_path, monkeypatch)
    customers().write_csv("mine.csv")
    written, _ = write_study("mine", [Path("mine.csv")], Known())
    return written


def run():
    """Run what settings and the file decide; give its one line of error, or nothing."""
    try:
        for stage in ("compose", "prepare"):
            importlib.import_module(f"personae.stages.{stage}").main("mine")
    except PersonaeError as error:
        return str(error)
    return None


def test_three_runs_mend_a_file_full_of_mistakes(study):
    text, left, runs = study.read_text(), CHANGED + ADDED, 1
    for right, wrong, _ in CHANGED:
        assert right in text
        text = text.replace(right, wrong)
    study.write_text(text + "".join(wrong for _, wrong, _ in ADDED))
    while message := run():
        runs += 1
        named = [each for each in left if each[2] in message]
        assert named, message
        for right, wrong, words in named:
            study.write_text(study.read_text().replace(wrong, right))
            left.remove((right, wrong, words))
    assert (left, runs) == ([], 3)
