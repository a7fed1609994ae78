import pytest
from pydantic import ValidationError

from personae.core.errors import PersonaeError
from personae.core.settings import Frozen, load


class Part(Frozen):
    k: int
    pair: tuple[str, str]


class Keys(Frozen):
    part: Part


@pytest.fixture
def resolved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "resolved").mkdir()
    return tmp_path / "resolved" / "campaign.yaml"


def test_a_stage_sees_only_the_keys_it_names(resolved):
    resolved.write_text("part: {k: 3, pair: [low, high]}\nother: {k: 4}\n")
    keys = load("campaign", Keys)
    assert keys == Keys(part=Part(k=3, pair=("low", "high")))
    assert not hasattr(keys, "other")


def test_settings_cannot_change(resolved):
    resolved.write_text("part: {k: 3, pair: [low, high]}\n")
    with pytest.raises(ValidationError, match="frozen"):
        load("campaign", Keys).part.k = 4


def test_what_does_not_fit_or_is_not_there_is_refused(resolved):
    with pytest.raises(PersonaeError, match="no such file; `dvc repro compose@campaign`"):
        load("campaign", Keys)
    resolved.write_text("part: {k: three, pair: [low, high]}\n")
    with pytest.raises(PersonaeError, match="does not fit the code"):
        load("campaign", Keys)
