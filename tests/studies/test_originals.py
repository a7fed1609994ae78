import gzip
import json
import shutil
import sys
import types
from pathlib import Path

import pytest

from personae.core.errors import PersonaeError
from personae.core.files import write_files
from personae.studies import originals
from personae.studies.campaign.simulate import simulate, to_files
from personae.studies.originals import PUBLISHERS, fetch_originals, import_originals


@pytest.fixture
def offered(tmp_path):
    write_files(tmp_path / "offered" / "campaign", to_files(simulate(60, 1)[0]))
    return tmp_path / "offered"


@pytest.fixture
def raw(tmp_path):
    folder = tmp_path / "data" / "campaign"
    folder.mkdir(parents=True)
    (folder / "marketing_campaign.csv").write_text("the sample")
    (folder / "left_over.csv").write_text("the sample")
    return folder.parent


def test_a_study_is_replaced_whole_and_unknown_content_is_said(offered, raw):
    (offered / "campaign" / "notes.md").write_text("n")
    [imported] = import_originals(offered, raw)
    assert not imported.known
    assert imported.remarks == (
        "notes.md: not a file of this study, left out",
        "marketing_campaign.csv: another content than the known edition",
        "left_over.csv: your own file, kept",
    )
    assert sorted(path.name for path in (raw / "campaign").iterdir()) == [
        "left_over.csv",
        "marketing_campaign.csv",
        "origin.json",
    ]
    assert json.loads((raw / "campaign" / "origin.json").read_text())["data"] == "other"
    assert [path.name for path in raw.iterdir()] == ["campaign"]


def test_known_content_is_original(offered, raw, monkeypatch):
    [first] = import_originals(offered, raw)
    found = json.loads((raw / "campaign" / "origin.json").read_text())["sha256"]
    campaign = PUBLISHERS["campaign"] | {"required": found}
    monkeypatch.setattr(originals, "PUBLISHERS", {"campaign": campaign})
    [imported] = import_originals(offered, raw)
    assert imported.known and not first.known
    assert json.loads((raw / "campaign" / "origin.json").read_text())["data"] == "original"


def test_a_missing_file_leaves_the_study_as_it_was(offered, raw):
    (offered / "campaign" / "marketing_campaign.csv").unlink()
    with pytest.raises(PersonaeError, match="marketing_campaign.csv is missing; study campaign keeps"):
        import_originals(offered, raw)
    assert (raw / "campaign" / "left_over.csv").read_text() == "the sample"


def test_a_directory_without_studies_is_refused(tmp_path, raw):
    with pytest.raises(PersonaeError, match="no folder of original files; expected aerofit, campaign"):
        import_originals(tmp_path / "nowhere", raw)


def test_fetch_imports_what_kaggle_serves(offered, raw, monkeypatch):
    served = types.SimpleNamespace(dataset_download=lambda name: str(offered / "campaign"))
    monkeypatch.setitem(sys.modules, "kagglehub", served)
    monkeypatch.setattr(originals, "PUBLISHERS", {"campaign": PUBLISHERS["campaign"]})
    assert [imported.study for imported in fetch_originals(raw)] == ["campaign"]
    assert (raw / "campaign" / "left_over.csv").exists()


def test_two_files_of_one_name_and_a_damaged_one_are_refused_and_nothing_is_left(offered, raw):
    table = offered / "campaign" / "marketing_campaign.csv"
    (table.parent / "old").mkdir()
    (table.parent / "old" / table.name).write_bytes(b"older")
    with pytest.raises(PersonaeError, match=r"old/marketing_campaign.csv: .* is also at .*remove one"):
        import_originals(offered, raw)
    (table.parent / "old" / table.name).unlink()
    packed = gzip.compress(table.read_bytes())
    for content in (table.read_bytes(), packed[: len(packed) // 2], packed[:-5] + b"12345"):
        table.with_name(f"{table.name}.gz").write_bytes(content)
        table.unlink(missing_ok=True)
        with pytest.raises(PersonaeError, match=r"marketing_campaign.csv.gz: cut off or damaged"):
            import_originals(offered, raw)
    assert (raw / "campaign" / "marketing_campaign.csv").read_text() == "the sample"
    assert [path.name for path in raw.iterdir()] == ["campaign"]


@pytest.mark.parametrize("kill", range(4))
def test_a_killed_import_is_recovered_by_the_next_one_even_if_that_fails(offered, raw, kill, monkeypatch):
    """The states between the steps of the swap: fresh written, old aside, new in place, old not yet removed."""
    final, fresh, old = (raw / name for name in ("campaign", ".campaign.partial", ".campaign.old"))
    (final / "mine.csv").write_text("nowhere else")
    shutil.copytree(final, fresh)
    if kill in (1, 3):
        shutil.copytree(final, old)
    if kill == 1:
        shutil.rmtree(final)
    if kill == 2:
        final.replace(old)
        shutil.rmtree(fresh)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(
            PersonaeError, match="cannot be written .No space left on device.; it is as it was"
        ):
            import_originals(offered, raw)
    assert (final / "mine.csv").read_text() == "nowhere else"
    assert (final / "marketing_campaign.csv").read_text() == "the sample"
    import_originals(offered, raw)
    assert (final / "mine.csv").read_text() == "nowhere else"
    assert (final / "marketing_campaign.csv").read_text() != "the sample"
    assert [path.name for path in raw.iterdir()] == ["campaign"]


def test_fetch_says_when_kaggle_does_not_answer(raw, monkeypatch):
    def refuse(name):
        raise ConnectionError("no route")

    monkeypatch.setitem(sys.modules, "kagglehub", types.SimpleNamespace(dataset_download=refuse))
    with pytest.raises(PersonaeError, match=r"Kaggle did not serve .*: no route"):
        fetch_originals(raw)
    assert (raw / "campaign" / "left_over.csv").exists()


def test_fetch_without_the_extra_says_how_to_get_it(raw, monkeypatch):
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(PersonaeError, match="uv sync --extra kaggle"):
        fetch_originals(raw)
