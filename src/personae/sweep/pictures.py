"""Pictures of a search: parallel coordinates, importance of the parameters, history, Pareto front."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.trial import FrozenTrial, TrialState
from optuna.visualization import matplotlib as drawn


def draw(study: optuna.Study, objectives: Sequence[str], directory: Path) -> list[Path]:
    """Draw what a search of this size can show; a picture that needs more trials is left out.

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

        options = {"target": target, "target_name": name}
        suffix = f"_{name}" if len(objectives) > 1 else ""
        written += _save(directory / f"history{suffix}.png", drawn.plot_optimization_history, study, options)
        if len(complete) > 1 and len({trial.values[position] for trial in complete}) > 1:
            for kind, plot in (
                ("parallel_coordinates", drawn.plot_parallel_coordinate),
                ("importance", drawn.plot_param_importances),
            ):
                written += _save(directory / f"{kind}{suffix}.png", plot, study, options)
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
