"""Promises of names: what a result may be called, and what its figures are called."""

import pytest

from personae.core.errors import PersonaeError
from personae.history.result import prefixes, resolve


def test_a_stage_with_two_reports_names_figures_after_the_files():
    def outs(*names):
        return {"outs": [{"path": f"reports/shop/{name}"} for name in names]}

    entries = {"profile": outs("personas.json", "cards"), "days": outs("anomalies.json", "segment_days.json")}
    assert prefixes("shop", entries) == {
        "personas": "profile",
        "anomalies": "anomalies",
        "segment_days": "segment_days",
    }


def test_a_revision_of_git_comes_before_an_experiment_and_options_are_no_names():
    assert resolve("HEAD")[1] == "revision"
    with pytest.raises(PersonaeError, match="is no MLflow run id"):
        resolve("--all")
