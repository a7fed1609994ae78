"""From a customer table to segments with evidence, a verdict and a model for new customers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn import config_context
from threadpoolctl import ThreadpoolController

from personae.core.arrays import FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.core.parallel import parallel_map
from personae.core.sampling import sample_by_hash
from personae.core.statistics import Codes
from personae.segmentation.borders import Border
from personae.segmentation.clusterers import Clusterer
from personae.segmentation.evidence import SegmentEvidence, gather_evidence
from personae.segmentation.identity import Identity, ids_by_size, match_segments
from personae.segmentation.natural import kind_of
from personae.segmentation.pipeline import Pipeline, build_pipeline, sample_units, without_refused
from personae.segmentation.segmenter import FAR_QUANTILE, Segmenter, locate
from personae.segmentation.sensitivity import agreement_with, other_methods, sensitivity
from personae.segmentation.settings import SegmentSettings
from personae.segmentation.space import Space, check_quartiles
from personae.segmentation.verdict import VERDICTS, headline, judge
from personae.segmentation.ward import centroids


@dataclass(frozen=True, slots=True)
class SegmentReport:
    """One segmentation as segment.json holds it; per-segment lists are in the order of `ids`.

    `verdict_rank` is the verdict as a figure: 2 supported, 1 weak, 0 not supported; `niches` are the sizes of
    the small groups that were peeled off, by id; None where the method looks for none. `kind` is natural,
    reproducible or constructive (`kind_of`); `supported_k` the number of segments that gaps support, which
    `headline` says in words;
    `sensitivity` which segments survive other choices (see `sensitivity`).
    """

    k: int
    method: str
    space: Mapping[str, Any]
    silhouette: float
    silhouette_ci: tuple[float, float]
    null: Mapping[str, Any]
    calinski_harabasz: float
    davies_bouldin: float
    inertia: float
    stability: Mapping[str, Any]
    sizes: tuple[int, ...]
    rule: str
    verdict: str
    verdict_rank: int
    reason: str
    kind: str
    supported_k: int | None
    headline: str
    borders: list[Border]
    columns_that_matter: list[dict[str, Any]]
    ids: tuple[int, ...]
    noise: int
    votes: Mapping[str, int]
    sampled: Mapping[str, int]
    far: int = 0
    agreement: Mapping[str, float] = field(default_factory=dict)
    sensitivity: Mapping[str, Any] = field(default_factory=dict)
    identity: Identity | None = None
    niches: Mapping[str, int] | None = None
    also: Mapping[str, "SegmentReport"] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Say what the data supports, a line for each segmentation."""
        return [
            f"{each.space['name']}: {each.k} segments, {each.verdict}: {each.reason}"
            for each in (self, *self.also.values())
        ]


@dataclass(frozen=True, slots=True)
class Segmentation:
    """A segmentation with its evidence, and the further named ones of the same customers.

    Attributes
    ----------
    report
        What segment.json holds; that of the further segmentations under `also`.
    candidates
        Figures of every candidate k of all segmentations, one row a k.
    customers
        With the index of the table: `segment`, `margin`, `far`, `silhouette` (NaN where it was not sampled),
        and the segment of every further segmentation as `segment_<name>`.
    segmenter
        Scores new customers.
    dendrogram
        The last merges of Ward's tree, numbered as SciPy numbers them.
    also
        The further segmentations by name.
    """

    report: SegmentReport
    candidates: pd.DataFrame
    customers: pd.DataFrame
    segmenter: Segmenter
    dendrogram: pd.DataFrame
    also: Mapping[str, "Segmentation"] = field(default_factory=dict)


def segment_customers(
    table: pd.DataFrame,
    settings: SegmentSettings,
    *,
    groups: Sequence[Any] | None = None,
    anchor: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Segmentation:
    """Find segments, choose their number, and weigh the evidence that they exist.

    Parameters
    ----------
    table : DataFrame
        One row a customer, raw units, complete in the columns of the spaces.
    settings : SegmentSettings
        Spaces, method, choice of k, effort.
    groups : sequence, optional
        Independent unit of every customer (user, household, group of identical customers): by default the
        column `unit` where the table has one, else each customer is its own.
    anchor : mapping, optional
        Segments of an earlier run under `segments`, as in `match_segments`, whose ids are kept; those of a
        further segmentation under `also.<name>`. Without any, ids are by size.
    seed : int
        Decides every figure.

    Raises
    ------
    PersonaeError
        If columns are absent or incomplete, or there are fewer distinct customers than segments.
    """
    anchor = anchor or {}
    if groups is None:
        groups = table["unit"] if "unit" in table else range(len(table))
    if len(groups) != len(table):
        raise PersonaeError(f"segment: groups name {len(groups)} customers; the table has {len(table)}")
    units = np.asarray(pd.factorize(pd.Series(groups))[0])
    drawn = sample_by_hash(groups, settings.fit_rows)
    checked = config_context(assume_finite=True, skip_parameter_validation=True)  # by spaces and settings
    find = partial(_segment, table, groups=units, drawn=drawn, seed=seed)
    with ThreadpoolController().limit(limits=1), checked:
        main = find(settings, anchor=anchor)
        also = {
            name: find(
                settings.model_copy(update={"space": each.space, "k": each.k}),
                anchor=anchor.get("also", {}).get(name, {}),
            )
            for name, each in settings.also.items()
        }
    return replace(
        main,
        report=replace(main.report, also={name: each.report for name, each in also.items()}),
        customers=main.customers.assign(
            **{f"segment_{name}": each.customers["segment"] for name, each in also.items()}
        ),
        candidates=pd.concat([main.candidates, *(each.candidates for each in also.values())]).reset_index(
            drop=True
        ),
        also=also,
    )


def _segment(
    table: pd.DataFrame,
    settings: SegmentSettings,
    *,
    groups: Codes,
    anchor: Mapping[str, Any],
    drawn: IntArray,
    seed: int,
) -> Segmentation:
    settings, left_out = without_refused(table, settings)
    space, points, pipeline = _pipeline(table, settings, seed)
    working_space = pipeline.working_space()
    working = working_space.fit_transform(points)
    fitted = _fit_candidates(pipeline, working, drawn, seed)
    if pipeline.rule == "clusterer":
        k = fitted[0].n_clusters
        pipeline = replace(pipeline, ks=(k,), settings=settings.model_copy(update={"k": k}))
    evidence = gather_evidence(points, working, groups, fitted, pipeline, seed=seed)
    chosen = fitted[evidence.column]
    labels = chosen.labels_
    sizes = np.bincount(labels[labels >= 0])
    centers = centroids(points, labels, len(sizes))
    identity = match_segments(anchor, space, points, labels, centers) if anchor.get("segments") else None
    ids = list(identity.ids) if identity else ids_by_size(sizes).tolist()
    _, margin, distance = locate(working, points, chosen, centers)
    segmenter = Segmenter(
        space=space,
        working=working_space,
        clusterer=chosen,
        ids=ids,
        centers=centers,
        far_distance=float(np.quantile(distance, FAR_QUANTILE)),
    )
    far = distance > segmenter.far_distance
    index, _ = sample_units(groups, settings.effort.stability_rows, np.random.default_rng(seed))
    others, dendrogram = other_methods(working[index], len(sizes), seed)
    tree = int(dendrogram["customers"].iloc[-1]) if len(dendrogram) else len(labels)
    report = _report(evidence, pipeline, chosen, ids, fit=len(drawn), dendrogram=tree)
    report = replace(
        report,
        space={**report.space, **left_out},
        far=int(far.sum()),
        agreement=agreement_with(others, labels[index], settings.clusterer.name),
        identity=identity,
        sensitivity=sensitivity(points[index], labels[index], ids, pipeline, others=others, seed=seed),
    )
    described = {"segment": segmenter.named(labels), "margin": margin, "far": far}
    return Segmentation(
        report=report,
        candidates=evidence.candidates.assign(space=space.name),
        customers=pd.DataFrame(described | {"silhouette": evidence.silhouette}, index=table.index),
        segmenter=segmenter,
        dendrogram=dendrogram,
    )


def _pipeline(
    table: pd.DataFrame, settings: SegmentSettings, seed: int
) -> tuple[Space, FloatArray, Pipeline]:
    """Fit the space, and give its points with the pipeline for all candidates."""
    space = Space(**settings.space.model_dump()).fit(table)
    if "robust" in (settings.space.scaler, settings.scaler.name):
        check_quartiles(table, settings.space.columns)
    points = space.transform(table)
    ks = sorted({1, *settings.candidates, settings.k or 1})
    return space, points, build_pipeline(settings, space, points, ks, seed)


def _fit_candidates(pipeline: Pipeline, working: FloatArray, drawn: IntArray, seed: int) -> list[Clusterer]:
    """Fit every candidate to the drawn customers, those of one tree together; assign all."""
    batches = [pipeline.ks] if pipeline.clusterer.shares_work else [(k,) for k in pipeline.ks]
    sampled = len(drawn) < len(working)
    rows = working[drawn] if sampled else working
    tasks = [partial(pipeline.fit_all, rows, None, seed, batch) for batch in batches]
    fitted = [each for run in parallel_map(tasks, pipeline.settings.workers) for each in run]
    for each in fitted if sampled else ():
        each.assign(working)
    return fitted


def _report(
    evidence: SegmentEvidence, pipeline: Pipeline, chosen: Clusterer, ids: Sequence[int], **rows: int
) -> SegmentReport:
    """Describe the chosen candidate; its fit and Ward's tree are of `rows`."""
    settings = pipeline.settings
    row = evidence.candidates.iloc[evidence.column].to_dict()
    sizes = np.bincount(chosen.labels_[chosen.labels_ >= 0]).tolist()
    customers = len(chosen.labels_)
    order = np.argsort(ids)
    p_value = max(null["p_value"] for null in evidence.null.values())
    jaccard = evidence.stability["jaccard"]
    borders = _by_ids(evidence.borders, ids)
    verdict, reason = judge(
        p_value,
        evidence.stability["min_jaccard"],
        evidence.qualified,
        k=len(sizes),
        supported_k=evidence.supported_k,
        borders=borders,
        why=evidence.why,
    )
    effort, method = settings.effort, settings.clusterer.name
    sampled = {
        "fit": rows["fit"],
        "silhouette": effort.silhouette_rows,
        "stability": effort.stability_rows,
        "null": effort.null_rows,
        # what ward_then_kmeans samples is its first step
        method.partition("_")[0]: getattr(chosen, "max_rows", customers),
        "dendrogram": rows["dendrogram"],
    }
    return SegmentReport(
        k=len(sizes),
        method=method,
        space=_spaces(settings),
        silhouette=row["silhouette"],
        silhouette_ci=(row["silhouette_low"], row["silhouette_high"]),
        null={**evidence.null, "p_value": p_value},
        calinski_harabasz=row["calinski_harabasz"],
        davies_bouldin=row["davies_bouldin"],
        inertia=row["inertia"],
        stability=evidence.stability | {"jaccard": tuple(jaccard[position] for position in order)},
        sizes=tuple(sizes[position] for position in order),
        rule=pipeline.rule,
        verdict=verdict,
        verdict_rank=VERDICTS.index(verdict),
        reason=reason,
        kind=kind_of(p_value, evidence.stability["min_jaccard"], evidence.borders),
        supported_k=evidence.supported_k,
        headline=headline(len(sizes), evidence.supported_k),
        borders=borders,
        columns_that_matter=evidence.columns,
        ids=tuple(ids[position] for position in order),
        noise=row["noise"],
        votes=evidence.votes,
        sampled={figure: count for figure, count in sampled.items() if customers > count},
        niches=(
            None if chosen.n_niches is None else {str(ids[one]): sizes[one] for one in range(chosen.n_niches)}
        ),
    )


def _spaces(settings: SegmentSettings) -> dict[str, Any]:
    """Describe the reference space, and the one in which the clusterer works."""
    space = settings.space
    return {
        "name": space.name,
        "columns": [*space.columns, *space.categorical],
        "log1p": space.log1p,
        "scaler": space.scaler,
        "worked_in": {"scaler": settings.scaler.name, "axes": settings.scaler.axes},
    }


def _by_ids(borders: Sequence[Border], ids: Sequence[int]) -> list[Border]:
    """Name the two segments of every border by their ids, the lower first."""
    named = []
    for border in borders:
        a, b = sorted(int(ids[int(border[end])]) for end in "ab")
        named.append({**border, "a": a, "b": b, "gap": bool(border["gap"])})
    return sorted(named, key=lambda border: (border["a"], border["b"]))
