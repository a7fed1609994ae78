"""What a sweep evaluates, stage by stage: tables are read once, trials and winners are measured."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from personae.core import paths, tables
from personae.core.errors import PersonaeError
from personae.core.files import read_json, to_json
from personae.personas.settings import Profile
from personae.sweep.candidates import SECTIONS, SearchSpace
from personae.sweep.settings import ClassifySweep, ImputeSweep, SegmentSweep, Sweep
from personae.targeting.settings import Target

Report = Callable[[float], None]
INPUTS = {"impute": "customers", "segment": "complete", "classify": "customers"}
MINIMISED = ("error",)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What is said of a winner.

    Attributes
    ----------
    fresh, intervals
        Objectives on what did not search, and their 95 % intervals where rows were held out.
    source
        What `fresh` was computed on.
    report
        Figures as `dvc repro` writes them once the winner is adopted.
    texts
        Files for people by name: persona cards.
    """

    fresh: Mapping[str, float]
    source: str
    report: Mapping[str, Any]
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


class Evaluator(Protocol):
    """What a search needs of a stage."""

    def measure(self, settings: Any, report: Report) -> dict[str, float]:
        """Give objectives by name, and figures named `<stage>.<key>`."""

    def conclude(self, settings: Any) -> Conclusion:
        """Look at a winner afresh."""


def directions(sweep: Sweep) -> list[str]:
    """Tell for every objective whether less or more is better."""
    return ["minimize" if name in MINIMISED else "maximize" for name in sweep.objectives]


def table_of(space: SearchSpace) -> Path:
    """Find the table that a stage's trials work on.

    Raises
    ------
    PersonaeError
        If the stage makes its cases itself, of several tables.
    """
    study, stage = space.config.study, space.config.stage
    settings = space.study[stage]
    if stage == "classify" and settings["early"] is not None:
        raise PersonaeError(
            f"{study}: classify predicts from first days (classify.early); it cannot be swept"
        )
    name = settings["table"] if stage == "classify" else INPUTS[stage]
    return paths.table(study, name) if name in INPUTS.values() else paths.extra_table(study, name)


def build(space: SearchSpace, sweep: Sweep) -> Evaluator:
    """Read the tables of a stage and prepare what its trials share."""
    study, whole = space.config.study, space.study
    customers = tables.read(table_of(space)).to_pandas()
    base, seed = space.first.settings, int(whole["seed"])
    if isinstance(sweep, SegmentSweep):
        return _Segments(customers, base, sweep, whole, study)
    if isinstance(sweep, ClassifySweep):
        return _responses(customers, base, sweep, whole, study, models=space.models)
    return _imputation(customers, base, sweep, seed)


class _Segments:
    def __init__(
        self, customers: Any, base: Any, sweep: SegmentSweep, whole: Mapping[str, Any], study: str
    ) -> None:
        from personae.sweep.segment_trials import STEP, SegmentTrials  # noqa: PLC0415

        self._customers, self._study, self._seed = customers, study, int(whole["seed"])
        self._profile = Profile.model_validate_json(json.dumps(whole["profile"]))
        self._trials = SegmentTrials(
            customers,
            base,
            sweep.objectives[0],
            seed=self._seed,
            search_seed=sweep.seed,
            bootstraps=sweep.bootstraps,
            step=STEP if sweep.prune else sweep.bootstraps,
        )
        self.measure = self._trials.measure

    def conclude(self, settings: Any) -> Conclusion:
        fresh, found = self._trials.conclude(settings, read_json(paths.anchor(self._study), missing={}))
        report = to_json(found.report)
        return Conclusion(fresh, "fresh bootstraps", report, texts=self._cards(found, report))

    def _cards(self, found: Any, report: Mapping[str, Any]) -> dict[str, str]:
        from personae.personas.cards import segment_cards  # noqa: PLC0415
        from personae.personas.markdown import cards_markdown  # noqa: PLC0415

        settings, seed = self._profile, self._seed
        cards = segment_cards(self._customers, found.customers, report, settings=settings, seed=seed)
        data = read_json(paths.report(self._study, "prepare.json"))["data"]
        return {"personas.md": cards_markdown(self._study, cards, report["verdict"], data)}


def _responses(
    customers: Any,
    base: Any,
    sweep: ClassifySweep,
    whole: Mapping[str, Any],
    study: str,
    *,
    models: tuple[str, ...],
) -> Evaluator:
    from personae.sweep.responses import ResponseTrials  # noqa: PLC0415
    from personae.targeting.choose import economics_of  # noqa: PLC0415

    target = whole.get("target")
    money = None
    if target is not None and base.table == "customers":
        settings = Target.model_validate_json(json.dumps(target))
        segments = tables.read(paths.table(study, "segments"))["segment"].to_pandas()
        money = economics_of(settings, customers, segments)
    return _OnOuterFold(
        ResponseTrials(
            customers,
            base,
            sweep.objectives[0],
            models=models,
            money=money,
            seed=int(whole["seed"]),
            search_seed=sweep.seed,
            folds=sweep.folds,
            outer=sweep.outer,
        )
    )


class _OnOuterFold:
    """Trials whose winner is scored on an outer fold."""

    def __init__(self, trials: Any) -> None:
        self._trials = trials
        self.measure = trials.measure

    def conclude(self, settings: Any) -> Conclusion:
        held, report = self._trials.conclude(settings)
        source = f"outer fold of {held.rows} customers"
        return Conclusion(held.figures, source, to_json(report), held.intervals)


def _imputation(customers: Any, base: Any, sweep: ImputeSweep, seed: int) -> Evaluator:
    from personae.sweep.gaps import ImputationTrials  # noqa: PLC0415

    return _OnOuterFold(
        ImputationTrials(
            customers, base, seed=seed, search_seed=sweep.seed, folds=sweep.folds, outer=sweep.outer
        )
    )


assert set(SECTIONS) == set(INPUTS)
