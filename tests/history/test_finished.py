"""Promises of reading a finished result: all of one run of the graph, or none and what to do."""

import pytest
from tests.app.project import STUDIES, committed, make, segmentation

from personae.core.errors import PersonaeError
from personae.history.finished import read_results, read_scorer, studies
from personae.scoring.batch import score_paths


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(make(tmp_path))
    return tmp_path


def test_a_finished_result_is_read_whole(root):
    assert set(studies()) == set(STUDIES)
    result = read_results("campaign")
    assert result.reports == committed("campaign")
    assert set(result.tables) == {"targets", "curves/profit"}
    assert set(read_results("grocery").tables) == {"rules"}


@pytest.mark.parametrize("name", ["prepare.json", "targets.parquet", "curves/profit.csv"])
def test_a_file_of_another_result_is_refused(root, name):
    (path,) = root.glob(f"*/campaign/{name}")
    path.write_bytes(path.read_bytes() + b" ")
    where = f"campaign has no finished result here: run `make repro`.*{name} is not what dvc.lock says"
    with pytest.raises(PersonaeError, match=where):
        read_results("campaign")
    path.unlink()
    with pytest.raises(PersonaeError, match="no finished result here"):
        read_results("campaign")


def test_a_lock_file_cut_off_while_it_is_written_is_no_result(root):
    whole = (root / "dvc.lock").read_text()
    for length in range(0, len(whole), 1_987):
        (root / "dvc.lock").write_text(whole[:length])
        try:
            assert read_results("campaign").reports == committed("campaign")
        except PersonaeError as error:
            assert "no finished result here" in str(error)


def test_the_scorer_of_a_result_knows_its_files_and_their_ranges(root):
    fitted = read_scorer("campaign")
    assert fitted.key == read_results("campaign").key
    customers, segmenter = segmentation()
    scores = score_paths(fitted.scorer, fitted.files)
    expected = segmenter.predict(customers.to_pandas())["segment"]
    assert scores["segment"].to_list() == expected.tolist()
    low, high = fitted.ranges["Income"]
    assert (low, high) == (customers["Income"].min(), customers["Income"].max())
    assert fitted.customers.is_empty()


@pytest.mark.parametrize("part", ["models/campaign/segmenter/more", "data/campaign/customers.csv"])
def test_a_part_of_another_result_is_refused(root, part):
    with (root / part).open("a") as file:
        file.write(" ")
    with pytest.raises(PersonaeError, match="campaign.* is not what dvc.lock says"):
        read_scorer("campaign")
