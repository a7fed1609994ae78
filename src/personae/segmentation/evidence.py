"""Everything that is known about every candidate k, gathered over both cores."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from personae.core.arrays import FloatArray
from personae.core.parallel import run_all
from personae.segmentation.chance import box_inertia, by_chance
from personae.segmentation.choice import gap_statistic
from personae.segmentation.clusterers import Clusterer, Labels
from personae.segmentation.null_models import Null
from personae.segmentation.procedure import Customers, Figures, Plan, mean_known, smallest_share
from personae.segmentation.quality import mean_interval, scatter, silhouettes, stratified_sample
from personae.segmentation.stability import Stability, bootstrap_once, mean_jaccard, prediction_strength_once
from personae.segmentation.summary import Candidate


@dataclass(frozen=True, slots=True)
class Silhouettes:
    """Silhouette widths of the customers `index`, each standing for `weights`, one row a candidate."""

    index: Labels
    weights: FloatArray
    widths: FloatArray


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about all candidates, the vote of every rule, and the `column` of the chosen one."""

    candidates: tuple[Candidate, ...]
    column: int
    null: dict[str, Null]
    votes: dict[str, int]
    stable: bool
    silhouettes: Silhouettes


def gather(
    customers: Customers,
    fitted: list[Clusterer],
    plan: Plan,
    seed: np.random.SeedSequence,
    requested: int | None,
) -> Evidence:
    """Measure quality, stability and chance of every candidate partition, and let the rules vote."""
    labelings = [one.labels_ for one in fitted]
    sampling, intervals, boots, tables = seed.spawn(4)
    procedure = plan.procedure
    widths = _silhouettes(customers, labelings, plan, np.random.default_rng(sampling))
    stability = _stability(customers, labelings, plan, boots)
    scatters = [scatter(customers.points, labels) for labels in labelings]
    figures = Figures(
        mean_known(widths.widths, widths.weights),
        np.array([inertia for inertia, _, _ in scatters]) / len(customers.points),
        np.array([smallest_share(labels) for labels in labelings]),
        fitted[0].fewest,
    )
    jaccard = dict(zip(procedure.ks, (one.min_jaccard for one in stability), strict=True)).__getitem__
    ballots = {
        rule: procedure.vote(rule, figures, None, jaccard) for rule in ("silhouette", "elbow", "stability")
    }
    votes = {rule: vote for rule, (vote, _) in ballots.items()}
    k = requested or votes.get(procedure.rule, procedure.ks[0])
    drawn = by_chance(customers, plan, figures, None if procedure.rule == "gap" else k, tables)
    reference = box_inertia({law: chance.figures for law, chance in drawn.items()})
    votes["gap"], _ = procedure.vote("gap", figures, reference, jaccard)
    k = votes["gap"] if procedure.rule == "gap" else k
    gaps, errors = gap_statistic(figures.inertia, reference)
    units = customers.groups[widths.index]
    candidates = tuple(
        Candidate(
            k=candidate,
            inertia=inertia,
            silhouette=float(figures.silhouette[column]),
            silhouette_ci=mean_interval(
                widths.widths[column], units, widths.weights, np.random.default_rng(intervals)
            ),
            calinski_harabasz=calinski,
            davies_bouldin=davies,
            gap=float(gaps[column]),
            gap_error=float(errors[column]),
            null={law: chance.compare(figures, column, chosen=False) for law, chance in drawn.items()},
            stability=stability[column],
            sizes=tuple(np.bincount(labels[labels >= 0]).tolist()),
            noise=int((labels < 0).sum()),
            smallest_share=float(figures.smallest_share[column]),
        )
        for column, (candidate, labels, (inertia, calinski, davies)) in enumerate(
            zip(procedure.ks, labelings, scatters, strict=True)
        )
    )
    column = procedure.ks.index(k)
    null = {law: chance.compare(figures, column, chosen=True) for law, chance in drawn.items()}
    return Evidence(candidates, column, null, votes, ballots["stability"][1], widths)


def _silhouettes(
    customers: Customers, labelings: list[Labels], plan: Plan, rng: np.random.Generator
) -> Silhouettes:
    count = len(customers.points)
    if count <= plan.effort.silhouette_rows:
        index, weights = np.arange(count), np.ones(count)
    else:
        index, weights = stratified_sample(labelings[-1], plan.effort.silhouette_rows, rng)
    sampled = [labels[index] for labels in labelings]
    mass = None if len(index) == count else weights
    return Silhouettes(index, weights, silhouettes(customers.points[index], sampled, mass, plan.workers))


def _stability(
    customers: Customers, labelings: list[Labels], plan: Plan, seed: np.random.SeedSequence
) -> list[Stability]:
    sampling, *seeds = seed.spawn(1 + plan.effort.bootstraps + plan.effort.splits)
    some, index = customers.sample(plan.effort.stability_rows, np.random.default_rng(sampling))
    sampled = [labels[index] for labels in labelings]
    boots = [
        partial(
            bootstrap_once,
            some.working,
            sampled,
            some.groups,
            plan.procedure.fit_all,
            np.random.default_rng(child),
        )
        for child in seeds[: plan.effort.bootstraps]
    ]
    halves = [
        partial(
            prediction_strength_once,
            some.working,
            some.groups,
            plan.procedure.fit_all,
            np.random.default_rng(child),
        )
        for child in seeds[plan.effort.bootstraps :]
    ]
    runs = run_all(boots, plan.workers, plan.label and f"{plan.label}: bootstraps")
    strengths = np.array(run_all(halves, plan.workers, plan.label and f"{plan.label}: prediction strength"))
    result = []
    for column in range(len(labelings)):
        aris = np.array([run[column][0] for run in runs])
        jaccard = mean_jaccard(np.array([run[column][1] for run in runs]))
        result.append(
            Stability(
                ari_mean=float(aris.mean()),
                ari_sd=float(aris.std(ddof=1)) if len(aris) > 1 else float("nan"),
                jaccard=tuple(jaccard.tolist()),
                min_jaccard=float(jaccard.min()) if len(jaccard) else 0.0,
                prediction_strength=float(strengths[:, column].mean()),
            )
        )
    return result
