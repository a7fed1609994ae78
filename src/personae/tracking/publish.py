"""From a study's finished result to its run in MLflow, each result once."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import write_text
from personae.tracking import key, provenance
from personae.tracking.read import DIFF, LOCK, PROVENANCE
from personae.tracking.store import Record, Store

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from personae.tracking.contents import Results

KEY_TAG, COMPLETE_TAG, EXPERIMENT_TAG = "personae.result", "personae.complete", "dvc.experiment"


@dataclass(frozen=True, slots=True)
class Published:
    """Where a study's finished result is.

    Attributes
    ----------
    key
        Identity of the result.
    run_id
        Its run in MLflow.
    new
        Whether this call made the run.
    """

    key: str
    run_id: str
    new: bool


def publish(study: str) -> Published:
    """Publish the finished result of a study, unless the store has it, and stamp it as published.

    Raises
    ------
    PersonaeError
        If the study is not finished, `mlruns/` cannot be written or the tracking server does not answer;
        the results stay, and the call can be made again.
    """
    result = key.read(study)
    experiment = provenance.experiment(result)
    store = Store.here()
    record, new = _found(store, result.key, experiment), False
    if record is None:
        with store.locked():
            record = _found(store, result.key, experiment)
            if record is None:
                with _one_line(store, study):
                    record, new = _publish(store, result, experiment)
    _stamp(study, result.key)
    return Published(result.key, record.run_id, new)


def stamp(study: str) -> Path:
    """File that says which result of a study was published last."""
    return paths.MLRUNS / "published" / study


def _found(store: Store, result_key: str, experiment: str | None) -> Record | None:
    record = store.find(result_key)
    known = record is not None and (experiment is None or experiment in record.experiments)
    return record if known else None


def _publish(store: Store, result: key.Finished, experiment: str | None) -> tuple[Record, bool]:
    """Find the complete run of a result, or make it; add the DVC experiment's name."""
    client = store.client()
    experiment_id = store.experiment(client, result.study)
    same = client.search_runs([experiment_id], f"tags.`{KEY_TAG}` = '{result.key}'")
    complete = [run for run in same if COMPLETE_TAG in run.data.tags]
    if complete:
        run_id = complete[0].info.run_id
        names = complete[0].data.tags.get(EXPERIMENT_TAG, "")
        experiments = tuple(name for name in names.split(", ") if name)
    else:
        for run in same:
            _discard(client, experiment_id, run.info.run_id)
        run_id, experiments = _run(client, experiment_id, result, experiment), ()
    if experiment and experiment not in experiments:
        experiments = (*experiments, experiment)
        client.set_tag(run_id, EXPERIMENT_TAG, ", ".join(experiments))
    if not complete:
        client.set_tag(run_id, COMPLETE_TAG, "true")
    record = Record(run_id, experiments)
    store.remember(result.key, record)
    return record, not complete


def _run(client: "MlflowClient", experiment_id: str, result: key.Finished, experiment: str | None) -> str:
    """Write a whole run, but for the tag that marks it as complete."""
    from personae.tracking import contents, runs  # noqa: PLC0415

    name = experiment or f"{result.study}-{result.key[:8]}"
    values = contents.collect(result)
    code = provenance.code()
    tags = {
        KEY_TAG: result.key,
        "git.dirty": str(bool(code.diff)).lower(),
        "mlflow.source.name": f"{key.TRACK}@{result.study}",
        "mlflow.source.type": "JOB",
        **values.tags,
    }
    if code.commit:
        tags |= {"git.commit": code.commit, "mlflow.source.git.commit": code.commit}
    run_id = runs.start(client, experiment_id, name, tags)
    runs.write(client, run_id, values.params, values.metrics)
    for artifact in values.artifacts:
        client.log_artifact(run_id, str(artifact.path), artifact.folder or None)
    client.log_text(run_id, key.lock_file(), f"{PROVENANCE}/{LOCK}")
    if code.diff:
        _log_diff(client, run_id, code.diff)
    _log_objects(run_id, values)
    return run_id


def _log_diff(client: "MlflowClient", run_id: str, diff: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / DIFF
        path.write_bytes(diff)
        client.log_artifact(run_id, str(path), PROVENANCE)


def _log_objects(run_id: str, values: "Results") -> None:
    """Log what only MLflow's fluent interface logs; leaving the block ends the run."""
    import mlflow  # noqa: PLC0415 - costs a second

    from personae.tracking import objects  # noqa: PLC0415

    with mlflow.start_run(run_id=run_id):
        for dataset in values.datasets:
            objects.log_dataset(dataset)
        for model in values.models:
            objects.log_model(model)


def _discard(client: "MlflowClient", experiment_id: str, run_id: str) -> None:
    """Delete what a killed publisher left behind."""
    models = client.search_logged_models([experiment_id], f"source_run_id = '{run_id}'")
    for model in models:
        client.delete_logged_model(model.model_id)
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
    """Say in one line why a result could not be published."""
    try:
        yield
    except Exception as error:
        if isinstance(error, PersonaeError) or not _expected(error):
            raise
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        where = store.override or store.root
        raise PersonaeError(
            f"{where}: {study} was not published ({reason}); its results stay: dvc repro {key.TRACK}@{study}"
        ) from None


def _expected(error: Exception) -> bool:
    from mlflow.exceptions import MlflowException  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    return isinstance(error, MlflowException | SQLAlchemyError | OSError)
