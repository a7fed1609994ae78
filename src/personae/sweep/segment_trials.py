"""Trials of stage segment: varied fits, one fixed space for all figures."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import ThreadpoolController

from personae.core.arrays import FloatArray
from personae.core.errors import PersonaeError
from personae.core.files import to_json
from personae.core.parallel import parallel_map, warm_up
from personae.segmentation.clusterers import Labels
from personae.segmentation.pipeline import Pipeline, build_pipeline, sample_units, without_refused
from personae.segmentation.quality import silhouettes, smallest_share
from personae.segmentation.segment import Segmentation, segment_customers
from personae.segmentation.settings import Scaler, SegmentSettings
from personae.segmentation.space import Space
from personae.segmentation.stability import agreement, agreement_figures, refit_once
from personae.sweep.settings import SegmentSweep
from personae.sweep.trials import Conclusion, Report

# Bootstraps between two looks at a trial, and those that a process is handed at once.
STEP, BATCH = 8, 4


class SegmentTrials:
    """One study's customers, their reference space and bootstraps, shared by all trials.

    Parameters
    ----------
    table : DataFrame
        Completed customers, with `unit`.
    base : SegmentSettings
        Settings that all trials share.
    sweep : SegmentSweep
        Its seed and number of bootstraps decide the samples that a trial's stability is measured on, the
        stage draws others; its first objective is what `measure` reports on the way.
    seed : int
        The study's: partitions are the graph's own.
    anchor : mapping
        Segments that those of a winner are matched to.
    describe : callable, optional
        Gives files for people about a winner's segments.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        base: SegmentSettings,
        sweep: SegmentSweep,
        *,
        seed: int,
        anchor: Mapping[str, Any] | None = None,
        describe: Callable[[Segmentation], Mapping[str, str]] = lambda segmentation: {},
    ) -> None:
        self._processes = warm_up(base.workers, __name__)
        self._step, self._libraries = STEP if sweep.prune else sweep.bootstraps, ThreadpoolController()
        self._table, self._base, self._objective, self._seed = table, base, sweep.objectives[0], seed
        self._anchor, self._describe = anchor or {}, describe
        self._space = Space(**without_refused(table, base)[0].space.model_dump()).fit(table)
        self._points = self._space.transform(table)
        sampling, *self._drawn = np.random.SeedSequence([seed, sweep.seed]).spawn(1 + sweep.bootstraps)
        limit = min(base.effort.stability_rows, base.effort.silhouette_rows)
        units = pd.factorize(table["unit"])[0]
        self._rows, self._units = sample_units(units, limit, np.random.default_rng(sampling))
        self._working: dict[Scaler, FloatArray] = {}

    def measure(self, settings: SegmentSettings, report: Report) -> dict[str, float]:
        """Fit and measure a trial's segments, reporting after some bootstraps."""
        with self._libraries.limit(limits=1):
            pipeline = self._pipeline(settings)
            working = self._in_working_space(pipeline)
            sample = working[self._rows], self._units, pipeline.fit_all
            refits = [partial(refit_once, *sample, np.random.default_rng(child)) for child in self._drawn]
            # What is measured is fitted at the same time as the first of the bootstraps it is compared with.
            fit = partial(_labels, pipeline, working, self._seed)
            labels, *refitted = self._run([fit, *refits[: self._step]])
            k, share = int(labels.max(initial=-1) + 1), smallest_share(labels)
            silhouette = self._silhouette(labels)
            runs: list[tuple[float, FloatArray]] = []
            for start in range(0, len(refits), self._step):
                if start:
                    refitted = self._run(refits[start : start + self._step])
                runs += [agreement(labels[self._rows], drawn, again) for drawn, [again] in refitted]
                figures = agreement_figures(runs)
                stability = figures["min_jaccard"] if k > 1 else 0.0
                values = objectives(silhouette, stability, share, self._base.floor)
                report(values[self._objective])
        return {
            **values,
            "segment.silhouette": silhouette,
            "segment.k": float(k),
            "segment.stability.min_jaccard": stability,
            "segment.stability.ari_mean": figures["ari_mean"],
            "segment.smallest_share": share,
            "segment.noise": float((labels < 0).sum()),
        }

    def conclude(self, settings: SegmentSettings) -> Conclusion:
        """Run the whole stage for the winner, with fresh bootstraps."""
        segmentation = segment_customers(self._table, settings, anchor=self._anchor, seed=self._seed)
        report, customers = segmentation.report, len(self._table)
        silhouette = report.silhouette * (1 - report.noise / customers) if report.k > 1 else 0.0
        share = min(report.sizes, default=0) / customers
        fresh = objectives(silhouette, report.stability["min_jaccard"], share, self._base.floor)
        return Conclusion(fresh, "fresh bootstraps", to_json(report), texts=self._describe(segmentation))

    def _run(self, tasks: Sequence[Callable[[], Any]]) -> list[Any]:
        self._processes.join()
        return parallel_map(tasks, self._base.workers, started=True, batch=BATCH)

    def _pipeline(self, settings: SegmentSettings) -> Pipeline:
        if settings.k is None and settings.clusterer.name != "hdbscan":
            raise PersonaeError(
                "space: segment.k is null in this study; add segment.k=range(2,10) or the like"
            )
        return build_pipeline(settings, self._space, self._points, [settings.k or 1], self._seed)

    def _in_working_space(self, pipeline: Pipeline) -> FloatArray:
        scaler = pipeline.settings.scaler
        if scaler not in self._working:
            self._working[scaler] = pipeline.working_space().fit_transform(self._points)
        return self._working[scaler]

    def _silhouette(self, labels: Labels) -> float:
        """Mean silhouette over all customers, noise counted as 0."""
        widths = silhouettes(self._points[self._rows], [labels[self._rows]])[0]
        return float(np.nan_to_num(widths).mean())


def _labels(pipeline: Pipeline, working: FloatArray, seed: int) -> Labels:
    [fitted] = pipeline.fit_all(working, None, seed)
    return fitted.labels_


def objectives(silhouette: float, stability: float, smallest: float, floor: float) -> dict[str, float]:
    """Objectives; quality is silhouette times stability times size-floor compliance.

    One segment is no segmentation and counts 0. A negative silhouette is not made better by instability.

    Examples
    --------
    >>> objectives(0.4, 0.5, 0.01, 0.02)["quality"], objectives(-0.1, 0.5, 0.3, 0.02)["quality"]
    (0.1, -0.1)
    """
    kept = min(1.0, smallest / floor) if floor else 1.0
    quality = silhouette * stability * kept if silhouette > 0 else silhouette
    return {"quality": quality, "silhouette": silhouette, "stability": stability}
