"""A `dvc.lock` that was cut off is noticed wherever it ends; a whole one and none are well."""

from pathlib import Path

import pytest
import yaml

from personae.core.errors import PersonaeError
from personae.core.lock import check_lock, unfinished

LOCK, GRAPH = Path("dvc.lock").read_text(), Path("dvc.yaml").read_text()


@pytest.fixture
def lock(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("dvc.yaml").write_text(GRAPH)
    return tmp_path / "dvc.lock"


def test_the_whole_file_and_none_are_well(lock):
    check_lock()
    lock.write_text(LOCK)
    check_lock()
    alone = LOCK[: LOCK.index("  prepare@")]  # the first stage after `rm dvc.lock`
    lock.write_text(alone)
    check_lock()


@pytest.mark.parametrize("size", [0, 10, 8190, 8192, 16384, 40_000])
def test_a_file_that_was_cut_off_is_refused(lock, size):
    lock.write_text(LOCK[:size])
    with pytest.raises(PersonaeError, match=r"^dvc.lock: cut off in line [\d,]+, .*git checkout dvc.lock"):
        check_lock()


def test_a_cut_at_the_end_of_a_line_of_a_stage_is_refused(lock):
    start = LOCK.index("  prepare@")
    block = LOCK[start : LOCK.index("\n  ", LOCK.index("    outs:", start)) + 1]
    lines = LOCK[start:].splitlines(keepends=True)[: block.count("\n") + 3]  # up to the first output's path
    for count in range(1, len(lines)):
        lock.write_text(LOCK[:start] + "".join(lines[:count]))
        with pytest.raises(PersonaeError, match="cut off"):
            check_lock()


def test_a_finished_graph_has_no_stage_that_is_behind():
    assert unfinished(LOCK) == {}


def test_stages_after_a_changed_output_are_behind():
    recorded = yaml.safe_load(LOCK)
    clustered = recorded["stages"]["segment@campaign"]["outs"]
    clustered[0]["md5"] = "0" * 32
    behind = unfinished(yaml.safe_dump(recorded))
    assert set(behind) == {"campaign"}
    assert "profile" in behind["campaign"] or "report" in behind["campaign"]
    assert "segment" not in behind["campaign"]
