"""What a run in MLflow still knows: the other direction of `publish`."""

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from personae.core.errors import PersonaeError
from personae.tracking.runs import PARENT_TAG, PROVENANCE
from personae.tracking.store import Store, first_line

if TYPE_CHECKING:
    from mlflow import MlflowClient

ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
Flat = Mapping[str, str]


def find(store: Store, run_id: str) -> tuple[Flat, Flat, Mapping[str, float], Mapping[str, bytes]] | None:
    """Read a run by its id; None if unknown.

    Returns
    -------
    tags, params, metrics
        As MLflow holds them. A trial has its sweep's tags on the code; `study` names the study.
    files
        Contents of the JSON reports, and of the files on code and data, by path in the run.

    Raises
    ------
    PersonaeError
        If the store does not answer, or the run's files are gone.
    """
    if not store.override and not store.database.exists():
        return None
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - costs a second
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    try:
        client = store.client()
        run = client.get_run(run_id)
        parent = run.data.tags.get(PARENT_TAG)
        code = client.get_run(parent).data.tags if parent else {}
        study = client.get_experiment(run.info.experiment_id).name
        files = _files(client, run_id)
    except (MlflowException, SQLAlchemyError, ImportError, OSError) as error:
        if isinstance(error, MlflowException) and error.error_code in ABSENT:
            return None
        where = store.override or store.root
        raise PersonaeError(f"{where}: run {run_id} cannot be read ({first_line(error)})") from None
    tags = {name: tag for name, tag in code.items() if name.startswith("git.")} | run.data.tags
    return tags | {"study": study}, dict(run.data.params), dict(run.data.metrics), files


def runs(store: Store, study: str) -> list[tuple[str, str, datetime]]:
    """List the published results of a study, latest first.

    Returns
    -------
    list of tuple
        Id, name and time (UTC) of each run.

    Raises
    ------
    PersonaeError
        If the store does not answer.
    """
    if not store.override and not store.database.exists():
        return []
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - costs a second
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    try:
        client = store.client()
        experiment = client.get_experiment_by_name(study)
        whole = "tags.`personae.complete` = 'true'"
        listed = client.search_runs([experiment.experiment_id], whole) if experiment else []
    except (MlflowException, SQLAlchemyError, ImportError, OSError) as error:
        where = store.override or store.root
        raise PersonaeError(f"{where}: runs cannot be listed ({first_line(error)})") from None
    return [
        (run.info.run_id, run.info.run_name, datetime.fromtimestamp(run.info.start_time / 1000, UTC))
        for run in listed
        if PARENT_TAG not in run.data.tags
    ]


def _files(client: "MlflowClient", run_id: str) -> dict[str, bytes]:
    names = [item.path for item in client.list_artifacts(run_id) if item.path.endswith(".json")]
    names += [item.path for item in client.list_artifacts(run_id, PROVENANCE)]
    with tempfile.TemporaryDirectory() as folder:
        return {path: Path(client.download_artifacts(run_id, path, folder)).read_bytes() for path in names}
