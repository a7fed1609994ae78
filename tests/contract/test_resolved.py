from pathlib import Path

import pytest

from personae.config.compose import compose, studies, to_yaml

PARAMS = Path("params.yaml")


@pytest.mark.parametrize("study", studies(PARAMS))
def test_committed_settings_are_what_composing_gives(study):
    composed = to_yaml(study, compose(study, Path("conf"), PARAMS))
    assert Path(f"resolved/{study}.yaml").read_text() == composed
