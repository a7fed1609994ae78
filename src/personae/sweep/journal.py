"""MLflow runs of a sweep, one child a trial, written asynchronously."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from personae.tracking import provenance, runs
from personae.tracking.store import Store

SWEEP_TAG, TRIAL_TAG, FIGURES_TAG, STATE_TAG = "sweep", "trial", "personae.figures", "state"
SEARCH = "of the search: the best of many, so optimistic; the parent run has the winner's holdout score"


class Journal:
    """Writer thread of one sweep's runs; open it under the store's lock.

    Parameters
    ----------
    store : Store
    study, name : str
        Of the study, whose experiment the runs go to, and of the sweep.
    parent : str, optional
        Id of the sweep's run; a new one is made where the store has none.
    tags : mapping
        Of a new run.
    """

    def __init__(
        self, store: Store, study: str, name: str, parent: str | None, tags: Mapping[str, str]
    ) -> None:
        client = self._client = store.client()
        experiment = self._experiment = store.experiment(client, study)
        self._name = name
        if parent is None or not client.search_runs([experiment], f"attributes.run_id = '{parent}'"):
            parent = self._begin(tags)
        else:
            client.update_run(parent, status="RUNNING")
        self.parent = parent
        self._pool = ThreadPoolExecutor(1, "journal")
        self._pending: list[Future[None]] = []
        trials = client.search_runs(
            [experiment], f"tags.`{runs.PARENT_TAG}` = '{parent}'", max_results=50_000
        )
        numbered = ((run.data.tags.get(TRIAL_TAG), run.info) for run in trials)
        self._known = {int(number): info for number, info in numbered if number is not None}

    def _begin(self, tags: Mapping[str, str]) -> str:
        """Create a sweep's parent run with its code state; return its id."""
        code, diff = provenance.code(f"sweep {self._name}")
        given = {SWEEP_TAG: self._name, **code, **tags}
        run_id = runs.start(self._client, self._experiment, f"sweep {self._name}", given)
        runs.write_diff(self._client, run_id, diff)
        return run_id

    def open(self, numbered: Callable[[], int]) -> "Future[str]":
        """Create a trial's run, or find that of a killed worker."""

        def create() -> str:
            number = numbered()
            if number in self._known:
                return str(self._known[number].run_id)
            tags = {SWEEP_TAG: self._name, TRIAL_TAG: str(number), FIGURES_TAG: SEARCH}
            name = f"trial {number} of {self._name}"
            return runs.start(self._client, self._experiment, name, tags, parent=self.parent)

        return self._pool.submit(create)

    def unfinished(self) -> set[int]:
        """Numbers of trials with open runs when the journal was opened."""
        return {number for number, info in self._known.items() if info.status == "RUNNING"}

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
