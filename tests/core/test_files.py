import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from personae.core.errors import PersonaeError
from personae.core.files import atomic_write, read_json, to_json, write_json, write_text


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "report.json"
    write_json(path, {"k": 2})
    with pytest.raises(RuntimeError), atomic_write(path) as partial:
        partial.write_text("half")
        raise RuntimeError
    assert read_json(path) == {"k": 2}
    assert list(tmp_path.iterdir()) == [path]


def test_json_is_the_same_bytes_on_every_system(tmp_path):
    write_json(tmp_path / "a.json", {"é": [1.23456789, True]})
    assert (tmp_path / "a.json").read_bytes() == '{\n  "é": [\n    1.23457,\n    true\n  ]\n}\n'.encode()


@pytest.mark.parametrize(("text", "message"), [(None, "no such file"), ("{", "not JSON")])
def test_reading_what_is_not_there_is_one_line(tmp_path, text, message):
    path = tmp_path / "report.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(PersonaeError, match=message):
        read_json(path)


def test_a_missing_file_may_stand_for_something(tmp_path):
    assert read_json(tmp_path / "origin.json", missing={}) == {}


@dataclasses.dataclass(frozen=True)
class Figure:
    mean: float
    parts: tuple[float, ...]


def test_nested_results_are_plain_and_rounded():
    plain = to_json({"figure": Figure(np.float64(2 / 3), (1.23456789, float("inf"))), "n": np.int64(3)})
    assert plain == {"figure": {"mean": 0.666667, "parts": [1.23457, None]}, "n": 3}
    assert json.loads(json.dumps(plain)) == plain


def test_booleans_and_words_stay_what_they_are():
    assert to_json([True, np.bool_(False), "k", None, 7]) == [True, False, "k", None, 7]


def test_what_a_killed_process_left_is_swept_and_that_of_a_living_one_stays(tmp_path):
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    dead, alive = (tmp_path / f".a.txt.{pid}.partial" for pid in (gone.pid, os.getppid()))
    for left in (dead, alive):
        left.write_text("half")
    write_text(tmp_path / "a.txt", "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([alive.name, "a.txt"])


def test_a_full_disk_is_one_line_and_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    write_text(path, "before")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(PersonaeError, match=r"a\.txt: cannot be written \(No space left on device\)"):
        write_text(path, "after")
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]
