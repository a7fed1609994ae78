"""Promises of names: what a result may be called."""

import pytest

from personae.core.errors import PersonaeError
from personae.history.result import resolve


def test_a_revision_of_git_comes_before_an_experiment_and_options_are_no_names():
    assert resolve("HEAD")[1] == "revision"
    with pytest.raises(PersonaeError, match="is no MLflow run id"):
        resolve("--all")
