"""MLflow runs of a sweep, one child a trial, written asynchronously."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from personae.tracking import provenance, runs
from personae.tracking.store import Store

if TYPE_CHECKING:
    from mlflow.entities import Run

SWEEP_TAG, TRIAL_TAG, FIGURES_TAG, STATE_TAG = "sweep", "trial", "personae.figures", "state"
MARK_TAG = "personae.sweep"
SEARCH = "of the search: the best of many, so optimistic; the parent run has the winner's holdout score"


class Journal:
    """Writer thread of one sweep's runs; open it under the store's lock.

    Parameters
    ----------
    store : Store
    study, name : str
        Of the study, whose experiment the runs go to, and of the sweep.
    mark : str
        What the sweep's own run is found by, kept before there is one: a call killed while it makes the run
        leaves one that the next call finds. A new one is made where the store has none.
    tags : mapping
        Of a new run.
    """

    def __init__(self, store: Store, study: str, name: str, mark: str, tags: Mapping[str, str]) -> None:
        client = self._client = store.client()
        self._experiment = store.experiment(client, study)
        self._name = name
        self.parent = self._begun(mark, tags)
        self._pool = ThreadPoolExecutor(1, "journal")
        self._pending: list[Future[None]] = []
        client.update_run(self.parent, status="RUNNING")

    def _begun(self, mark: str, tags: Mapping[str, str]) -> str:
        """Find or create the sweep's run; its code state goes to it once, the tags of that last."""
        run = next(iter(self._search(MARK_TAG, mark)), None)
        if run is None:
            given = {SWEEP_TAG: self._name, MARK_TAG: mark, **tags}
            run_id = runs.start(self._client, self._experiment, f"sweep {self._name}", given)
        else:
            run_id = str(run.info.run_id)
        if run is None or provenance.DIRTY_TAG not in run.data.tags:
            code, diff = provenance.code(f"sweep {self._name}")
            runs.write_diff(self._client, run_id, diff)
            runs.write(self._client, run_id, tags=code)
        return run_id

    def _search(self, tag: str, value: str, more: str = "") -> "list[Run]":
        found = self._client.search_runs(
            [self._experiment], f"tags.`{tag}` = '{value}'{more}", max_results=50_000
        )
        return list(found)

    def open(self, numbered: Callable[[], int], *, resumed: bool = False) -> "Future[str]":
        """Create a trial's run, or find that of the killed worker whose trial is resumed."""

        def create() -> str:
            number = numbered()
            if resumed:
                of_trial = f" and tags.`{TRIAL_TAG}` = '{number}'"
                for run in self._search(runs.PARENT_TAG, self.parent, of_trial):
                    return str(run.info.run_id)
            tags = {SWEEP_TAG: self._name, TRIAL_TAG: str(number), FIGURES_TAG: SEARCH}
            name = f"trial {number} of {self._name}"
            return runs.start(self._client, self._experiment, name, tags, parent=self.parent)

        return self._pool.submit(create)

    def unfinished(self) -> set[int]:
        """Numbers of trials with open runs."""
        open_ = self._search(runs.PARENT_TAG, self.parent, " and attributes.status = 'RUNNING'")
        return {int(run.data.tags[TRIAL_TAG]) for run in open_ if TRIAL_TAG in run.data.tags}

    def close(
        self,
        run_id: str,
        *,
        params: Mapping[str, str],
        figures: Mapping[str, float],
        state: str,
        reason: str | None,
        ended: datetime | None,
    ) -> None:
        """Queue a trial's settings and results and end its run."""

        def write() -> None:
            tags = {STATE_TAG: state} | ({"reason": reason} if reason else {})
            runs.write(self._client, run_id, params, figures, tags)
            end = int(ended.timestamp() * 1000) if ended else None
            self._client.set_terminated(run_id, "FAILED" if state == "fail" else "FINISHED", end)

        self._pending = [each for each in self._pending if not each.done() or each.result()]
        self._pending.append(self._pool.submit(write))

    def drain(self) -> None:
        """Wait until everything is written."""
        for each in self._pending:
            each.result()
        self._pending = []

    def conclude(
        self,
        params: Mapping[str, str],
        figures: Mapping[str, float],
        tags: Mapping[str, str],
        files: Iterable[Path],
    ) -> None:
        """Write the winner's figures and files, and end the sweep's run."""
        self.drain()
        runs.write(self._client, self.parent, params, figures, tags)
        for path in files:
            self._client.log_artifact(self.parent, str(path))
        self._client.set_terminated(self.parent, "FINISHED")

    def stop(self, status: str) -> None:
        """Flush and end the thread, and the parent's run with a status."""
        self.drain()
        self._pool.shutdown()
        self._client.set_terminated(self.parent, status)
