"""What a run in MLflow still knows: the other direction of `publish`."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personae.core.errors import PersonaeError
from personae.tracking.runs import PARENT_TAG
from personae.tracking.store import Store

if TYPE_CHECKING:
    from mlflow import MlflowClient

PROVENANCE, LOCK, DIFF = "provenance", "dvc.lock", "uncommitted.diff"
ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run, with the files that give its result back.

    Attributes
    ----------
    run_id, study
        In MLflow, where a study is an experiment.
    tags, params, metrics
        As MLflow holds them; a trial has its sweep's tags on the code.
    reports
        Contents of the JSON reports by name without ending; none for a sweep and its trials.
    provenance
        Contents of the files on code and data by name: dvc.lock, uncommitted.diff, resolved settings.
    """

    run_id: str
    study: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    reports: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, bytes] = field(default_factory=dict)


def find(store: Store, run_id: str) -> StoredRun | None:
    """Read a run back; None where the store has none of this id.

    Raises
    ------
    PersonaeError
        If the store does not answer, or the run's files are gone.
    """
    if not store.override and not store.database.exists():
        return None
    client = store.client()
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - costs a second

    try:
        run = client.get_run(run_id)
        parent = run.data.tags.get(PARENT_TAG)
        code = client.get_run(parent).data.tags if parent else {}
        study = client.get_experiment(run.info.experiment_id).name
        files = _files(client, run_id)
    except MlflowException as error:
        if error.error_code in ABSENT:
            return None
        raise _unreadable(store, run_id, error) from None
    except OSError as error:
        raise _unreadable(store, run_id, error) from None
    kept = {Path(path).name: text for path, text in files.items() if "/" in path}
    reports = {Path(path).stem: json.loads(text) for path, text in files.items() if "/" not in path}
    data = run.data
    return StoredRun(
        run_id,
        study,
        {name: tag for name, tag in code.items() if name.startswith("git.")} | data.tags,
        dict(data.params),
        dict(data.metrics),
        reports if LOCK in kept else {},
        kept,
    )


def _files(client: "MlflowClient", run_id: str) -> dict[str, bytes]:
    """Read the JSON reports of a run, and the files on its code and data."""
    names = [item.path for item in client.list_artifacts(run_id) if item.path.endswith(".json")]
    names += [item.path for item in client.list_artifacts(run_id, PROVENANCE)]
    with tempfile.TemporaryDirectory() as folder:
        return {path: Path(client.download_artifacts(run_id, path, folder)).read_bytes() for path in names}


def _unreadable(store: Store, run_id: str, error: Exception) -> PersonaeError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return PersonaeError(f"{store.override or store.root}: run {run_id} cannot be read ({reason})")
