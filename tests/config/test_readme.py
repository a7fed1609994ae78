"""The commands of the README that change settings work in a fresh clone."""

import re
import shutil
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides, get_hydra_sweeps, to_hydra_overrides

from personae.config.compose import compose

COMMANDS = re.findall(r"`dvc exp run ([^`]*-S [^`]*)`", Path("README.md").read_text())
CASES = [
    overrides
    for command in COMMANDS
    for overrides in get_hydra_sweeps({"params.yaml": re.findall(r"-S (\S+)", command)})
]


def test_the_readme_has_commands_that_change_settings():
    assert len(COMMANDS) >= 4
    assert len(to_hydra_overrides(["campaign.segment.k=5"])) == 1


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case["params.yaml"]))
def test_a_command_of_the_readme_changes_what_it_names(tmp_path, case):
    params = tmp_path / "params.yaml"
    shutil.copyfile("params.yaml", params)
    [override] = case["params.yaml"]
    key, _, value = override.lstrip("+").partition("=")
    study, *path = key.split(".")
    before = compose(study, Path("conf"), params)
    apply_overrides(params, [override])
    after = compose(study, Path("conf"), params)
    assert after["study"] == study
    if path[0] == "use":
        assert after["segment"][path[1]]["name"] == value != before["segment"][path[1]]["name"]
    else:
        for name in path:
            after = after[name]
        assert str(after) == value or float(after) == float(value)
