import shutil
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from personae.config.compose import compose, studies
from personae.config.faults import beside_dictionary
from personae.core.errors import PersonaeError

CONF = Path("conf")


@pytest.fixture
def own(tmp_path):
    """Compose a study of whatever its file holds."""
    shutil.copytree(CONF, tmp_path / "conf")
    (tmp_path / "params.yaml").write_text("own: {}\n")

    def own(text):
        (tmp_path / "conf/study/own.yaml").write_text(f"# @package _global_\n{text}\n")
        return compose("own", tmp_path / "conf", tmp_path / "params.yaml")

    return own


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (
            "source: table\nprepare: {files: [a.csv], weeks: 3}\nroles: {number: [a]}\nsegment: {k: x}",
            [
                "roles.number is no setting",
                "prepare.weeks is no setting",
                "segment.k holds 'x'; it should be",
            ],
        ),
        ("source: table\nseed: -1\nimpute: {resamples: 0}", ["prepare.files is missing", "seed holds -1"]),
        (
            "defaults: [override /effort: quik, override /classifier: [svn]]\nsource: table",
            ["own.yaml: defaults.effort holds 'quik'; did you mean quick", "defaults.classifier holds 'svn'"],
        ),
        (
            "defaults: [override /classifier: [svm]]\nclassify: {models: [logistic]}",
            ["own.yaml: classify.models holds \\['logistic'\\]; expected keys and values, as in"],
        ),
        ("source: [table", ["own.yaml: not YAML: .* in line"]),
    ],
)
def test_all_that_does_not_fit_is_named_with_its_file(own, text, messages):
    for message in messages:
        with pytest.raises(PersonaeError, match=message):
            own(text)


@pytest.mark.parametrize("study", studies(Path("params.yaml")))
def test_a_wrong_dictionary_makes_no_faults_of_right_sections(study):
    content = OmegaConf.load(CONF / "study" / f"{study}.yaml")
    content.pop("defaults", None)
    assert beside_dictionary(OmegaConf.to_container(content, resolve=True)) == []
