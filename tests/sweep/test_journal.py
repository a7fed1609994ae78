"""A sweep's runs in MLflow: one of its own and one a trial, wherever a call was killed."""

import pytest
from mlflow import MlflowClient

from personae.sweep.journal import Journal
from personae.tracking import provenance, runs
from personae.tracking.store import Store

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")


class Killed(BaseException):
    """What no code catches, like a kill."""


def opened():
    store = Store.here()
    with store.locked():
        return Journal(store, "campaign", "small", "a mark", {"stage": "segment"})


def stored(journal):
    return journal._client.search_runs([journal._experiment])


@pytest.mark.parametrize("step", [(provenance, "code"), (runs, "write"), (MlflowClient, "update_run")])
def test_a_call_killed_while_it_begins_leaves_a_run_that_the_next_one_goes_on_with(
    project, monkeypatch, step
):
    def kill(*_, **__):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(*step, kill)
        with pytest.raises(Killed):
            opened()
    journal = opened()
    journal.stop("FINISHED")
    (run,) = stored(journal)
    assert (run.info.run_id, run.info.status) == (journal.parent, "FINISHED")
    assert run.data.tags["git.dirty"] == "false"
    assert run.data.tags["stage"] == "segment"


def test_the_code_of_a_sweep_is_that_which_it_began_with(project, monkeypatch):
    first = opened()
    first.stop("FINISHED")
    monkeypatch.setattr(provenance, "code", lambda _: pytest.fail("asked again"))
    again = opened()
    again.stop("FINISHED")
    assert again.parent == first.parent


def test_a_trial_of_a_worker_that_died_after_another_began_keeps_its_run(project):
    other, dying = opened(), opened()
    run = dying.open(lambda: 0).result()
    assert other.unfinished() == {0}
    assert other.open(lambda: 0, resumed=True).result() == run
    assert other.open(lambda: 1, resumed=True).result() != run
    for each in (dying, other):
        each.stop("FINISHED")
    assert len(stored(other)) == 3
