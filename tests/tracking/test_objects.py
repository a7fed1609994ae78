"""Promises of what MLflow holds beside figures: models that load and answer, data with the md5 of DVC."""

import os
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer
from tests.response.planted import customers
from tests.response.test_model import fitted as response_model

from personae.core import archive
from personae.core.errors import PersonaeError
from personae.imputation.imputer import TableImputer
from personae.response.model import to_files
from personae.segmentation.clusterers import KMeansClusterer
from personae.segmentation.segmenter import Segmenter
from personae.segmentation.space import Space, WorkingSpace
from personae.tracking.objects import log_dataset, log_model
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


def logged(client, run, directory, tables):
    """Log a model and load it again as anybody would."""
    with mlflow.start_run(run_id=run):
        log_model(directory, tables)
    (output,) = client.get_run(run).outputs.model_outputs
    return mlflow.pyfunc.load_model(f"models:/{output.model_id}")


def table(rows=300):
    found = customers(rows, 4)
    path = Path("customers.parquet")
    found.to_parquet(path)
    return found, path


def test_a_response_model_gives_the_probabilities_of_its_classes(client, run):
    found, path = table()
    model = response_model(found, "xgboost")
    directory = Path("classifier")
    directory.mkdir()
    for name, content in to_files(model).items():
        (directory / name).write_bytes(content)
    served = logged(client, run, directory, (path,))
    answers = served.predict(found[list(model.columns)])
    assert list(answers.columns) == ["level 0", "level 1"]
    np.testing.assert_array_equal(answers.to_numpy(), model.predict_proba(found))
    assert served.metadata.signature.inputs.input_names() == ["income", "visits", "home"]
    assert len(served.input_example) == 5
    assert not [path for path in Path("kept").rglob("*") if path.suffix in {".pkl", ".pickle"}]


def test_an_imputer_completes_the_columns(client, run):
    found, path = table()
    found.loc[:20, "income"] = np.nan
    found.to_parquet(path)
    imputer = TableImputer("median", columns=["income"]).fit(found)
    archive.save(imputer, Path("imputer"))
    served = logged(client, run, Path("imputer"), (path,))
    pd.testing.assert_frame_equal(served.predict(found), imputer.transform(found), check_dtype=False)


def test_a_segmenter_gives_segment_and_margin(client, run):
    found, path = table()
    found = found.dropna()
    found.to_parquet(path)
    space = Space("demo", ["income", "visits"]).fit(found)
    points = space.transform(found)
    clusterer = KMeansClusterer(2).fit(points)
    segmenter = Segmenter(
        space=space,
        working=WorkingSpace(space).fit(points),
        clusterer=clusterer,
        ids=[0, 1],
        centers=clusterer.centers_,
        far_distance=3.0,
    )
    archive.save(segmenter, Path("segmenter"))
    served = logged(client, run, Path("segmenter"), (path,))
    answers = served.predict(found[["income", "visits"]])
    pd.testing.assert_frame_equal(answers, segmenter.predict(found))


def test_a_type_that_the_project_does_not_know_is_refused(client, run):
    found, path = table()
    archive.save(
        FunctionTransformer(os.path.expanduser, feature_names_out="one-to-one").fit(found), Path("x")
    )
    with pytest.raises(PersonaeError, match="not trusted: posixpath"):
        logged(client, run, Path("x"), (path,))


def test_a_model_without_a_table_of_its_columns_is_refused(client, run):
    found, _ = table()
    archive.save(TableImputer("median").fit(found.select_dtypes("number")), Path("imputer"))
    found[["income"]].to_parquet("other.parquet")
    with pytest.raises(PersonaeError, match=r"imputer: no table of its stage \(other.parquet\) has all"):
        logged(client, run, Path("imputer"), (Path("other.parquet"),))


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
