"""Promises of what MLflow holds beside figures: models that load and answer, data with the md5 of DVC."""

import asyncio
import json
import os
import shutil
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer
from tests.response.planted import customers

from personae.core import archive
from personae.core.errors import PersonaeError
from personae.scoring.scorer import SCORES, assemble
from personae.sources.files import read_file
from personae.studies.campaign.source import FILE
from personae.tracking import serving
from personae.tracking.objects import log_dataset, log_scorer
from personae.tracking.registry import register
from personae.tracking.store import Store

# mlflow.types.responses warns when it is imported, SQLAlchemy about how MLflow uses it.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("mlruns")).client()


@pytest.fixture
def run(client, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    experiment = client.create_experiment(tmp_path.name, artifact_location=(tmp_path / "kept").as_uri())
    return client.create_run(experiment).info.run_id


def table(rows=300):
    found = customers(rows, 4)
    path = Path("customers.parquet")
    found.to_parquet(path)
    return found, path


@pytest.fixture(scope="module")
def served(client, scored_project, tmp_path_factory):
    """The scorer of a small campaign, logged, registered and loaded as anybody would."""
    kept = tmp_path_factory.mktemp("kept")
    experiment = client.create_experiment("scorer", artifact_location=kept.as_uri())
    run = client.create_run(experiment).info.run_id
    with mlflow.start_run(run_id=run):
        model = log_scorer(scored_project / "models/campaign", "campaign")
    assert register(client, "campaign", run, model) == "champion"
    assert register(client, "campaign", run, model) == "challenger"
    assert not [path for path in kept.rglob("*") if path.suffix in {".pkl", ".pickle"}]
    return mlflow.pyfunc.load_model("models:/personae-campaign@champion")


@pytest.fixture(scope="module")
def raw(scored_project):
    return pd.read_csv(scored_project / "data/campaign" / FILE, sep="\t")


def test_the_model_of_a_study_scores_its_raw_file_and_its_customers(served, raw, scored_project):
    scorer = assemble(
        json.loads((scored_project / "models/campaign/scorer/scorer.json").read_text()),
        scored_project / "models/campaign",
    )
    expected = scorer.score(read_file(scored_project / "data/campaign" / FILE))
    scores = served.predict(raw)
    assert list(scores) == list(SCORES)
    assert scores["customer"].tolist() == expected["customer"].to_list()
    assert scores["segment"].tolist() == expected["segment"].to_list()
    assert scores["decision"].tolist() == expected["decision"].to_list()
    np.testing.assert_allclose(scores["probability"], expected["probability"], rtol=0, atol=1e-12)
    again = served.predict(pd.read_parquet(scored_project / "build/campaign/customers.parquet"))
    np.testing.assert_allclose(again["probability"], expected["probability"], rtol=0, atol=1e-12)


def test_a_cell_that_does_not_fit_is_its_rows_problem(served, raw):
    rows = raw.head(3).drop(columns="Response").astype(object)
    rows.loc[1, ["ID", "Income"]] = [2**63, "lots"]
    scores = served.predict(rows, params={"as_of": "2015-01-01", "reasons": 2})
    assert scores["customer"][1] == "9223372036854775808"
    assert scores["problem"][1] == "column Income holds 'lots'; expected a number"
    assert scores["probability"].notna().tolist() == [True, False, True]
    assert scores["reason_2"].notna().tolist() == [True, False, True]
    assert str(scores["as_of"][0])[:10] == "2015-01-01"


def test_who_serves_says_when_the_champion_has_moved_on(served, raw, client, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow.get_tracking_uri())
    monkeypatch.setenv(serving.STUDY, "campaign")
    monkeypatch.setenv(serving.VERSION, "1")
    monkeypatch.setattr(serving, "SECONDS_BETWEEN_LOOKS", 0.01)
    app = serving.create()
    row = json.loads(raw.head(1).drop(columns="Response").to_json(orient="records"))
    body = json.dumps({"dataframe_records": row}).encode()

    async def asked():
        """Answer now, and after the alias has moved."""
        before = await post(app, body)
        client.set_registered_model_alias("personae-campaign", "champion", 2)
        for _ in range(500):
            after = await post(app, body)
            if b"x-restart" in after[1]:
                break
            await asyncio.sleep(0.01)
        app.state.looking.cancel()
        return before, after

    try:
        before, after = asyncio.run(asked())
    finally:
        client.set_registered_model_alias("personae-campaign", "champion", 1)
    assert (before[0], b"x-restart" in before[1]) == (200, False)
    assert after[1][b"x-restart"] == b"the champion is version 2 now, this serves 1: restart"
    assert after[2] == before[2]


async def post(app, body):
    """Status, headers and text of an answer."""
    sent, scope = [], {"type": "http", "http_version": "1.1", "method": "POST", "path": "/invocations"}
    scope |= {
        "raw_path": b"/invocations",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(each.get("body", b"") for each in sent)


def test_the_example_is_no_customer_and_its_answer_is_one(served):
    assert served.input_example["customer"].tolist() == ["example"]
    assert served.predict(served.input_example)["problem"].isna().all()
    params = {each.name: each.default for each in served.metadata.signature.params}
    assert params == {"as_of": "", "reasons": 0}


def test_a_type_that_the_project_does_not_know_is_refused(scored_project, tmp_path):
    shutil.copytree(scored_project / "models/campaign", tmp_path / "models")
    odd = FunctionTransformer(os.path.expanduser, feature_names_out="one-to-one")
    archive.save(odd, tmp_path / "models/imputer")
    with pytest.raises(PersonaeError, match="not trusted: posixpath"):
        log_scorer(tmp_path / "models", "campaign")


def test_data_versions_carry_the_md5_of_dvc(client, run):
    _, path = table()
    with mlflow.start_run(run_id=run):
        log_dataset("campaign", "data/campaign", "5f" * 16 + ".dir", "raw")
        log_dataset("campaign customers", str(path), "1a" * 16, "customers")
    inputs = {given.dataset.name: given for given in client.get_run(run).inputs.dataset_inputs}
    assert {name: given.dataset.digest for name, given in inputs.items()} == {
        "campaign": "5f" * 16 + ".dir",
        "campaign customers": "1a" * 16,
    }
    tags = {tag.key: tag.value for tag in inputs["campaign"].tags}
    assert tags == {"dvc.path": "data/campaign", "dvc.md5": "5f" * 16 + ".dir", "mlflow.data.context": "raw"}
    assert "income" in inputs["campaign customers"].dataset.schema
