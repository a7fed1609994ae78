"""From a customer table to segments with evidence, a verdict and a model for new customers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import ThreadpoolController

from personae.core.arrays import FloatArray
from personae.core.errors import PersonaeError
from personae.core.parallel import run_all
from personae.core.statistics import adjusted_rand
from personae.segmentation.choice import RULES, VERDICTS, explain, judge
from personae.segmentation.clusterers import NOISE, Clusterer, Labels
from personae.segmentation.evidence import Evidence, gather
from personae.segmentation.identity import ids_by_size, match_segments
from personae.segmentation.methods import build_clusterer
from personae.segmentation.procedure import Customers, Plan, Procedure
from personae.segmentation.segmenter import FAR_QUANTILE, Segmenter, locate
from personae.segmentation.space import Space, WorkingSpace
from personae.segmentation.stability import Groups
from personae.segmentation.summary import Effort, SegmentReport, candidate_rows
from personae.segmentation.ward import centroids, contract

COMPARED = ("kmeans", "mixture", "ward")
# With fewer distinct customers a segment, samples are checked to hold as many as segments are asked for.
SCARCE = 10


@dataclass(frozen=True, slots=True)
class Segmentation:
    """A segmentation with its evidence.

    `customers` has the index of the table and `segment`, `margin`, `far`, `silhouette` (NaN where it was
    not sampled); `candidates` one row a k; `segmenter` scores new customers; `dendrogram` the last merges of
    Ward's tree, numbered as SciPy numbers them.
    """

    report: SegmentReport
    candidates: pd.DataFrame
    customers: pd.DataFrame
    segmenter: Segmenter
    dendrogram: pd.DataFrame


def fit_segments(
    table: pd.DataFrame,
    space: Space,
    *,
    clusterer: Mapping[str, Any],
    scaler: str = "reference",
    axes: int | None = None,
    ks: Sequence[int] = range(2, 11),
    k: int | None = None,
    rule: str = "stability",
    cap: int | None = None,
    floor: float = 0.02,
    effort: Effort | None = None,
    groups: Sequence[Any] | None = None,
    anchor: Mapping[str, Any] | None = None,
    seed: int = 0,
    workers: int = -1,
    label: str | None = None,
) -> Segmentation:
    """Find segments, choose their number, and weigh the evidence that they exist.

    Parameters
    ----------
    table : DataFrame
        One row a customer, raw units.
    space : Space
        Unfitted reference space, in which every figure is computed.
    clusterer : mapping
        `{"name": ..., **settings}` as in `build_clusterer`.
    scaler, axes
        Where the clusterer works, as in `WorkingSpace`.
    ks : sequence of int
        Candidate numbers of segments; one segment is always looked at too.
    k : int, optional
        Requested number of segments; then no rule chooses.
    rule : {"stability", "silhouette", "elbow", "gap", "fixed"}
        What chooses k. HDBSCAN finds k itself.
    cap : int, optional
        Largest number of segments that a rule may choose.
    floor : float
        Smallest share of the customers in a segment, for the rule `stability`.
    effort : Effort, optional
        How much is computed.
    groups : sequence, optional
        Independent unit of every customer (user, household, group of identical customers); each is its
        own by default.
    anchor : mapping, optional
        Segments of an earlier run whose ids are kept, as in `match_segments`; by size otherwise.
    seed : int
        Decides every figure.
    workers : int
        Processes, -1 for all cores; no figure depends on it.
    label : str, optional
        Text of progress bars; none without it.

    Raises
    ------
    PersonaeError
        If settings do not exist or contradict each other, columns are absent or incomplete, or there are
        fewer distinct customers than segments.
    """
    effort = effort or Effort()
    with ThreadpoolController().limit(limits=1):
        space = Space(**space.get_params()).fit(table)
        points = space.transform(table)
        model = build_clusterer(seed=seed, **clusterer)
        if model.finds_k:
            model = model.fit(WorkingSpace(space, scaler, axes).fit_transform(points))
            ks, k, rule = [model.n_clusters], model.n_clusters, "clusterer"
        else:
            ks, rule = _candidates(ks, k, rule, cap)
        distinct = _distinct(points, SCARCE * max(ks))
        if max(ks) > distinct:
            raise PersonaeError(f"segment: k is {max(ks)}, but there are only {distinct} distinct customers")
        procedure = Procedure(
            model, space, scaler, axes, tuple(ks), rule, cap, floor, distinct < SCARCE * max(ks)
        )
        working = procedure.working_space()
        customers = Customers(points, working.fit_transform(points), _units(groups, len(table)))
        fitted = _fit_candidates(procedure, customers.working, seed, workers)
        evidence = gather(
            customers, fitted, Plan(procedure, effort, workers, label), np.random.SeedSequence(seed), k
        )
        column = evidence.column
        labels, sizes = fitted[column].labels_, evidence.candidates[column].sizes
        centers = centroids(points, labels, len(sizes))
        identity = match_segments(anchor, space, points, labels, centers) if anchor else None
        ids = list(identity.ids) if identity else ids_by_size(sizes).tolist()
        _, margin, distance = locate(customers.working, points, fitted[column], centers)
        segmenter = Segmenter(
            space=space,
            working=working,
            clusterer=fitted[column],
            ids=ids,
            centers=centers,
            far_distance=float(np.quantile(distance, FAR_QUANTILE)),
        )
        far = distance > segmenter.far_distance
        agreement, dendrogram = _other_methods(
            customers, labels, method=clusterer["name"], effort=effort, seed=seed
        )
    tree = int(dendrogram[-1][-1]) if dendrogram else len(labels)
    report = _report(evidence, procedure, method=clusterer["name"], ids=ids, effort=effort, tree=tree)
    peeled = fitted[column].peeled
    niches = None if peeled is None else {str(ids[label]): sizes[label] for label in range(peeled)}
    report = replace(report, far=int(far.sum()), agreement=agreement, identity=identity, niches=niches)
    silhouette = np.full(len(table), np.nan)
    silhouette[evidence.silhouettes.index] = evidence.silhouettes.widths[column]
    return Segmentation(
        report=report,
        candidates=pd.DataFrame(
            candidate_rows(evidence.candidates, evidence.votes, clusterer["name"], ks[column])
        ),
        customers=pd.DataFrame(
            {"segment": segmenter.named(labels), "margin": margin, "far": far, "silhouette": silhouette},
            index=table.index,
        ),
        segmenter=segmenter,
        dendrogram=pd.DataFrame(dendrogram, columns=["first", "second", "distance", "customers"]),
    )


def _candidates(ks: Sequence[int], k: int | None, rule: str, cap: int | None) -> tuple[list[int], str]:
    """Check what was asked for; give all candidates with one segment among them, and the rule in force."""
    if rule not in RULES:
        raise PersonaeError(f"segment: there is no rule {rule!r}; expected one of {', '.join(RULES)}")
    if k is None and rule == "fixed":
        raise PersonaeError("segment: rule is fixed but k is not set; give k or another rule")
    wanted = sorted({1, *ks, *(() if k is None else (k,))})
    if wanted[0] < 1:
        raise PersonaeError(f"segment: k is {wanted[0]}; expected 1 or more")
    if cap is not None and not any(1 < one <= cap for one in wanted):
        raise PersonaeError(f"segment: cap is {cap}, which admits none of the candidates {wanted[1:]}")
    return wanted, rule if k is None else "fixed"


def _distinct(points: FloatArray, plenty: int) -> int:
    """Count distinct customers; where the first thousands already show plenty, no further."""
    seen = len(np.unique(points[: 100 * plenty], axis=0))
    return seen if seen >= plenty else len(np.unique(points, axis=0))


def _units(groups: Sequence[Any] | None, customers: int) -> Groups:
    """Number independent units from 0."""
    if groups is None:
        return np.arange(customers)
    if len(groups) != customers:
        raise PersonaeError(f"segment: groups name {len(groups)} customers; the table has {customers}")
    return np.asarray(pd.factorize(pd.Series(groups))[0])


def _fit_candidates(procedure: Procedure, working: FloatArray, seed: int, workers: int) -> list[Clusterer]:
    """Fit every candidate; those of one tree together."""
    batches = [procedure.ks] if procedure.clusterer.shares_work else [(k,) for k in procedure.ks]
    runs = run_all([partial(procedure.fit_all, working, None, seed, batch) for batch in batches], workers)
    return [fitted for run in runs for fitted in run]


def _other_methods(
    customers: Customers, labels: Labels, *, method: str, effort: Effort, seed: int
) -> tuple[dict[str, float], list[list[float]]]:
    """Compare with the same number of segments by other methods; give the top of the Ward tree as well."""
    k = int(labels.max(initial=NOISE)) + 1
    some, index = customers.sample(effort.stability_rows, np.random.default_rng(seed))
    agreement, dendrogram = {}, []
    for name in COMPARED:
        other = build_clusterer(name, seed=seed).set_params(n_clusters=max(k, 1)).fit(some.working)
        if name == "ward":
            dendrogram = contract(other.tree_)
        if name != method and k > 1:
            agreement[name] = adjusted_rand(labels[index], other.labels_)
    return agreement, dendrogram


def _report(
    evidence: Evidence, procedure: Procedure, *, method: str, ids: Sequence[int], effort: Effort, tree: int
) -> SegmentReport:
    """Write the chosen candidate down, segments in the order of their ids; `tree` customers are in Ward's."""
    one = evidence.candidates[evidence.column]
    order = np.argsort(ids)
    p_value = max(null.p_value for null in evidence.null.values())
    qualified = evidence.stable or procedure.rule != "stability"
    customers = sum(one.sizes) + one.noise
    jaccard = tuple(one.stability.jaccard[position] for position in order)
    verdict = judge(p_value, one.stability.min_jaccard, qualified)
    return SegmentReport(
        k=len(one.sizes),
        method=method,
        space=_space(procedure),
        silhouette=one.silhouette,
        silhouette_ci=one.silhouette_ci,
        null={**evidence.null, "p_value": p_value},
        calinski_harabasz=one.calinski_harabasz,
        davies_bouldin=one.davies_bouldin,
        inertia=one.inertia,
        stability=replace(one.stability, jaccard=jaccard),
        sizes=tuple(one.sizes[position] for position in order),
        rule=procedure.rule,
        verdict=verdict,
        verdict_rank=VERDICTS.index(verdict),
        reason=explain(p_value, one.stability.min_jaccard, qualified),
        ids=tuple(ids[position] for position in order),
        noise=one.noise,
        votes=evidence.votes,
        sampled={
            figure: rows
            for figure, rows in (
                ("silhouette", effort.silhouette_rows),
                ("stability", effort.stability_rows),
                ("null", effort.null_rows),
                # what ward_then_kmeans samples is its first step
                (method.partition("_")[0], getattr(procedure.clusterer, "max_rows", customers)),
                ("dendrogram", tree),
            )
            if customers > rows
        },
    )


def _space(procedure: Procedure) -> dict[str, Any]:
    space = procedure.space
    return {
        "name": space.name,
        "columns": [*space.columns, *space.categorical],
        "log1p": list(space.log1p),
        "scaler": space.scaler,
        "worked_in": {"scaler": procedure.scaler, "axes": procedure.axes},
    }
