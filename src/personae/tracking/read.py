"""What a run in MLflow still knows: the other direction of `publish`."""

import tempfile
from collections.abc import Mapping
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


def _files(client: "MlflowClient", run_id: str) -> dict[str, bytes]:
    names = [item.path for item in client.list_artifacts(run_id) if item.path.endswith(".json")]
    names += [item.path for item in client.list_artifacts(run_id, PROVENANCE)]
    with tempfile.TemporaryDirectory() as folder:
        return {path: Path(client.download_artifacts(run_id, path, folder)).read_bytes() for path in names}
