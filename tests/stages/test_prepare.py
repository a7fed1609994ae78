import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from personae.core import paths, tables
from personae.core.errors import PersonaeError
from personae.core.files import read_json, write_files, write_json
from personae.stages import compose, prepare
from personae.studies.aerofit import source
from personae.studies.aerofit.settings import AerofitPrepare
from personae.studies.aerofit.simulate import simulate, to_files

CONF = Path("conf").resolve()


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Study gym: aerofit's source and settings under another name, with nothing but its data."""
    shutil.copytree(CONF, tmp_path / "conf")
    shutil.copy(tmp_path / "conf/study/aerofit.yaml", tmp_path / "conf/study/gym.yaml")
    (tmp_path / "params.yaml").write_text("gym: {}\n")
    write_files(tmp_path / "data/gym", to_files(simulate(90, seed=3)))
    monkeypatch.chdir(tmp_path)
    compose.main("gym")
    return tmp_path


def test_a_study_needs_neither_origin_nor_anchor(project):
    prepare.main("gym")
    assert read_json(paths.report("gym", "prepare.json"))["data"] == "other"
    assert tables.read(paths.table("gym", "customers")).height == 90
    assert read_json(paths.composed_anchor("gym")) == {}


def test_origin_and_anchor_count_where_they_are(project):
    write_json(paths.origin("gym"), {"data": "sample"})
    write_json(paths.anchor("gym"), {"segments": []})
    compose.main("gym")
    prepare.main("gym")
    assert read_json(paths.report("gym", "prepare.json"))["data"] == "sample"
    assert read_json(paths.composed_anchor("gym")) == {"segments": []}


def test_a_source_whose_rows_cannot_be_prepared_alone_is_named_before_anything_is_written(
    project, monkeypatch
):
    whole = source.prepare

    def forgetful(directory: Path, settings: AerofitPrepare):
        return replace(whole(directory, settings), learned=None)

    monkeypatch.setattr(source, "prepare", forgetful)
    with pytest.raises(PersonaeError, match="aerofit.source: prepare gives no `learned`"):
        prepare.main("gym")
    assert not paths.table("gym", "customers").exists()
