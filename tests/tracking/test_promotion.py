"""Champion and challenger in the registry, and what makes them change places."""

import datetime

import mlflow
import numpy as np
import polars as pl
import pytest

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import read_json, write_files
from personae.monitoring.month import Incoming
from personae.studies.campaign.simulate import simulate, to_files
from personae.tracking import promotion
from personae.tracking.objects import log_scorer
from personae.tracking.registry import register
from personae.tracking.store import Store

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def registered(scored_project, tmp_path, monkeypatch):
    """The same small model as champion and as challenger, and three months with answers."""
    monkeypatch.chdir(tmp_path)
    store = Store(tmp_path / "mlruns")
    monkeypatch.setattr(Store, "here", classmethod(lambda cls: store))
    with store.locked():
        client = store.client()
    experiment = client.create_experiment("scorer", artifact_location=(tmp_path / "kept").as_uri())
    run = client.create_run(experiment).info.run_id
    with mlflow.start_run(run_id=run):
        model = log_scorer(scored_project / "models/campaign", "campaign")
    assert [register(client, "campaign", run, model) for _ in range(2)] == ["champion", "challenger"]
    months = []
    for name, seed in (("2014-06", 7), ("2014-07", 8), ("2014-08", 9)):
        table = simulate(160, seed=seed)[0].with_columns(ID=pl.int_range(pl.len()) + 10_000 * seed)
        write_files(paths.incoming("campaign", name), to_files(table))
        day = datetime.date(2014, int(name[-2:]), 30)
        months.append(Incoming(name, paths.incoming("campaign", name).absolute(), day))
    return client, months


class Registry:
    """Aliases and tags of a model; a change can be its last."""

    def __init__(self, last=99):
        self.aliases, self.tags, self.left = {"champion": "1", "challenger": "2"}, {}, last

    def _change(self):
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1

    def get_registered_model(self, name):
        return self

    def set_model_version_tag(self, name, version, key, value):
        self._change()
        self.tags[version] = (key, value)

    def set_registered_model_alias(self, name, alias, version):
        self._change()
        self.aliases[alias] = version

    def delete_registered_model_alias(self, name, alias):
        self._change()
        del self.aliases[alias]


@pytest.mark.parametrize("last", range(4))
def test_a_promotion_killed_at_any_step_has_not_begun_or_is_ended_by_the_next(last):
    client = Registry(last)
    with pytest.raises(KeyboardInterrupt):
        promotion.exchange(client, "m", "1", "2", "2024-03")
    assert client.aliases["champion"] == ("2" if last == 3 else "1")
    client.left = 99
    found = promotion.aliases(client, "m")
    if "challenger" in found:  # the gate decides as before, and exchanges them
        promotion.exchange(client, "m", found["champion"], found["challenger"], "2024-03")
    assert client.aliases == {"champion": "2", "previous": "1"}
    assert client.tags == {"2": ("personae.promoted", "2024-03")}


def test_a_challenger_is_judged_on_months_after_both_and_promoted_if_it_passes(registered, monkeypatch):
    client, months = registered
    made = promotion.gate("campaign", months, promote=True)
    # June may have been learned from; the same model gains nothing.
    assert (made["months"], made["units"], made["after"]) == (["2014-07", "2014-08"], 320, "2014-06")
    assert (made["verdict"], made["gain"], made["profit_gain"], made["promoted"]) == ("keep", 0, 0, False)
    better = {"gain": np.tile([0.0, 0.1], 400), "profit": None, "months": ["2014-07", "2014-08"]}
    monkeypatch.setattr(promotion, "compare", lambda *_: better)
    assert promotion.gate("campaign", months)["promoted"] is False
    made = promotion.gate("campaign", months, promote=True)
    assert made["promoted"] is True
    assert read_json(paths.scores("campaign", "gate.json"))["verdict"] == "promote"
    assert "version 2 is the champion now, 1 is kept as previous" in promotion.lines_of(made)[-1]
    aliases = client.get_registered_model("personae-campaign").aliases
    assert {alias: str(version) for alias, version in aliases.items()} == {"champion": "2", "previous": "1"}
    # As a promotion leaves it that was killed after the champion had changed: the next call ends it.
    client.set_registered_model_alias("personae-campaign", "challenger", "2")
    with pytest.raises(PersonaeError, match="no model has the alias challenger"):
        promotion.gate("campaign", months)
    assert "challenger" not in client.get_registered_model("personae-campaign").aliases
    # Before, nothing had changed, and the month of the promotion is the new champion's.
    assert client.get_model_version("personae-campaign", "2").tags[promotion.PROMOTED] == "2014-08"
    assert promotion.PROMOTED not in client.get_model_version("personae-campaign", "1").tags
    with pytest.raises(
        PersonaeError, match="personae-journey: no such model; `dvc repro track@journey` registers it"
    ):
        promotion.gate("journey", months)
