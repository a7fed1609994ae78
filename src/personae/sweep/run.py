"""`personae sweep`: from a search space to a winner scored on held-out data."""

import hashlib
import re
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial, TrialState
from tqdm import tqdm

from personae.core import paths
from personae.core.errors import PersonaeError
from personae.core.files import to_json, write_json
from personae.core.numbers import rounded
from personae.sweep import outcome
from personae.sweep.candidates import GROUPS, Candidate, SearchSpace, StageConfig
from personae.sweep.database import connected
from personae.sweep.journal import Journal
from personae.sweep.outcome import Outcome, stopping
from personae.sweep.search import FOUND, MARK, WINNER, ClaimedTrial, Worker, best, open_study
from personae.sweep.settings import Sweep, load_sweep
from personae.sweep.trials import Conclusion, Trials, build, directions, table_of
from personae.tracking.contents import flat_metrics, flat_params
from personae.tracking.store import Store

# A folder is named after a sweep.
NAME = re.compile(r"\w[\w. -]{0,99}")
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


def sweep(
    study: str,
    stage: str,
    *,
    space: Sequence[str] = (),
    file: str | None = None,
    name: str | None = None,
    trials: int | None = None,
    url: str | None = None,
) -> Outcome:
    """Search the settings of a stage, or resume a search.

    Parameters
    ----------
    study, stage : str
        One of the studies; impute, segment or classify.
    space : sequence of str
        Takes the place of the file's, in Hydra's grammar.
    file : str, optional
        conf/sweep/<file>.yaml; by default that of the stage.
    name : str, optional
        Of the sweep; by default study, stage and file.
    trials : int, optional
        In all; takes the place of the file's.
    url : str, optional
        Database; by default mlruns/optuna.db.

    Raises
    ------
    PersonaeError
        If the space, the file, the database or an existing sweep does not fit.
    """
    if stage not in GROUPS:
        raise PersonaeError(f"stage {stage} cannot be swept; expected {', '.join(GROUPS)}")
    settings = load_sweep(
        paths.choice(paths.CONF, "sweep", file or stage), stage, space=list(space), trials=trials
    )
    if name is not None and not NAME.fullmatch(name):
        raise PersonaeError(f"--name {name!r} is no name; expected letters, digits, and . _ - between them")
    name = name or "-".join([study, stage, *([file] if file and file != stage else [])])
    candidates = SearchSpace(StageConfig(study, stage, paths.CONF, paths.PARAMS), settings.space)
    stage_trials = build(candidates, settings)
    store = Store.here()
    url = url or paths.sqlite_url(store.root / "optuna.db")
    directory, local = store.root / "sweeps" / name, paths.sqlite_path(url) is not None
    tags = {"study": study, "stage": stage, "objectives": ", ".join(settings.objectives)}
    with ExitStack() as stack:
        with store.locked():
            storage, identity = stack.enter_context(connected(url)), _identity(candidates, settings)
            optuna_study = open_study(
                storage, url, name, identity, directions(settings), prune=settings.prune
            )
        worker = Worker(optuna_study, storage, settings, directory, local=local)
        stack.enter_context(worker.at_work())
        with store.locked():
            journal = Journal(store, study, name, optuna_study.user_attrs[MARK], tags)
        return _Run(candidates, settings, stage_trials, worker, journal).to_the_end(name)


def _identity(space: SearchSpace, settings: Sweep) -> dict[str, Any]:
    """What must be equal for trials of one sweep to be comparable."""
    shared = f"{space.first.key} {space.study['seed']} {space.study.get('target')}"
    table = table_of(space).read_bytes()
    return {
        "study": space.config.study,
        "stage": space.config.stage,
        "space": list(settings.space),
        "search": settings.model_dump(exclude={"space", "trials", "stage"}),
        "settings": hashlib.sha256(shared.encode()).hexdigest()[:16],
        "data": hashlib.md5(table, usedforsecurity=False).hexdigest(),
    }


class _Run:
    """One worker's part in a sweep, and the end of it."""

    def __init__(
        self,
        space: SearchSpace,
        sweep: Sweep,
        trials: Trials,
        worker: Worker,
        journal: Journal,
    ) -> None:
        self._space, self._sweep, self._trials = space, sweep, trials
        self._worker, self._study, self._journal = worker, worker.study, journal
        self._keys: dict[int, str] = {}

    def to_the_end(self, name: str) -> Outcome:
        status = "KILLED"
        try:
            self._mend_journal()
            with stopping() as stopped, self._bar() as bar:
                while not stopped() and (trial := self._worker.claim(self._space.choose)) is not None:
                    self._evaluate(trial)
                    self._show(bar)
            finished = len(self._study.get_trials(deepcopy=False, states=FINISHED))
            winner = None
            if finished >= self._sweep.trials:
                self._journal.drain()
                with self._worker.lock_winner():
                    winner = self._conclude()
                status = "FINISHED"
            return Outcome(name, finished, self._sweep.trials, self._journal.parent, winner)
        finally:
            self._journal.stop(status)

    def _evaluate(self, trial: ClaimedTrial) -> None:
        started = perf_counter()
        run = self._journal.open(lambda: trial.number, resumed=trial.resumed)
        result: dict[str, Any] = {"figures": {}}
        values: list[float] | None = None
        state = TrialState.FAIL
        try:
            figures = self._measure(trial)
            result["figures"] = figures | {"sweep.seconds": perf_counter() - started}
            values = [figures[name] for name in self._sweep.objectives]
            if np.isfinite(values).all():
                state = TrialState.COMPLETE
            else:
                result["reason"] = f"objectives are {values}"
        except optuna.TrialPruned:
            state = TrialState.PRUNED
        except PersonaeError as error:
            result["reason"] = str(error)
        result["run"] = run.result()
        self._worker.finish(trial, result, state, values if state == TrialState.COMPLETE else None)
        self._write(trial.params, result, state, datetime.now())

    def _measure(self, trial: ClaimedTrial) -> dict[str, float]:
        """Evaluate a trial, or reuse the figures of equal settings."""
        complete = (other for other in self._worker.trials if other.state == TrialState.COMPLETE)
        known = {self._key(other): other for other in complete}
        candidate = self._candidate(trial)
        if candidate.key not in known:
            return self._trials.measure(candidate.settings, self._worker.reporter(trial))
        figures: dict[str, float] = known[candidate.key].user_attrs[FOUND]["figures"]
        return figures

    def _key(self, trial: FrozenTrial) -> str:
        """Identity of a trial's settings."""
        if trial.number not in self._keys:
            self._keys[trial.number] = self._candidate(trial).key
        return self._keys[trial.number]

    def _candidate(self, trial: FrozenTrial | ClaimedTrial) -> Candidate:
        return self._space.draw(lambda key, _: trial.params[key])

    def _write(
        self, params: Mapping[str, Any], result: Mapping[str, Any], state: TrialState, ended: datetime | None
    ) -> None:
        self._journal.close(
            result["run"],
            params=flat_params(params),
            figures=result["figures"],
            state=state.name.lower(),
            reason=result.get("reason"),
            ended=ended,
        )

    def _mend_journal(self) -> None:
        """Write the missing runs of trials whose worker was killed."""
        open_ = self._journal.unfinished()
        for trial in self._study.get_trials(deepcopy=False, states=FINISHED):
            if trial.number in open_ and self._worker.deserted(trial):
                self._write(trial.params, trial.user_attrs[FOUND], trial.state, trial.datetime_complete)

    def _bar(self) -> "tqdm[Any]":
        done = len(self._study.get_trials(deepcopy=False, states=FINISHED))
        return tqdm(
            total=self._sweep.trials, initial=done, desc=self._study.study_name, disable=None, unit="trial"
        )

    def _show(self, bar: "tqdm[Any]") -> None:
        bar.update(sum(trial.state in FINISHED for trial in self._worker.trials) + 1 - bar.n)
        first = best(self._study, self._worker.trials)
        if first is not None:
            bar.set_postfix_str(f"best {self._sweep.objectives[0]} {rounded(first.values[0], plain=True)}")

    def _conclude(self) -> dict[str, Any]:
        """Score the winner on held-out data, record and return it."""
        known: dict[str, Any] | None = self._study.user_attrs.get(WINNER)
        if known is not None and known["trials"] == self._sweep.trials:
            return known
        first = best(self._study, self._study.get_trials(deepcopy=False))
        if first is None:
            results = [t.user_attrs[FOUND] for t in self._study.get_trials(deepcopy=False, states=FINISHED)]
            failed = [each["reason"] for each in results if "reason" in each]
            raise PersonaeError(
                f"no trial of {self._study.study_name} was completed: {(failed or ['pruned'])[0]}"
            )
        conclusions = {
            trial.number: self._trials.conclude(self._candidate(trial).settings)
            for trial in self._front(first)
        }
        winner = self._winner(first, conclusions)
        self._publish(winner, conclusions)
        self._study.set_user_attr(WINNER, winner)
        return winner

    def _front(self, first: FrozenTrial) -> list[FrozenTrial]:
        """The winner and, with several objectives, the Pareto front."""
        if len(self._sweep.objectives) == 1:
            return [first]
        distinct = {self._key(first): first}
        for trial in self._study.best_trials:
            distinct.setdefault(self._key(trial), trial)
        return list(distinct.values())

    def _winner(self, first: FrozenTrial, conclusions: Mapping[int, Conclusion]) -> dict[str, Any]:
        """Winner for `adopt` and pages: choices, search and holdout figures, gap."""
        candidate, conclusion = self._candidate(first), conclusions[first.number]
        search = dict(zip(self._sweep.objectives, first.values, strict=True))
        fresh = {name: conclusion.fresh[name] for name in search}
        signs = [1 if each == "maximize" else -1 for each in directions(self._sweep)]
        gaps = zip(search, signs, strict=True)
        optimism = {name: sign * (search[name] - fresh[name]) for name, sign in gaps}
        winner = {
            "number": first.number,
            "trials": self._sweep.trials,
            "run": first.user_attrs[FOUND]["run"],
            "params": {**candidate.choices, **candidate.values},
            "choices": dict(candidate.choices),
            "values": dict(candidate.values),
            "search": search,
            "fresh": fresh,
            "optimism": optimism,
            "intervals": {
                name: list(conclusion.intervals[name]) for name in search if name in conclusion.intervals
            },
            "source": conclusion.source,
            "front": list(conclusions),
        }
        return dict(to_json(winner)) | {"values": winner["values"], "params": winner["params"]}

    def _publish(self, winner: Mapping[str, Any], conclusions: Mapping[int, Conclusion]) -> None:
        stage = self._sweep.stage
        figures = flat_metrics(conclusions[winner["number"]].report, stage)
        figures |= {
            f"sweep.{kind}.{name}": value
            for kind in ("search", "fresh", "optimism")
            for name, value in winner[kind].items()
            if value is not None
        }
        for name, (low, high) in winner["intervals"].items():
            figures |= {f"sweep.fresh.{name}.low": low, f"sweep.fresh.{name}.high": high}
        tags = {
            "winner.trial": str(winner["number"]),
            "winner.run": winner["run"],
            "winner.source": winner["source"],
            **{f"winner.{key}": str(value) for key, value in winner["params"].items()},
        }
        with tempfile.TemporaryDirectory() as directory:
            folder = Path(directory)
            files = outcome.draw(self._study, self._sweep.objectives, folder)
            for number, each in conclusions.items():
                own = folder / ("winner" if number == winner["number"] else f"trial_{number}")
                write_json(own / f"{stage}.json", each.report)
                for name, text in each.texts.items():
                    (own / name).write_text(text, encoding="utf-8")
                files.append(own)
            write_json(folder / "winner.json", winner)
            files.append(folder / "winner.json")
            # MLflow never changes a parameter, and a longer sweep may have another winner: what it may
            # choose from is the parameter, what won is a tag.
            space = dict(text.split("=", 1) for text in self._sweep.space)
            self._journal.conclude(flat_params(space), figures, tags, files)
