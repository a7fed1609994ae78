import shutil

import pytest
from tests.planted.blobs import planted_segments
from tests.planted.segments import segment
from typer.testing import CliRunner

from personae.cli.main import app
from personae.core import archive, paths
from personae.core.errors import PersonaeError
from personae.core.files import read_json, write_json
from personae.personas.anchor import anchor
from personae.personas.caveats import NO_SEGMENTS


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Two segments of a study that has run."""
    for study in ("campaign", "aerofit"):
        shutil.copytree(paths.resolved(study), tmp_path / paths.resolved(study))
    monkeypatch.chdir(tmp_path)
    table, _ = planted_segments(2, seed=1, customers=60, axes=2)
    segments = segment(table, k=2)
    for study in ("campaign", "aerofit"):
        archive.save(segments.segmenter, paths.model(study, "segmenter"))
        cards = [{"id": one, "name": name, "caveats": []} for one, name in enumerate(("many", "few"))]
        write_json(paths.report(study, "personas.json"), cards)
    archive.save(segments.segmenter, paths.model("campaign", "segmenter") / "rfm")
    return segments


def keep(study):
    """`personae anchor STUDY`; give what was written."""
    answer = CliRunner().invoke(app, ["anchor", study])
    assert (answer.exit_code, "2 segments anchored" in answer.output) == (0, True)
    return read_json(paths.anchor(study))


def test_segments_are_kept_with_the_names_of_their_personas(found):
    kept = keep("campaign")
    assert [(one["id"], one["name"]) for one in kept["segments"]] == [(0, "many"), (1, "few")]
    first = found.segmenter.centroids()[found.segmenter.ids.index(0)]
    assert kept["segments"][0]["centroid"] == pytest.approx(first, rel=1e-5)
    assert "name" not in kept["also"]["rfm"]["segments"][0]


def test_segments_that_the_data_does_not_support_keep_no_name(found):
    cards = [{"id": one, "name": f"group {one + 1}", "caveats": [NO_SEGMENTS]} for one in range(2)]
    write_json(paths.report("campaign", "personas.json"), cards)
    assert all("name" not in one for one in keep("campaign")["segments"])


def test_names_of_given_groups_are_not_those_of_segments(found):
    assert all("name" not in one for one in keep("aerofit")["segments"])


def test_a_study_that_has_not_run_has_nothing_to_anchor(tmp_path):
    with pytest.raises(PersonaeError, match=r"segmenter/model.skops: no such model"):
        anchor(tmp_path / "segmenter", tmp_path / "anchor.json")
    assert not (tmp_path / "anchor.json").exists()
