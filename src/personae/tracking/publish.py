"""Publish a study's finished result to MLflow, once each."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import write_text
from personae.core.lock import read_lock
from personae.tracking import key, provenance
from personae.tracking.store import VIEW_TAG, Store, first_line, quieten, view

if TYPE_CHECKING:
    from mlflow import MlflowClient

# Main figures that are the model's; the others are of the run alone.
OF_MODEL = ("silhouette", "roc_auc")
NOTE = "mlflow.note.content"
KEY_TAG, COMPLETE_TAG, EXPERIMENT_TAG = "personae.result", "personae.complete", "dvc.experiment"


def publish(study: str) -> tuple[str, str, bool]:
    """Publish a study's finished result unless stored, and stamp it.

    Returns
    -------
    key
        Identity of the result.
    run_id
        Its run in MLflow.
    new
        Whether this call made the run.

    Raises
    ------
    PersonaeError
        If the study is not finished, `mlruns/` cannot be written or the tracking server does not answer;
        the results stay, and the call can be made again.
    """
    result = key.read(study)
    experiment = provenance.experiment(result)
    store = Store.here()
    run_id, new = _known(store, result.key, experiment), False
    if run_id is None:
        with store.locked():
            run_id = _known(store, result.key, experiment)
            if run_id is None:
                with _one_line(store, study):
                    run_id, new = _publish(store, result, experiment)
    _stamp(study, result.key)
    return result.key, run_id, new


def stamp(study: str) -> Path:
    """Path of the file that names the last published result."""
    return paths.MLRUNS / "published" / study


def _known(store: Store, result_key: str, experiment: str | None) -> str | None:
    """Look up a result's run that already names the DVC experiment."""
    run_id, experiments = store.find(result_key) or (None, ())
    return run_id if experiment is None or experiment in experiments else None


def _publish(store: Store, result: key.Finished, experiment: str | None) -> tuple[str, bool]:
    """Find or write a result's run; add the DVC experiment's name."""
    client = store.client()
    experiment_id = store.experiment(client, result.study)
    same = client.search_runs([experiment_id], f"tags.`{KEY_TAG}` = '{result.key}'")
    complete = [run for run in same if COMPLETE_TAG in run.data.tags]
    names: list[str] = []
    if complete:
        run_id = str(complete[0].info.run_id)
        names = list(filter(None, complete[0].data.tags.get(EXPERIMENT_TAG, "").split(", ")))
    else:
        for run in same:
            _discard(client, experiment_id, run.info.run_id)
        run_id = _run(client, experiment_id, result, experiment)
    if experiment and experiment not in names:
        names.append(experiment)
        client.set_tag(run_id, EXPERIMENT_TAG, ", ".join(names))
    if not complete:
        client.set_tag(run_id, COMPLETE_TAG, "true")
    store.remember(result.key, run_id, names)
    return run_id, not complete


def _run(client: "MlflowClient", experiment_id: str, result: key.Finished, experiment: str | None) -> str:
    """Write a whole run except the tag that completes it."""
    import mlflow  # noqa: PLC0415 - costs a second

    from personae.tracking import contents, objects, registry, runs  # noqa: PLC0415

    values = contents.collect(result)
    code, diff = provenance.code(f"{key.TRACK}@{result.study}")
    tags = {KEY_TAG: result.key, **code, **values.tags}
    if values.question:
        client.set_experiment_tag(experiment_id, NOTE, values.question)
    client.set_experiment_tag(experiment_id, VIEW_TAG, view(values.columns))
    name = experiment or f"{result.study}-{result.key[:8]}"
    ended = int(time.time() * 1000)
    began = ended - int(1000 * provenance.seconds(result.study))
    run_id = runs.start(client, experiment_id, name, tags, began=began)
    for path, folder in values.artifacts:
        client.log_artifact(run_id, str(path), folder or None)
    client.log_text(run_id, read_lock(), f"{runs.PROVENANCE}/{runs.LOCK}")
    runs.write_diff(client, run_id, diff)
    for table, columns in values.tables.items():
        client.log_table(run_id, dict(columns), f"tables/{table}.json")
    with mlflow.start_run(run_id=run_id):  # leaving the block ends the run
        for dataset in values.datasets:
            objects.log_dataset(*dataset)
        model = None if values.models is None else objects.log_scorer(values.models, result.study)
        # After the model: MLflow copies what a run has measured by then to it, one by one.
        of = {} if model is None else dict.fromkeys(OF_MODEL, model)
        runs.write(client, run_id, values.params, values.metrics, models=of)
    if model is not None:
        registry.register(client, result.study, run_id, model)
    client.set_terminated(run_id, end_time=ended)  # the run lasted as long as computing, not publishing
    return run_id


def _discard(client: "MlflowClient", experiment_id: str, run_id: str) -> None:
    """Delete what a killed publisher left behind, its files before the run that leads to them."""
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - costs a second
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository  # noqa: PLC0415

    models = client.search_logged_models([experiment_id], f"source_run_id = '{run_id}'")
    for place in (*(each.artifact_location for each in models), client.get_run(run_id).info.artifact_uri):
        with suppress(MlflowException, OSError):  # no file yet, or a store that deletes none
            get_artifact_repository(place).delete_artifacts()
    for model in models:
        client.delete_logged_model(model.model_id)
    for version in client.search_model_versions(f"run_id = '{run_id}'"):
        client.delete_model_version(version.name, version.version)
    client.delete_run(run_id)


def _stamp(study: str, result_key: str) -> None:
    path = stamp(study)
    try:
        if not path.exists() or path.read_text("utf-8") != result_key:
            write_text(path, result_key)
    except OSError as error:
        raise PersonaeError(f"{path}: cannot be written ({error.strerror})") from None


@contextmanager
def _one_line(store: Store, study: str) -> Iterator[None]:
    """Give the reason of a failed publication in one line."""
    quieten()  # MLflow reads how much to say as it is imported
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - costs a second
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    try:
        yield
    except (MlflowException, SQLAlchemyError, ImportError, OSError) as error:
        raise PersonaeError(
            f"{store.override or store.root}: {study} was not published ({first_line(error)}); its results "
            f"stay: dvc repro {key.TRACK}@{study}"
        ) from None
