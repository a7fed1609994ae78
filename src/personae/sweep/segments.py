"""Trials of stage segment: what is fitted changes, the space that every figure is computed in does not."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import ThreadpoolController

from personae.core.arrays import FloatArray
from personae.core.errors import PersonaeError
from personae.core.parallel import run_all, warm_up
from personae.segmentation.clusterers import Labels
from personae.segmentation.methods import build_clusterer
from personae.segmentation.procedure import Customers, Procedure, smallest_share
from personae.segmentation.quality import silhouettes
from personae.segmentation.segment import SCARCE
from personae.segmentation.settings import Segment
from personae.segmentation.space import Space
from personae.segmentation.stability import agreement, mean_jaccard, refit_once
from personae.segmentation.study import StudySegments, segment_study

Report = Callable[[float], None]
# Bootstraps between two looks at a trial, and those that a process is handed at once.
STEP, BATCH = 8, 4


class SegmentTrials:
    """One study's customers, their reference space and bootstraps, shared by all trials.

    Parameters
    ----------
    table : DataFrame
        Completed customers.
    base : Segment
        Settings that all trials share.
    objectives : sequence of str
        The first is what `measure` reports on the way.
    seed : int
        The study's: partitions are the graph's own.
    search_seed, bootstraps : int
        Samples that a trial's stability is measured on; the stage draws others.
    step : int
        Of them, between two looks at whether the trial is to be stopped.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        base: Segment,
        objective: str,
        *,
        seed: int,
        search_seed: int,
        bootstraps: int,
        step: int = STEP,
    ) -> None:
        self._processes = warm_up(base.workers, __name__)
        self._step, self._libraries = step, ThreadpoolController()
        self._table, self._base, self._objective, self._seed = table, base, objective, seed
        self._space = Space(**base.space.model_dump()).fit(table)
        points = self._space.transform(table)
        self._distinct = len(np.unique(points, axis=0))
        everybody = Customers(points, points, pd.factorize(table["unit"])[0])
        sampling, *self._drawn = np.random.SeedSequence([seed, search_seed]).spawn(1 + bootstraps)
        limit = min(base.effort.stability_rows, base.effort.silhouette_rows)
        self._points = points
        self._some, self._rows = everybody.sample(limit, np.random.default_rng(sampling))
        self._working: dict[tuple[str, int | None], FloatArray] = {}

    def measure(self, settings: Segment, report: Report) -> dict[str, float]:
        """Fit the segments of a trial and measure them.

        Parameters
        ----------
        report : callable
            Told the objective after every few bootstraps; it may raise to stop the trial.

        Returns
        -------
        dict
            Objectives by name, and figures under the names that the graph's have.
        """
        with self._libraries.limit(limits=1):
            procedure = self._procedure(settings)
            working = self._in_working_space(procedure)
            sample = working[self._rows], self._some.groups, procedure.fit_all
            refits = [partial(refit_once, *sample, np.random.default_rng(child)) for child in self._drawn]
            # What is measured is fitted beside the first of the bootstraps that it is compared with.
            fit = partial(_labels, procedure, working, self._seed)
            labels, *runs = self._run([fit, *refits[: self._step]])
            silhouette, share = self._silhouette(labels), smallest_share(labels)
            aris: list[float] = []
            jaccard: list[FloatArray] = []
            for start in range(0, len(refits), self._step):
                if start:
                    runs = self._run(refits[start : start + self._step])
                compared = [agreement(labels[self._rows], drawn, again) for drawn, [again] in runs]
                aris += [ari for ari, _ in compared]
                jaccard += [each for _, each in compared]
                found = objectives(silhouette, _least(jaccard), share, self._base.floor)
                report(found[self._objective])
        return {
            **found,
            "segment.silhouette": silhouette,
            "segment.k": float(labels.max(initial=-1) + 1),
            "segment.stability.min_jaccard": _least(jaccard),
            "segment.stability.ari_mean": float(np.mean(aris)),
            "segment.smallest_share": share,
            "segment.noise": float((labels < 0).sum()),
        }

    def conclude(
        self, settings: Segment, anchor: Mapping[str, Any]
    ) -> tuple[dict[str, float], StudySegments]:
        """Run the whole stage: objectives on its fresh bootstraps, and what `dvc repro` will write."""
        found = segment_study(self._table, settings, anchor=anchor, seed=self._seed)
        report = found.main.report
        everybody = sum(report.sizes) + report.noise
        silhouette = report.silhouette * (1 - report.noise / everybody) if report.k > 1 else 0.0
        share = min(report.sizes, default=0) / everybody
        return objectives(silhouette, report.stability.min_jaccard, share, self._base.floor), found

    def _run(self, tasks: Sequence[Callable[[], Any]]) -> list[Any]:
        self._processes.join()
        return run_all(tasks, self._base.workers, batch=BATCH)

    def _procedure(self, settings: Segment) -> Procedure:
        model = build_clusterer(seed=self._seed, **settings.clusterer.model_dump())
        k = 1 if model.finds_k else settings.k
        if k is None:
            raise PersonaeError(
                "space: segment.k is null in this study; add segment.k=range(2,10) or the like"
            )
        if k > self._distinct:
            raise PersonaeError(f"segment: k is {k}, but there are only {self._distinct} distinct customers")
        scarce = self._distinct < SCARCE * k
        scaler = settings.scaler
        return Procedure(model, self._space, scaler.name, scaler.axes, (k,), "fixed", None, 0.0, scarce)

    def _in_working_space(self, procedure: Procedure) -> FloatArray:
        key = (procedure.scaler, procedure.axes)
        if key not in self._working:
            self._working[key] = procedure.working_space().fit_transform(self._points)
        return self._working[key]

    def _silhouette(self, labels: Labels) -> float:
        """Mean over everybody: a customer called noise counts 0, so leaving customers out cannot win."""
        widths = silhouettes(self._some.points, [labels[self._rows]])[0]
        return float(np.nan_to_num(widths).mean())


def _labels(procedure: Procedure, working: FloatArray, seed: int) -> Labels:
    [fitted] = procedure.fit_all(working, None, seed)
    return fitted.labels_


def objectives(silhouette: float, stability: float, smallest: float, floor: float) -> dict[str, float]:
    """Give what a sweep can maximise; quality is silhouette x stability x how far the size floor is kept.

    One segment is no segmentation and counts 0. A negative silhouette is not made better by instability.

    Examples
    --------
    >>> objectives(0.4, 0.5, 0.01, 0.02)["quality"], objectives(-0.1, 0.5, 0.3, 0.02)["quality"]
    (0.1, -0.1)
    """
    kept = min(1.0, smallest / floor) if floor else 1.0
    quality = silhouette * stability * kept if silhouette > 0 else silhouette
    return {"quality": quality, "silhouette": silhouette, "stability": stability}


def _least(jaccard: list[FloatArray]) -> float:
    """Mean Jaccard similarity of the least stable segment; 0 for fewer than two."""
    runs = np.array(jaccard)
    return float(mean_jaccard(runs).min()) if runs.shape[1] > 1 else 0.0
