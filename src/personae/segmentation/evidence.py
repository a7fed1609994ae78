"""Everything that is known about every candidate k, gathered over both cores."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from personae.segmentation.choice import RULES, gap_statistic
from personae.segmentation.clusterers import Labels, Matrix
from personae.segmentation.nulls import LAWS, Null, compare, fit_null
from personae.segmentation.parallel import run_all
from personae.segmentation.procedure import (
    Figures,
    NullTable,
    Procedure,
    mean_known,
    null_once,
    smallest_share,
)
from personae.segmentation.quality import mean_interval, scatter, silhouettes, stratified_sample
from personae.segmentation.stability import (
    Groups,
    Stability,
    bootstrap_once,
    mean_jaccard,
    prediction_strength_once,
)
from personae.segmentation.summary import Candidate, Effort


@dataclass(frozen=True, slots=True)
class Customers:
    """Customers as points of the reference space and of the working space, with their independent units."""

    points: Matrix
    working: Matrix
    groups: Groups

    def sample(self, rows: int, rng: np.random.Generator) -> tuple["Customers", Labels]:
        """Give whole units of about `rows` customers, and which customers they are."""
        index = np.arange(len(self.points))
        if len(index) > rows:
            sizes = np.bincount(self.groups)
            order = rng.permutation(len(sizes))
            units = order[: max(1, int(np.searchsorted(np.cumsum(sizes[order]), rows, side="right")))]
            index = np.flatnonzero(np.isin(self.groups, units))
        _, groups = np.unique(self.groups[index], return_inverse=True)
        return Customers(self.points[index], self.working[index], groups), index


@dataclass(frozen=True, slots=True)
class Plan:
    """What is computed, how much of it, over how many threads, under which name on the progress bar."""

    procedure: Procedure
    effort: Effort
    workers: int = 1
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Silhouettes:
    """Silhouette widths of the customers `index`, each standing for `weights`, one row a candidate."""

    index: Labels
    weights: Matrix
    widths: Matrix


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about all candidates, and the vote of every rule."""

    candidates: tuple[Candidate, ...]
    votes: dict[str, int]
    stable: bool
    silhouettes: Silhouettes
    null_tables: dict[str, list[NullTable]]
    reference_inertia: Matrix


def gather(
    customers: Customers, labelings: list[Labels], plan: Plan, seed: np.random.SeedSequence
) -> Evidence:
    """Measure quality, stability and chance of every candidate partition, and let the rules vote."""
    sampling, intervals, boots, tables = seed.spawn(4)
    widths = _silhouettes(customers, labelings, plan, np.random.default_rng(sampling))
    stability = _stability(customers, labelings, plan, boots)
    drawn = _null_tables(customers, plan, tables)
    scatters = [scatter(customers.points, labels) for labels in labelings]
    figures = Figures(
        mean_known(widths.widths, widths.weights),
        np.array([inertia for inertia, _, _ in scatters]) / len(customers.points),
        np.array([smallest_share(labels) for labels in labelings]),
    )
    reference = np.array([table.figures.inertia for table in drawn["box"]])
    jaccard = dict(zip(plan.procedure.ks, (one.min_jaccard for one in stability), strict=True))
    ballots = {rule: plan.procedure.vote(rule, figures, reference, jaccard.__getitem__) for rule in RULES[1:]}
    gaps, errors = gap_statistic(figures.inertia, reference)
    units = customers.groups[widths.index]
    candidates = tuple(
        Candidate(
            k=k,
            inertia=inertia,
            silhouette=float(figures.silhouette[column]),
            silhouette_ci=mean_interval(
                widths.widths[column], units, widths.weights, np.random.default_rng(intervals)
            ),
            calinski_harabasz=calinski,
            davies_bouldin=davies,
            gap=float(gaps[column]),
            gap_error=float(errors[column]),
            null=_compare_column(float(figures.silhouette[column]), drawn, column),
            stability=stability[column],
            sizes=tuple(np.bincount(labels[labels >= 0]).tolist()),
            noise=int((labels < 0).sum()),
            smallest_share=float(figures.smallest_share[column]),
        )
        for column, (k, labels, (inertia, calinski, davies)) in enumerate(
            zip(plan.procedure.ks, labelings, scatters, strict=True)
        )
    )
    votes = {rule: k for rule, (k, _) in ballots.items()}
    return Evidence(candidates, votes, ballots["stability"][1], widths, drawn, reference)


def _compare_column(observed: float, drawn: dict[str, list[NullTable]], column: int) -> dict[str, Null]:
    return {
        law: compare(observed, np.array([table.figures.silhouette[column] for table in tables]))
        for law, tables in drawn.items()
    }


def chosen_again(evidence: Evidence, procedure: Procedure, column: int) -> dict[str, Null]:
    """Compare the silhouette of the chosen k with null tables in which the same rule chose.

    A null table in which one segment is chosen has no silhouette, and counts as below.
    """
    observed = evidence.candidates[column].silhouette
    compared = {}
    for law, tables in evidence.null_tables.items():
        values = []
        for table in tables:
            place = column
            if procedure.rule in RULES[1:]:
                again = table.stable_k
                if again is None:
                    again, _ = procedure.vote(
                        procedure.rule, table.figures, evidence.reference_inertia, lambda _: 0.0
                    )
                place = procedure.ks.index(again)
            values.append(table.figures.silhouette[place])
        compared[law] = compare(observed, np.array(values))
    return compared


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


def _null_tables(
    customers: Customers, plan: Plan, seed: np.random.SeedSequence
) -> dict[str, list[NullTable]]:
    sampling, *seeds = seed.spawn(1 + len(LAWS) * plan.effort.null_tables)
    some, _ = customers.sample(plan.effort.null_rows, np.random.default_rng(sampling))
    models = [fit_null(law, customers.points, customers.groups) for law in LAWS]
    tasks = [
        partial(
            null_once,
            models[number % len(LAWS)],
            some.groups,
            plan.procedure,
            plan.effort.null_bootstraps,
            child,
        )
        for number, child in enumerate(seeds)
    ]
    tables = run_all(tasks, plan.workers, plan.label and f"{plan.label}: null tables")
    return {law: tables[number :: len(LAWS)] for number, law in enumerate(LAWS)}
