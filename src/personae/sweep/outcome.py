"""Stopping a sweep, its summary, and pictures of the search."""

import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.trial import FrozenTrial, TrialState
from optuna.visualization import matplotlib as drawn
from tqdm import tqdm

from personae.core.numbers import rounded


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a sweep is.

    Attributes
    ----------
    name, finished, trials
        Of the sweep; trials that ended, and those asked for.
    run_id
        The sweep's run in MLflow.
    winner
        As `adopt` reads it; None before the last trial has ended.
    """

    name: str
    finished: int
    trials: int
    run_id: str
    winner: Mapping[str, Any] | None

    def lines(self) -> list[str]:
        """Summarise for people, the holdout figure first."""
        winner = self.winner
        if winner is None:
            return [f"{self.name}: {self.finished} of {self.trials} trials; the same command goes on"]
        lines = [f"{self.name}: trial {winner['number']} of {self.finished} wins"]
        lines += [f"  {key} = {value}" for key, value in winner["params"].items()]
        for name, fresh in winner["fresh"].items():
            low_high = winner["intervals"].get(name)
            interval = f" (95 % interval {low_high[0]:.3g} to {low_high[1]:.3g})" if low_high else ""
            now, before = (rounded(each, plain=True) for each in (fresh, winner["search"][name]))
            lines.append(
                f"  {name}: {now}{interval} on {winner['source']}; in the search "
                f"{before}, optimism {winner['optimism'][name]:+.3g}"
            )
        if len(winner["front"]) > 1:
            lines.append(f"  Pareto front: trials {', '.join(str(each) for each in winner['front'])}")
        return [*lines, f"  `personae adopt {self.name}` writes it into params.yaml"]


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Turn Ctrl-C and SIGTERM into a request between trials."""
    asked: list[int] = []

    def remember(number: int, _: Any) -> None:
        if asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked.append(number)
        text = "stopping after the running trial; Ctrl-C again stops now, nothing is lost"
        tqdm.write(text, file=sys.stderr)

    before = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def draw(study: optuna.Study, objectives: Sequence[str], directory: Path) -> list[Path]:
    """Draw the pictures that a search of this size supports.

    Parallel coordinates, importance of the parameters, history; with several objectives the Pareto front.

    Parameters
    ----------
    study : optuna.Study
    objectives : sequence of str
        Names, in the order of the study's directions.
    directory : Path
        Where the PNG files go.
    """
    mpl.use("Agg")
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    written: list[Path] = []
    for position, name in enumerate(objectives):

        def target(trial: FrozenTrial, position: int = position) -> float:
            return float(trial.values[position])

        plots = {"history": drawn.plot_optimization_history}
        if len(complete) > 1 and len({trial.values[position] for trial in complete}) > 1:
            plots["parallel_coordinates"] = drawn.plot_parallel_coordinate
            plots["importance"] = drawn.plot_param_importances
        suffix = f"_{name}" if len(objectives) > 1 else ""
        for kind, plot in plots.items():
            path = directory / f"{kind}{suffix}.png"
            written += _save(path, plot, study, {"target": target, "target_name": name})
    if len(objectives) in (2, 3) and complete:
        names = {"target_names": list(objectives)}
        written += _save(directory / "pareto_front.png", drawn.plot_pareto_front, study, names)
    return written


def _save(path: Path, plot: Callable[..., Any], study: optuna.Study, options: dict[str, Any]) -> list[Path]:
    from matplotlib import pyplot  # noqa: PLC0415 - after the backend is chosen

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        warnings.simplefilter("ignore", UserWarning)
        try:
            axes = plot(study, **options)
        except (ValueError, RuntimeError):  # fewer trials or values than the picture needs
            pyplot.close("all")
            return []
        figure = (axes.flat[0] if hasattr(axes, "flat") else axes).figure
        figure.set_size_inches(10, 6)
        figure.savefig(path, dpi=100, bbox_inches="tight")
    pyplot.close("all")
    return [path]
