from pathlib import Path

import pytest

from personae.config.compose import by_stage, compose, studies

PARAMS = Path("params.yaml")


@pytest.mark.parametrize("study", studies(PARAMS))
def test_committed_settings_are_what_composing_gives(study):
    composed = by_stage(study, compose(study, Path("conf"), PARAMS))
    assert {path.stem: path.read_text() for path in Path("resolved", study).iterdir()} == composed
