"""Registered models, one a study, and the aliases of their versions."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION, CHALLENGER, PREVIOUS = "champion", "challenger", "previous"


def model_name(study: str) -> str:
    """Name of a study's registered model."""
    return f"personae-{study}"


def register(client: "MlflowClient", study: str, run_id: str, model_id: str) -> str:
    """Make a logged model a version of the study's, champion where there is none, else challenger.

    Returns
    -------
    The alias that it got.
    """
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - costs a second

    name = model_name(study)
    try:
        aliases = client.get_registered_model(name).aliases
    except MlflowException:
        aliases = client.create_registered_model(name, description=f"Scores customers of {study}").aliases
    source = f"models:/{model_id}"
    version = client.create_model_version(name, source, run_id, model_id=model_id).version
    alias = CHALLENGER if CHAMPION in aliases else CHAMPION
    client.set_registered_model_alias(name, alias, version)
    return alias
