"""Everything that is known about every candidate k, gathered over both cores."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from personae.segmentation.choice import gap_statistic
from personae.segmentation.clusterers import Clusterer, Labels, Matrix
from personae.segmentation.nulls import LAWS, Null, compare, fit_null
from personae.parallel import run_all
from personae.segmentation.procedure import (
    Figures,
    NullTable,
    Observed,
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

# Tables of a law in one round, and tables that reach the observed figure after which none follows.
NULL_ROUND = 20
ENOUGH = 10


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
    """What is computed, how much of it, over how many processes, under which name on the progress bar."""

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
    k = requested or ballots.get(procedure.rule, (procedure.ks[0], True))[0]
    observed = Observed(k, float(figures.silhouette[procedure.ks.index(k)]), plan.effort.null_bootstraps)
    drawn = _null_tables(customers, plan, observed, tables)
    reference = np.array([table.figures.inertia for table in drawn["box"]])
    votes = {rule: vote for rule, (vote, _) in ballots.items()}
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
            null=_compare_column(float(figures.silhouette[column]), drawn, column),
            stability=stability[column],
            sizes=tuple(np.bincount(labels[labels >= 0]).tolist()),
            noise=int((labels < 0).sum()),
            smallest_share=float(figures.smallest_share[column]),
        )
        for column, (candidate, labels, (inertia, calinski, davies)) in enumerate(
            zip(procedure.ks, labelings, scatters, strict=True)
        )
    )
    null = _chosen_again(figures, drawn, reference, procedure, k)
    return Evidence(candidates, procedure.ks.index(k), null, votes, ballots["stability"][1], widths)


def _compare_column(observed: float, drawn: dict[str, list[NullTable]], column: int) -> dict[str, Null]:
    return {
        law: compare(observed, np.array([table.figures.silhouette[column] for table in tables]))
        for law, tables in drawn.items()
    }


def _chosen_again(
    figures: Figures, drawn: dict[str, list[NullTable]], reference: Matrix, procedure: Procedure, k: int
) -> dict[str, Null]:
    """Compare the silhouette of the chosen k with null tables in which the same rule chose.

    A null table in which the gap chooses one segment has no silhouette, and counts as below.
    """
    column = procedure.ks.index(k)
    observed = float(figures.silhouette[column])
    compared = {}
    for law, tables in drawn.items():
        reached = []
        for table in tables:
            again = table.reached
            if again is None:
                vote, _ = procedure.vote("gap", table.figures, reference, lambda _: 0.0)
                again = bool(table.figures.silhouette[procedure.ks.index(vote)] >= observed)
            reached.append(again)
        chance = np.array([table.figures.silhouette[column] for table in tables])
        compared[law] = compare(observed, chance, np.array(reached))
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
    customers: Customers, plan: Plan, observed: Observed, seed: np.random.SeedSequence
) -> dict[str, list[NullTable]]:
    """Draw null tables in rounds, until there are enough or chance has plainly reached the observed figure.

    Stopping at a given number of tables that reach it keeps the p value valid (Besag and Clifford 1991).
    """
    sampling, *seeds = seed.spawn(1 + len(LAWS) * plan.effort.null_tables)
    rng = np.random.default_rng(sampling)
    some, _ = customers.sample(plan.effort.null_rows, rng)
    fitted_to, _ = customers.sample(plan.effort.stability_rows, rng)
    models = [fit_null(law, fitted_to.points, fitted_to.groups) for law in LAWS]
    tasks = [
        partial(null_once, models[number % len(LAWS)], some.groups, plan.procedure, observed, child)
        for number, child in enumerate(seeds)
    ]
    tables: list[NullTable] = []
    drawn: dict[str, list[NullTable]] = {}
    step = len(LAWS) * NULL_ROUND
    while len(tables) < len(tasks):
        batch = tasks[len(tables) : len(tables) + step]
        tables += run_all(batch, plan.workers, plan.label and f"{plan.label}: null tables from {len(tables)}")
        drawn = {law: tables[number :: len(LAWS)] for number, law in enumerate(LAWS)}
        if max(sum(table.reached or False for table in of_law) for of_law in drawn.values()) >= ENOUGH:
            break
    return drawn
