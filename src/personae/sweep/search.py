"""Search on a shared Optuna store that survives killed workers."""

import itertools
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

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.sweep.database import connected, without_password
from personae.sweep.settings import Prune, Sweep
from personae.sweep.space import Suggest, parse_space

# What a study carries: what makes its trials comparable, what its run in MLflow is found by, and the winner.
IDENTITY, MARK, WINNER = "sweep", "mark", "winner"
# What a trial carries: who has it; and at its end the run in MLflow, figures and why it failed.
WORKER, FOUND = "worker", "found"
# On a database that several machines share, how long a worker may take to put its name on a new trial.
GRACE = timedelta(seconds=60)


def attributes(url: str, name: str) -> Mapping[str, Any]:
    """Read what the study of a sweep that exists carries: `IDENTITY`, `MARK`, and at its end `WINNER`.

    Raises
    ------
    PersonaeError
        If there is none of this name.
    """
    file = paths.sqlite_path(url)
    if file is not None and not file.exists():
        raise PersonaeError(f"{file}: no sweeps yet; `personae sweep STUDY STAGE` makes one")
    with connected(url) as storage:
        names = optuna.get_all_study_names(storage)
        if name not in names:
            known = ", ".join(sorted(names)) or "none"
            raise PersonaeError(f"{without_password(url)}: no sweep {name!r}; there are {known}")
        carried: Mapping[str, Any] = optuna.load_study(study_name=name, storage=storage).user_attrs
        return carried


def open_study(
    storage: optuna.storages.BaseStorage,
    url: str,
    name: str,
    identity: Mapping[str, Any],
    directions: Sequence[str],
    *,
    prune: Prune | None = None,
) -> optuna.Study:
    """Create or resume a sweep's Optuna study in the database at `url`; call under a lock.

    Raises
    ------
    PersonaeError
        If a sweep of this name has another space, settings or data.
    """
    pruner = optuna.pruners.NopPruner()
    if prune is not None and len(directions) == 1:
        pruner = optuna.pruners.MedianPruner(prune.trials, prune.steps)
    study = optuna.create_study(
        storage=storage, study_name=name, directions=list(directions), load_if_exists=True, pruner=pruner
    )
    known = study.user_attrs.get(IDENTITY)
    if known is None and study.get_trials(deepcopy=False):
        raise PersonaeError(
            f"{without_password(url)}: {name} is a study of something else; choose another --name"
        )
    if known is None:
        study.set_user_attr(IDENTITY, dict(identity))
    elif known != dict(identity):
        changed = [key for key in identity if known.get(key) != identity[key]]
        raise PersonaeError(
            f"sweep {name} exists with another {' and '.join(changed)}; go on with what it had "
            f"({_shortened(known, changed)}) or choose another --name"
        )
    if MARK not in study.user_attrs:
        study.set_user_attr(MARK, uuid.uuid4().hex)
    return study


def _shortened(known: Mapping[str, Any], changed: Sequence[str]) -> str:
    shown = ((key, known.get(key)) for key in changed)
    text = "; ".join(
        f"{key}: {', '.join(value) if isinstance(value, list) else value}" for key, value in shown
    )
    return text if len(text) < 300 else f"{text[:300]}..."


@dataclass(frozen=True, slots=True)
class ClaimedTrial:
    """A worker's trial: parameters, id and number once stored, and whether a dead worker began it."""

    params: Mapping[str, Any]
    entered: "Future[tuple[int, int]]"
    resumed: bool = False

    @property
    def id(self) -> int:
        """Optuna's id; it waits for the database."""
        return self.entered.result()[0]

    @property
    def number(self) -> int:
        """Place in the sweep; it waits for the database."""
        return self.entered.result()[1]


class Worker:
    """One process that claims trials of a study, evaluates and finishes them.

    Parameters
    ----------
    study, storage
        The study, and the storage that it was opened in: what one writes, the other knows.
    sweep : Sweep
        Number of trials, sampler and its seed.
    directory : Path
        Where workers of one machine hold their locks.
    local : bool
        Whether all workers are on this machine.

    Attributes
    ----------
    trials : list of FrozenTrial
        All trials as they were when this worker claimed its last one.
    """

    def __init__(
        self,
        study: optuna.Study,
        storage: optuna.storages.BaseStorage,
        sweep: Sweep,
        directory: Path,
        *,
        local: bool = True,
    ) -> None:
        self.study, self._storage, self._sweep = study, storage, sweep
        self._directory, self._local = directory, local
        self._study_id = storage.get_study_id_from_name(study.study_name)
        self._places = {key: place for place, key in enumerate(parse_space(sweep.space))}
        self.trials: list[FrozenTrial] = []
        self._pool: ThreadPoolExecutor
        self.name = f"{socket.gethostname()}/{uuid.uuid4().hex[:12]}"

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Hold this worker's lock, so that others leave its trial alone."""
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._lock(self.name)
        try:
            with FileLock(path), ThreadPoolExecutor(1, "trials") as self._pool:
                yield
        finally:
            path.unlink(missing_ok=True)

    @contextmanager
    def lock_winner(self) -> Iterator[None]:
        """Lock the winner against other workers of this machine."""
        with FileLock(self._directory / "conclusion.lock"):
            yield

    def claim(self, choose: Callable[[Suggest], object]) -> ClaimedTrial | None:
        """Resume a dead worker's trial, else begin the next; None if done.

        `choose` asks for every parameter that the trial has. A trial enters the database with all of them in
        one transaction, while its evaluation begins; until then no other worker of this machine claims one.
        """
        with ExitStack() as alone:
            alone.enter_context(FileLock(self._directory / "trials.lock", thread_local=False))
            trials = self.trials = self._storage.get_all_trials(self._study_id, deepcopy=False)
            for trial in trials:
                if trial.state == TrialState.RUNNING and self.deserted(trial):
                    self._storage.set_trial_user_attr(trial._trial_id, WORKER, self.name)
                    known: Future[tuple[int, int]] = Future()
                    known.set_result((trial._trial_id, trial.number))
                    return ClaimedTrial(trial.params, known, resumed=True)
            if len(trials) >= self._sweep.trials:
                return None
            trial = self._drawn(len(trials), choose)
            return ClaimedTrial(trial.params, self._pool.submit(self._enter, trial, alone.pop_all()))

    def finish(
        self,
        claimed: ClaimedTrial,
        result: Mapping[str, Any],
        state: TrialState,
        values: Sequence[float] | None = None,
    ) -> None:
        """End a trial with its result."""
        self._storage.set_trial_user_attr(claimed.id, FOUND, dict(result))
        self._storage.set_trial_state_values(claimed.id, state, values)

    def reporter(self, claimed: ClaimedTrial) -> Callable[[float], None]:
        """Callback for intermediate objectives; raises `TrialPruned` to stop early."""
        if len(self.study.directions) > 1 or self._sweep.prune is None:
            return lambda value: None
        trial, steps = Trial(self.study, claimed.id), itertools.count()
        known = self.study.get_trials(deepcopy=False)[trial.number].intermediate_values

        def report(value: float) -> None:
            step = next(steps)
            if step not in known:
                trial.report(value, step)
            if trial.should_prune():
                raise optuna.TrialPruned

        return report

    def deserted(self, trial: FrozenTrial) -> bool:
        """Whether a trial's worker is gone; other machines count as alive."""
        name = trial.user_attrs.get(WORKER)
        if name is None:
            started = trial.datetime_start
            return self._local or (started is not None and datetime.now() - started > GRACE)
        if name == self.name or name.split("/")[0] != socket.gethostname():
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

    def _enter(self, trial: FrozenTrial, alone: ExitStack) -> tuple[int, int]:
        with alone:
            known = self._storage.create_new_trial(self._study_id, trial)
            return known, self._storage.get_trial_number_from_id(known)

    def _drawn(self, number: int, choose: Callable[[Suggest], object]) -> FrozenTrial:
        """Sample parameters one by one for a trial not yet stored."""
        # A study of its own, as Optuna reads the trials once a trial only where it creates the trial itself.
        study = optuna.Study(self.study.study_name, self._storage)
        empty = create_trial(state=TrialState.RUNNING)
        params: dict[str, Any] = {}
        distributions: dict[str, BaseDistribution] = {}

        def suggest(key: str, distribution: BaseDistribution) -> Any:
            sampler = self._sampler(number, key)
            params[key] = sampler.sample_independent(study, empty, key, distribution)
            distributions[key] = distribution
            return params[key]

        choose(suggest)
        return create_trial(
            state=TrialState.RUNNING,
            params=params,
            distributions=distributions,
            user_attrs={WORKER: self.name},
        )

    def _sampler(self, number: int, key: str) -> BaseSampler:
        """Sampler seeded by trial and parameter, so resumed searches agree."""
        state = np.random.SeedSequence([self._sweep.seed, number, self._places[key]]).generate_state(1)
        if self._sweep.sampler == "random":
            return RandomSampler(seed=int(state[0]))
        return TPESampler(
            seed=int(state[0]), n_startup_trials=self._sweep.startup, multivariate=False, constant_liar=True
        )


def best(study: optuna.Study, trials: Sequence[FrozenTrial]) -> FrozenTrial | None:
    """Best complete trial by the first objective, earliest on ties."""
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    sign = 1 if study.directions[0] == optuna.study.StudyDirection.MINIMIZE else -1
    return min(complete, key=lambda trial: (sign * trial.values[0], trial.number), default=None)
