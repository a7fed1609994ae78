"""A run in MLflow for each version of a study's model, with its months as steps."""

from collections.abc import Mapping, Sequence
from time import time

from personae.tracking import runs
from personae.tracking.store import Store, quieten

VERSION_TAG = "personae.monitored"


def log_months(study: str, months: Sequence[tuple[str, Mapping[str, float], int]]) -> list[str]:
    """Write each month's figures to the run of its model version, a figure of a month once.

    Parameters
    ----------
    months
        Model version, figures by name, and step of each; see `personae.monitoring.monitor.metrics`.

    Returns
    -------
    The ids of the runs.
    """
    quieten()
    from mlflow.entities import Metric  # noqa: PLC0415 - costs a second

    store = Store.here()
    made: dict[str, str] = {}
    with store.locked():
        client = store.client()
        experiment = store.experiment(client, study)
        for version, figures, step in months:
            if version not in made:
                same = client.search_runs([experiment], f"tags.`{VERSION_TAG}` = '{version}'")
                tags = {VERSION_TAG: version}
                known = same[0].info.run_id if same else None
                made[version] = known or runs.start(client, experiment, f"{study}-months-{version}", tags)
            run = made[version]
            new = []
            for name, figure in figures.items():
                before = {each.step: each.value for each in client.get_metric_history(run, name)}
                if before.get(step) != figure:
                    new.append(Metric(name, figure, int(time() * 1000), step))
            client.log_batch(run, metrics=new)
        for run in made.values():
            client.set_terminated(run)
    return list(made.values())
