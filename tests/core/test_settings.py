import pytest
from pydantic import ValidationError

from personae.core.errors import PersonaeError
from personae.core.settings import Frozen, load, load_seed, read


class Part(Frozen):
    k: int
    pair: tuple[str, str]


@pytest.fixture
def segment(tmp_path):
    path = tmp_path / "campaign" / "segment.yaml"
    path.parent.mkdir()
    path.write_text("seed: 7\nsegment: {k: 3, pair: [low, high]}\nother: {k: 4, pair: [a, b]}\n")
    return path


def test_a_section_is_named_as_the_file_unless_another_is_asked_for(segment):
    assert load(segment, Part) == Part(k=3, pair=("low", "high"))
    assert load(segment, Part, "other").k == 4
    assert load_seed(segment) == 7


def test_all_files_of_a_study_are_read_as_one(segment):
    segment.with_name("compare.yaml").write_text("seed: 7\ncompare: {}\n")
    assert list(read(segment.parent)) == ["seed", "compare", "segment", "other"]


def test_settings_cannot_change(segment):
    with pytest.raises(ValidationError, match="frozen"):
        load(segment, Part).k = 4


def test_what_does_not_fit_or_is_not_there_is_refused(segment):
    with pytest.raises(PersonaeError, match="does not fit the code"):
        load(segment, Part, "absent")
    segment.write_text("segment: {k: three, pair: [low, high]}\n")
    with pytest.raises(PersonaeError, match="does not fit the code"):
        load(segment, Part)
    segment.unlink()
    with pytest.raises(PersonaeError, match="no such file; `dvc repro compose@campaign`"):
        load(segment, Part)
