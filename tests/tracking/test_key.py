"""Promises of a result's identity: equal results have one key, and only a finished study has a key."""

import fcntl
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

from personae.core.errors import PersonaeError
from personae.core.lock import DVC_LOCK
from personae.tracking import key

SEGMENT = "reports/campaign/segment.json"


@pytest.fixture
def texts(template):
    return (template / "dvc.lock").read_text(), (template / "dvc.yaml").read_text()


def changed(lock, change):
    """Give the text of `dvc.lock` after `change` of its stages."""
    content = yaml.safe_load(lock)
    change(content["stages"])
    return yaml.safe_dump(content, sort_keys=False)


def test_the_key_does_not_depend_on_commands_and_code(texts):
    lock, graph = texts

    def edit(stages):
        stages["segment@campaign"]["cmd"] = "another command"
        stages["segment@campaign"]["deps"].append({"path": "src/personae/x.py", "md5": "0"})

    assert (
        key.finished("campaign", changed(lock, edit), graph).key == key.finished("campaign", lock, graph).key
    )


@pytest.mark.parametrize(
    ("stage", "part", "value"),
    [
        ("compose@campaign", "params", {"params.yaml": {"campaign": {"seed": 1}}}),
        ("compose@campaign", "outs", [{"path": "resolved/campaign", "md5": "0.dir"}]),
        ("segment@campaign", "outs", [{"path": SEGMENT, "md5": "0"}]),
        ("prepare@campaign", "deps", [{"path": "data/campaign", "md5": "0.dir"}]),
    ],
)
def test_the_key_depends_on_settings_outputs_and_data(texts, stage, part, value):
    lock, graph = texts
    other = changed(lock, lambda stages: stages[stage].update({part: value}))
    assert key.finished("campaign", other, graph).key != key.finished("campaign", lock, graph).key


def test_another_study_and_removed_stages_do_not_matter(texts):
    lock, graph = texts

    def edit(stages):
        stages["prepare@aerofit"]["outs"] = []
        stages["target@campaign"] = {"outs": [{"path": "reports/campaign/target.json", "md5": "0"}]}
        stages["track@campaign"] = {"outs": [{"path": "mlruns/published/campaign", "md5": "0"}]}

    result = key.finished("campaign", changed(lock, edit), graph)
    assert result.key == key.finished("campaign", lock, graph).key
    assert list(result.entries) == ["compose", "prepare", "segment"]


def test_a_stage_that_has_not_run_is_named(texts):
    lock, graph = texts
    without = changed(lock, lambda stages: stages.pop("segment@campaign"))
    with pytest.raises(PersonaeError, match=r"^campaign: not finished \(segment@campaign has not run\)"):
        key.finished("campaign", without, graph)


def test_a_stage_that_only_some_studies_have_is_not_missed_by_the_others(texts):
    lock, graph = texts
    more = yaml.safe_load(graph)
    more["stages"]["target"] = {"foreach": ["aerofit"], "do": {"cmd": "x"}}
    assert key.finished("campaign", lock, yaml.safe_dump(more)).study == "campaign"
    with pytest.raises(PersonaeError, match=r"target@aerofit has not run.*dvc repro track@aerofit"):
        key.finished("aerofit", lock, yaml.safe_dump(more))


def test_an_input_that_is_not_its_producers_latest_output_is_refused(texts):
    lock, graph = texts
    again = changed(lock, lambda stages: stages["prepare@campaign"]["outs"][0].update(md5="0"))
    with pytest.raises(
        PersonaeError, match=r"segment@campaign has not seen the latest build/\S+ of prepare@campaign"
    ):
        key.finished("campaign", again, graph)


def test_an_unknown_study_is_refused(texts):
    with pytest.raises(PersonaeError, match=r"^journey: not finished \(dvc.yaml has no stages for it\)"):
        key.finished("journey", *texts)


def test_files_and_settings_on_disk_must_be_those_of_the_lock(inside):
    assert key.read("campaign").study == "campaign"
    inside.edit(SEGMENT, "weak", "supported")
    with pytest.raises(PersonaeError, match=r"segment\.json is not what segment@campaign wrote"):
        key.read("campaign")


def test_a_changed_folder_is_noticed(inside):
    (inside.root / "reports/campaign/pictures/more.png").write_text("")
    with pytest.raises(PersonaeError, match="reports/campaign/pictures is not what segment@campaign wrote"):
        key.read("campaign")


def test_settings_that_a_stage_has_not_seen_are_refused(inside):
    inside.edit("resolved/campaign/segment.yaml", "k: 5", "k: 7")
    with pytest.raises(PersonaeError, match="segment@campaign has not seen the latest resolved/campaign/seg"):
        key.read("campaign")


def test_a_lock_file_that_another_dvc_is_writing_is_waited_for(inside):
    lock = inside.root / "dvc.lock"
    whole = lock.read_text()
    with DVC_LOCK.open("wb") as busy, ThreadPoolExecutor(1) as pool:
        fcntl.flock(busy, fcntl.LOCK_EX)
        lock.write_text(whole[: len(whole) // 2])
        reading = pool.submit(key.read, "campaign")
        lock.write_text(whole)
        fcntl.flock(busy, fcntl.LOCK_UN)
        assert reading.result().entries.keys() == {"compose", "prepare", "segment"}


@pytest.mark.parametrize("path", ["data/campaign", "reports/campaign/pictures", SEGMENT])
def test_files_and_folders_are_hashed_as_dvc_does(inside, path):
    assert key.md5(inside.root / path) == inside.md5(path)
