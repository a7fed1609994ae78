"""Champion and challenger of a study in MLflow's registry: read, compared, exchanged."""

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import write_json
from personae.monitoring.gate import PROMOTE, decide
from personae.monitoring.month import Incoming
from personae.monitoring.trial import compare, trained_until
from personae.scoring.scorer import Scorer
from personae.tracking.registry import CHALLENGER, CHAMPION, PREVIOUS, model_name
from personae.tracking.store import Store, quieten

if TYPE_CHECKING:
    from mlflow import MlflowClient

PROMOTED = "personae.promoted"


def gate(study: str, months: Sequence[Incoming], *, promote: bool = False) -> dict[str, Any]:
    """Decide between a study's champion and challenger, and write `scores/<study>/gate.json`.

    Answers count of months after both models' data and after the last promotion.

    Parameters
    ----------
    promote
        Whether a challenger that passes becomes the champion; the champion's alias is then `previous`.

    Raises
    ------
    PersonaeError
        If the study has no two models, predicts nothing with two answers, or a month does not fit.
    """
    quieten()
    store, name = Store.here(), model_name(study)
    with store.locked():
        client = store.client()
        known = aliases(client, name)
    versions = [known.get(alias) for alias in (CHAMPION, CHALLENGER)]
    if None in versions:
        missing = CHAMPION if versions[0] is None else CHALLENGER
        raise PersonaeError(
            f"{name}: no model has the alias {missing}; `dvc repro track@{study}` registers one"
        )
    scorers = [_load(name, str(version)) for version in versions]
    if scorers[0].model is None or len(scorers[0].model.classes) != 2:
        raise PersonaeError(f"{study}: the gate compares models of a target with two answers")
    days = [_registered_on(client, name, str(version)) for version in versions]
    until = max(trained_until(scorer, day) for scorer, day in zip(scorers, days, strict=True))
    last = client.get_model_version(name, str(versions[0])).tags.get(PROMOTED)
    after = max(until, last or "")
    shown = [month for month in months if month.name > after]
    found = compare(scorers[0], scorers[1], shown)
    rested = None if last is None else _between(last, months[-1].name)
    made: dict[str, Any] = {
        "study": study,
        "champion": str(versions[0]),
        "challenger": str(versions[1]),
        "after": after,
    }
    made |= {"months": found["months"]} | decide(found["gain"], found["profit"], rested=rested)
    if promote and made["verdict"] == PROMOTE:
        with store.locked():
            exchange(client, name, str(versions[0]), str(versions[1]), months[-1].name)
    made["promoted"] = promote and made["verdict"] == PROMOTE
    write_json(paths.scores(study, "gate.json"), made)
    return made


def exchange(client: "MlflowClient", name: str, champion: str, challenger: str, month: str) -> None:
    """Make the challenger the champion.

    The alias champion is what counts: killed before it changes, nothing has happened; after it, `aliases`
    ends the promotion.
    """
    client.set_model_version_tag(name, challenger, PROMOTED, month)
    client.set_registered_model_alias(name, PREVIOUS, champion)
    client.set_registered_model_alias(name, CHAMPION, challenger)
    client.delete_registered_model_alias(name, CHALLENGER)


def lines_of(made: dict[str, Any]) -> list[str]:
    """Write a decision for the terminal."""
    said = [f"{made['verdict']}: {made['reason']}"]
    used = ", ".join(made["months"]) or f"no month after {made['after']} has answers"
    said.append(
        f"  champion {made['champion']}, challenger {made['challenger']}; {made['units']:,} customers: {used}"
    )
    if "z" in made:
        low, high = made["ci"]
        said.append(f"  gain in log loss {made['gain']:.4f} (95 % interval {low:.4f} to {high:.4f})")
        power = f"a gain of {made['power_for']} is seen with a power of {made['power']:.0%}"
        said.append(f"  {power}, one of {made['detectable']:.4f} with 80 %")
    if made["promoted"]:
        said.append(
            f"  version {made['challenger']} is the champion now, {made['champion']} is kept as {PREVIOUS}"
        )
    return said


def aliases(client: "MlflowClient", name: str) -> dict[str, str]:
    """Give the versions of a model by alias; a promotion that was killed after its champion changed is ended.

    Raises
    ------
    PersonaeError
        If there is no such model.
    """
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - costs a second

    try:
        given = {alias: str(one) for alias, one in client.get_registered_model(name).aliases.items()}
    except MlflowException:
        raise PersonaeError(
            f"{name}: no such model; `dvc repro track@{name.partition('-')[2]}` registers it"
        ) from None
    if CHALLENGER in given and given[CHALLENGER] == given.get(CHAMPION):
        client.delete_registered_model_alias(name, CHALLENGER)
        del given[CHALLENGER]
    return given


def _load(name: str, version: str) -> Scorer:
    import mlflow  # noqa: PLC0415

    scorer: Scorer = mlflow.pyfunc.load_model(f"models:/{name}/{version}").unwrap_python_model().scorer
    return scorer


def _registered_on(client: "MlflowClient", name: str, version: str) -> datetime.date:
    created = client.get_model_version(name, version).creation_timestamp
    return datetime.datetime.fromtimestamp(created / 1000, datetime.UTC).date()


def _between(first: str, last: str) -> int:
    (y1, m1), (y2, m2) = (map(int, each.split("-")) for each in (first, last))
    return 12 * (y2 - y1) + m2 - m1
