"""Write MLflow runs in few large batches."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, zip_longest
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from mlflow import MlflowClient

METRICS_AT_ONCE, PARAMS_AT_ONCE = 800, 100
PARENT_TAG = "mlflow.parentRunId"
PROVENANCE, LOCK, DIFF = "provenance", "dvc.lock", "uncommitted.diff"
Item = TypeVar("Item")


def start(
    client: "MlflowClient",
    experiment_id: str,
    name: str,
    tags: Mapping[str, str] | None = None,
    *,
    parent: str | None = None,
    began: int | None = None,
) -> str:
    """Create a run, with tags and `parent`, and return its id.

    `began` is when computing began, in milliseconds since 1970; by default now.
    """
    given = dict(tags or {}) | ({PARENT_TAG: parent} if parent else {})
    return str(client.create_run(experiment_id, began, given, name).info.run_id)


def write(
    client: "MlflowClient",
    run_id: str,
    params: Mapping[str, str] | None = None,
    metrics: Mapping[str, float] | None = None,
    tags: Mapping[str, str] | None = None,
    *,
    models: Mapping[str, str] | None = None,
) -> None:
    """Write parameters, metrics and tags within MLflow's batch limits.

    `models` gives the logged model that a metric is of, by the metric's name.
    """
    from mlflow.entities import Metric, Param, RunTag  # noqa: PLC0415 - costs a second

    now = int(time() * 1000)
    of = models or {}
    figures = [
        Metric(name, value, now, 0, model_id=of.get(name), run_id=run_id)
        for name, value in (metrics or {}).items()
    ]
    settings = [Param(name, value) for name, value in (params or {}).items()]
    marks = [RunTag(name, value) for name, value in (tags or {}).items()]
    batches = zip_longest(
        chunks(figures, METRICS_AT_ONCE), chunks(settings, PARAMS_AT_ONCE), chunks(marks, PARAMS_AT_ONCE)
    )
    for batch in batches:
        client.log_batch(run_id, *(part or () for part in batch), synchronous=True)


def write_diff(client: "MlflowClient", run_id: str, diff: bytes) -> None:
    """Store the uncommitted changes byte for byte, if any."""
    if diff:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / DIFF
            path.write_bytes(diff)
            client.log_artifact(run_id, str(path), PROVENANCE)


def chunks(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    """Cut a sequence into lists of at most `size`.

    Examples
    --------
    >>> list(chunks("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part
