"""A search on a shared Optuna store: any worker may die at any moment, and any may go on."""

import socket
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from filelock import FileLock, Timeout
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from personae.sweep.settings import Sweep
from personae.sweep.space import Dimension, parse_space

# What a trial carries: who has it; and at its end the run in MLflow, figures and why it failed.
WORKER, FOUND = "worker", "found"
# On a database that several machines share, how long a worker may take to put its name on a new trial.
GRACE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Taken:
    """A trial that a worker has: what it tries, and its id and number once the database knows it."""

    params: Mapping[str, Any]
    entered: "Future[tuple[int, int]]"

    @property
    def id(self) -> int:
        """Optuna's id; it waits for the database."""
        return self.entered.result()[0]

    @property
    def number(self) -> int:
        """Place in the sweep; it waits for the database."""
        return self.entered.result()[1]


class Worker:
    """One process that takes trials of a study, evaluates them and gives them back.

    Parameters
    ----------
    study, storage
        As `Database.open` gives them.
    sweep : Sweep
        Number of trials, sampler and its seed.
    directory : Path
        Where workers of one machine hold their locks.
    local : bool
        Whether all workers are on this machine.

    Attributes
    ----------
    trials : list of FrozenTrial
        All trials as they were when this worker took its last one.
    """

    def __init__(
        self,
        study: optuna.Study,
        storage: optuna.storages.BaseStorage,
        sweep: Sweep,
        directory: Path,
        *,
        local: bool,
    ) -> None:
        self.study, self._storage, self._sweep = study, storage, sweep
        self._directory, self._local = directory, local
        self._study_id = storage.get_study_id_from_name(study.study_name)
        self._places = {each.key: place for place, each in enumerate(parse_space(sweep.space))}
        self.trials: list[FrozenTrial] = []
        self._pool: ThreadPoolExecutor
        self.name = f"{socket.gethostname()}/{uuid.uuid4().hex[:12]}"

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Hold this worker's lock: as long as it is held, nobody else takes this worker's trial."""
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._lock(self.name)
        try:
            with FileLock(path), ThreadPoolExecutor(1, "trials") as self._pool:
                yield
        finally:
            path.unlink(missing_ok=True)

    @contextmanager
    def concluding(self) -> Iterator[None]:
        """Keep other workers of this machine from writing the winner down at the same time."""
        with FileLock(self._directory / "conclusion.lock"):
            yield

    def take(self, choose: Callable[[Callable[[Dimension], Any]], object]) -> Taken | None:
        """Go on with a trial whose worker is gone, else begin the next; None when all are taken.

        `choose` asks for every parameter that the trial has. A trial enters the database with all of them in
        one transaction, while its evaluation begins; until then no other worker of this machine takes one.
        """
        with ExitStack() as alone:
            alone.enter_context(FileLock(self._directory / "trials.lock", thread_local=False))
            trials = self.trials = self._storage.get_all_trials(self._study_id, deepcopy=False)
            for trial in trials:
                if trial.state == TrialState.RUNNING and self.deserted(trial):
                    self._storage.set_trial_user_attr(trial._trial_id, WORKER, self.name)
                    known: Future[tuple[int, int]] = Future()
                    known.set_result((trial._trial_id, trial.number))
                    return Taken(trial.params, known)
            if len(trials) >= self._sweep.trials:
                return None
            drawn = _Drawn(self.study.study_name, self._storage, self._seeded(len(trials)))
            choose(drawn)
            trial = create_trial(
                state=TrialState.RUNNING,
                params=drawn.params,
                distributions=drawn.distributions,
                user_attrs={WORKER: self.name},
            )
            return Taken(drawn.params, self._pool.submit(self._enter, trial, alone.pop_all()))

    def _enter(self, trial: FrozenTrial, alone: ExitStack) -> tuple[int, int]:
        with alone:
            known = self._storage.create_new_trial(self._study_id, trial)
            return known, self._storage.get_trial_number_from_id(known)

    def give(
        self, taken: Taken, found: Mapping[str, Any], state: TrialState, values: Sequence[float] | None
    ) -> None:
        """End a trial with what was found."""
        self._storage.set_trial_user_attr(taken.id, FOUND, dict(found))
        self._storage.set_trial_state_values(taken.id, state, values)

    def reporter(self, taken: Taken) -> "Reporter":
        """Give what stops the trial early if it is not worth going on."""
        prunes = len(self.study.directions) == 1 and self._sweep.prune is not None
        return Reporter(Trial(self.study, taken.id) if prunes else None)

    def deserted(self, trial: FrozenTrial) -> bool:
        """Tell whether the worker of a trial is gone; of another machine's nobody can tell, so it is not."""
        name = trial.user_attrs.get(WORKER)
        if name is None:
            started = trial.datetime_start
            return self._local or (started is not None and datetime.now() - started > GRACE)
        if name == self.name:
            return False
        if name.split("/")[0] != socket.gethostname():
            return False
        path = self._lock(name)
        if not path.exists():
            return True
        try:
            with FileLock(path, timeout=0):
                return True
        except Timeout:
            return False

    def _lock(self, name: str) -> Path:
        return self._directory / f"{name.rsplit('/', maxsplit=1)[-1]}.lock"

    def _seeded(self, number: int) -> Callable[[Dimension], BaseSampler]:
        """Seed by the trial's number and the parameter's place: a resumed search goes the same way."""

        def sampler(dimension: Dimension) -> BaseSampler:
            place = self._places[dimension.key]
            state = np.random.SeedSequence([self._sweep.seed, number, place]).generate_state(1)
            return self._sampler(int(state[0]))

        return sampler

    def _sampler(self, seed: int) -> BaseSampler:
        if self._sweep.sampler == "random":
            return RandomSampler(seed=seed)
        return TPESampler(
            seed=seed, n_startup_trials=self._sweep.startup, multivariate=False, constant_liar=True
        )


class _Drawn:
    """Lets the sampler choose one parameter after another for a trial that is not in the database yet."""

    def __init__(
        self,
        name: str,
        storage: optuna.storages.BaseStorage,
        sampler: Callable[[Dimension], BaseSampler],
    ) -> None:
        # A study of its own, as Optuna reads the trials once a trial only where it creates the trial itself.
        self._study, self._sampler = optuna.Study(name, storage), sampler
        self._trial = create_trial(state=TrialState.RUNNING)
        self.params: dict[str, Any] = {}
        self.distributions: dict[str, BaseDistribution] = {}

    def __call__(self, dimension: Dimension) -> Any:
        """Choose a value."""
        key, among = dimension.key, dimension.distribution()
        value = self._sampler(dimension).sample_independent(self._study, self._trial, key, among)
        self.params[key], self.distributions[key] = value, among
        return value


class Reporter:
    """Tells Optuna how a trial is doing, fold by fold; without a trial it tells nobody."""

    def __init__(self, trial: Trial | None) -> None:
        self._trial, self._step = trial, 0
        known = trial.study.get_trials(deepcopy=False)[trial.number] if trial else None
        self._known = known.intermediate_values if known else {}

    def __call__(self, value: float) -> None:
        """Report the objective so far.

        Raises
        ------
        optuna.TrialPruned
            If the trial is to be stopped.
        """
        if self._trial is None:
            return
        if self._step not in self._known:
            self._trial.report(value, self._step)
        self._step += 1
        if self._trial.should_prune():
            raise optuna.TrialPruned


def best(study: optuna.Study, trials: Sequence[FrozenTrial]) -> FrozenTrial | None:
    """Give the complete one of some trials that is best in the first objective, the earliest of equals."""
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    sign = 1 if study.directions[0] == optuna.study.StudyDirection.MINIMIZE else -1
    return min(complete, key=lambda trial: (sign * trial.values[0], trial.number), default=None)
