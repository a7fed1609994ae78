"""Evaluation of sweeps, stage by stage: tables once, then trials, winners."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from personae.core import paths, tables
from personae.core.errors import PersonaeError
from personae.core.files import read_json, to_json
from personae.personas.settings import Profile
from personae.sweep.candidates import SearchSpace
from personae.sweep.settings import ClassifySweep, SegmentSweep, Sweep
from personae.targeting.settings import Target

Report = Callable[[float], None]
INPUTS = {"impute": "customers", "segment": "complete", "classify": "customers"}
MINIMISED = ("error",)
# Bootstrap samples behind an interval of the outer fold.
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Holdout score of the best trial, with its files.

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


class Trials(Protocol):
    """What a search needs of a stage."""

    def measure(self, settings: Any, report: Report) -> dict[str, float]:
        """Give objectives by name, and figures named `<stage>.<key>` as the graph's are.

        `report` is called with the objective so far; it may raise to stop the trial.
        """

    def conclude(self, settings: Any) -> Conclusion:
        """Measure a winner on what did not search."""


def directions(sweep: Sweep) -> list[str]:
    """Direction of every objective: minimise or maximise."""
    return ["minimize" if name in MINIMISED else "maximize" for name in sweep.objectives]


def table_of(space: SearchSpace) -> Path:
    """Find the table that a stage's trials work on.

    Raises
    ------
    PersonaeError
        If the stage makes its rows itself, of several tables.
    """
    study, stage = space.config.study, space.config.stage
    settings = space.study[stage]
    if stage == "classify" and settings["early"] is not None:
        raise PersonaeError(
            f"{study}: classify predicts from first days (classify.early); it cannot be swept"
        )
    name = settings["table"] if stage == "classify" else INPUTS[stage]
    return paths.table(study, name) if name in INPUTS.values() else paths.extra_table(study, name)


def build(space: SearchSpace, sweep: Sweep) -> Trials:
    """Read the tables of a stage and prepare what its trials share."""
    study, seed = space.config.study, int(space.study["seed"])
    customers, base = tables.read(table_of(space)).to_pandas(), space.first.settings
    if isinstance(sweep, SegmentSweep):
        from personae.sweep.segment_trials import SegmentTrials  # noqa: PLC0415 - each stage has its own

        describe = partial(_personas, space, customers)
        anchor = read_json(paths.anchor(study), missing={})
        return SegmentTrials(customers, base, sweep, seed=seed, anchor=anchor, describe=describe)
    if isinstance(sweep, ClassifySweep):
        from personae.sweep.response_trials import ResponseTrials  # noqa: PLC0415
        from personae.targeting.choose import economics_of  # noqa: PLC0415

        money = None
        if space.study["target"] is not None and base.table == "customers":
            target = Target.model_validate(space.study["target"], strict=False)
            segments = tables.read(paths.table(study, "segments"))["segment"].to_pandas()
            money = economics_of(target, customers, segments)
        return ResponseTrials(customers, base, sweep, models=space.models, money=money, seed=seed)
    from personae.sweep.imputation_trials import ImputationTrials  # noqa: PLC0415

    return ImputationTrials(customers, base, sweep, seed=seed)


def _personas(space: SearchSpace, customers: Any, segmentation: Any) -> dict[str, str]:
    """Describe the segments of a winner as stage profile will."""
    from personae.personas.cards import segment_cards  # noqa: PLC0415 - for winners only
    from personae.personas.markdown import cards_markdown  # noqa: PLC0415

    study, report = space.config.study, to_json(segmentation.report)
    profile = Profile.model_validate(space.study["profile"], strict=False)
    seed = int(space.study["seed"])
    cards = segment_cards(customers, segmentation.customers, report, settings=profile, seed=seed)
    data = read_json(paths.report(study, "prepare.json"))["data"]
    return {"personas.md": cards_markdown(study, cards, report["verdict"], data, headline=report["headline"])}
