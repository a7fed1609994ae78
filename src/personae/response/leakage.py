"""Leakage guard: checks on suspiciously good figures, with verdict and evidence.

Verdicts: `clean` (nothing found), `handled` (found, and the validation takes care of it), `leak`, and `ask`
(left out, and somebody has to say whether rightly).
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.neighbors import NearestNeighbors

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.core.copies import equal_rows
from personae.response import metrics
from personae.response.alike import alike_rows
from personae.response.folds import identical_rows, value_codes
from personae.response.plan import ResponsePlan
from personae.response.telling import (
    Finding,
    column_auc,
    columns_and_pairs,
    encoded,
    single_column,
    target_dependent_missingness,
)

KINDS = (
    "identical customers in different folds",
    "customers who are all but identical, or of one undeclared household, in different folds",
    "a column that alone tells the answer, by its order, levels, gaps, remainders, decimals, letters or "
    "parts of words, by what stands next to it in order, or by its step from row to row",
    "columns whose difference, ratio, sum, product, equality, count or joint levels (of two or three) tell "
    "the answer",
    "columns computed from the answers of these very rows",
    "rows copied or interpolated before the split",
    "a procedure that is too good, or good on permuted answers",
)
UNSEEN = "what happened after the offer and looks like a fact of before; only who knows the columns can tell"

ALIKE_BEYOND = 0.15
ALIKE_Z = 4.0
# A customer's dozen nearest are a tenth of these.
MIN_ALIKE = 120
MOST_NAMED = 3
STRONG = 1e-6
NEIGHBOURS = 12


def inspect(plan: ResponsePlan) -> list[Finding]:
    """Run every check that needs only table, target and folds."""
    table, target = plan.table, plan.target
    same, equal = identical_rows(table), equal_rows(value_codes(table))
    # Forward in time every row is predicted from earlier ones only: the past may repeat itself.
    forward = plan.folds.forward
    return [
        duplicates(same, np.zeros_like(plan.groups) if forward else plan.groups, forward=forward),
        conflicts(equal, target),
        single_column(plan),
        target_dependent_missingness(table, target),
        *columns_and_pairs(plan),
        encoded(table, target),
        alike(plan),
        resampled(table, target, equal),
    ]


def known_leaks(values: pd.DataFrame, target: IntArray) -> Finding:
    """Report how well each column declared as leaking predicts alone.

    Examples
    --------
    >>> known_leaks(pd.DataFrame({"paid": [0.0, 0.0, 3.0]}), np.array([0, 0, 1])).evidence
    'measured after the event, no feature; alone paid reaches ROC AUC 1.000'
    """
    alone = {str(name): column_auc(values[name], target) for name in values}
    reached = ", ".join(f"{name} reaches ROC AUC {auc:.3f}" for name, auc in alone.items())
    evidence = f"measured after the event, no feature; alone {reached}"
    return Finding("declared", tuple(values), "handled", evidence)


def duplicates(groups: IntArray, units: IntArray, *, forward: bool = False) -> Finding:
    """Look for identical customers that the validation would put into different folds.

    Examples
    --------
    >>> duplicates(np.array([0, 1, 0]), np.array([0, 1, 2])).verdict
    'leak'
    """
    _, number, counts = np.unique(groups, return_inverse=True, return_counts=True)
    repeated = counts[number] > 1
    if not repeated.any():
        return Finding("duplicates", (), "clean", "no two customers are identical")
    met = np.unique(np.column_stack([number, units]), axis=0)[:, 0]
    apart = int((np.bincount(met) > 1).sum())
    evidence = f"{int(repeated.sum())} rows in {int((counts > 1).sum())} groups of identical customers"
    kept = "each predicted from earlier ones" if forward else "each kept in one fold"
    if apart:
        return Finding("duplicates", (), "leak", f"{evidence}; {apart} groups would be split over folds")
    return Finding("duplicates", (), "handled", f"{evidence}, {kept}")


def conflicts(groups: IntArray, target: IntArray) -> Finding:
    """Count identical customers with different answers, which bound every model's accuracy."""
    counts = np.zeros((groups.max() + 1, target.max() + 1))
    np.add.at(counts, (groups, target), 1)
    differing = (counts > 0).sum(axis=1) > 1
    if not differing.any():
        return Finding("conflicting labels", (), "clean", "identical customers answer alike")
    ceiling = counts.max(axis=1).sum() / len(target)
    evidence = f"{int(differing.sum())} groups of identical customers answer differently; "
    return Finding("conflicting labels", (), "handled", f"{evidence}accuracy cannot exceed {ceiling:.4f}")


def alike(plan: ResponsePlan) -> Finding:
    """Find similar customers of different groups whose answers agree too well."""
    name = "alike customers"
    if plan.folds.forward:
        return Finding(name, (), "clean", "predicted from earlier rows, which may be alike")
    if len(plan.target) < MIN_ALIKE:
        return Finding(name, (), "clean", f"not judged on fewer than {MIN_ALIKE} customers")
    found = list(alike_rows(plan.table, plan.target, plan.groups, seed=plan.seed))
    if not found:
        return Finding(name, (), "clean", "few customers of different folds are unusually alike")
    suspects = [each for each in found if each[2] >= ALIKE_BEYOND and each[3] >= ALIKE_Z]
    pairs, share, agreement, z, columns = max(suspects or found, key=lambda each: each[3])
    where = f", most in {', '.join(columns[:MOST_NAMED])}" if columns else ""
    evidence = (
        f"{pairs} pairs of unusually alike customers{where} ({share:.0%} of the rows): beyond what their "
        f"columns explain, answers agree by {'' if suspects else 'at most '}{agreement:.2f} (0 none, 1 all; "
        f"z {z:.1f}); suspicious from "
        f"{ALIKE_BEYOND:g}, z {ALIKE_Z:g}"
    )
    return Finding(name, columns if suspects else (), "leak" if suspects else "clean", evidence)


def whole_procedure(
    plan: ResponsePlan, probabilities: FloatArray, importance: Mapping[str, float]
) -> Finding:
    """Report a suspiciously good procedure and the columns behind it.

    `ask` where its ROC AUC reaches `suspicious_auc`: that alone tells no leak from an easy question.
    """
    limit = plan.settings.guard.suspicious_auc
    seen = ~np.isnan(probabilities[:, 0])
    target, given = plan.target[seen], probabilities[seen]
    auc = metrics.ranking(target, given, "roc_auc")
    lower, upper = metrics.auc_interval(target, given)
    main = tuple(sorted(importance, key=lambda name: -importance[name])[:MOST_NAMED])
    evidence = f"ROC AUC out of fold {auc:.3f} ({lower:.3f} to {upper:.3f}); suspicious from {limit:g}"
    if not auc >= limit:
        return Finding("whole procedure", (), "clean", evidence)
    return Finding("whole procedure", main, "ask", f"{evidence}; it rests most on {', '.join(main)}")


def resampled(table: pd.DataFrame, target: IntArray, groups: IntArray) -> Finding:
    """Find copies or interpolations of the rarer answers' rows.

    Among the rows of the rarer answers the share of such rows must exceed 30 % and be beyond chance (Fisher's
    exact test, p < 1e-6) of the most frequent answer's; balanced classes are compared in both directions.
    """
    counts = np.bincount(groups)
    copied = counts[groups] > 1
    between = _between_neighbours(table, target)
    seen = []
    for answer in np.unique(target):
        own = target == answer
        for made, how in ((copied, "copies of another"), (between, "exactly between two others")):
            share, elsewhere = made[own].mean(), made[~own].mean()
            odds = [[made[own].sum(), (~made)[own].sum()], [made[~own].sum(), (~made)[~own].sum()]]
            if share > 0.3 and share > 2 * elsewhere and stats.fisher_exact(odds).pvalue < STRONG:
                seen.append(f"answer {answer}: {share:.0%} of the rows are {how}, {elsewhere:.0%} elsewhere")
    evidence = "; ".join(seen) if seen else "no answer consists of copies or of points between customers"
    return Finding("resampled before the split", (), "leak" if seen else "clean", evidence)


def _between_neighbours(table: pd.DataFrame, target: IntArray) -> BoolArray:
    """Mark rows on the line between two neighbours with their answer."""
    numeric = table.select_dtypes("number")
    varied = numeric.loc[:, (numeric.nunique() > 20) & numeric.notna().any()]
    between = np.zeros(len(table), dtype=bool)
    if varied.shape[1] < 3:
        return between
    points = ((varied - varied.mean()) / varied.std()).fillna(0.0).to_numpy()
    for answer in np.unique(target):
        rows = np.flatnonzero(target == answer)
        count = min(NEIGHBOURS + 1, len(rows))
        if count < 3:
            continue
        search = NearestNeighbors(n_neighbors=count).fit(points[rows])
        near = search.kneighbors(points[rows], return_distance=False)[:, 1:]
        for row, others in zip(rows, near, strict=True):
            arms = points[rows[others]] - points[row]
            length = np.linalg.norm(arms, axis=1)
            arms = arms[length > 1e-9] / length[length > 1e-9, None]
            between[row] = bool(len(arms)) and float((arms @ arms.T).min()) < -1 + 1e-9
    return between


def permuted_target_check(
    run: Callable[[IntArray], FloatArray], target: IntArray, units: IntArray, *, permutations: int, seed: int
) -> Finding:
    """Run the whole pipeline on permuted targets; it should find nothing.

    Answers are permuted over units, whose rows keep one answer, so that a pipeline that splits identical
    customers is caught too.

    Parameters
    ----------
    run : from class codes to probabilities out of fold, shape (rows, classes); NaN where not predicted
    target, units : class codes, and who is kept together
    permutations : runs

    Examples
    --------
    >>> target = np.arange(200) % 2
    >>> honest = lambda answers: np.full((200, 2), 0.5)
    >>> permuted_target_check(honest, target, np.arange(200), permutations=3, seed=0).verdict
    'clean'
    """
    _, first, member = np.unique(units, return_index=True, return_inverse=True)
    rng = np.random.default_rng(seed)
    aucs, noise = [], []
    for _ in range(permutations):
        answers = rng.permutation(target[first])[member]
        guessed = run(answers)
        seen = ~np.isnan(guessed[:, 0])
        aucs.append(metrics.ranking(answers[seen], guessed[seen], "roc_auc"))
        noise.append(_null_sd(answers[seen], member[seen]))
    mean = float(np.mean(aucs))
    limit = 0.5 + 3 * float(np.mean(noise)) / np.sqrt(permutations)
    evidence = (
        f"ROC AUC {mean:.3f} on {permutations} permutations of the answers; chance stays below {limit:.3f}"
    )
    return Finding("permuted answers", (), "leak" if mean > limit else "clean", evidence)


def _null_sd(answers: IntArray, units: IntArray) -> float:
    """Standard deviation of the null ROC AUC, over units (Mann and Whitney 1947)."""
    first = np.unique(units, return_index=True)[1]
    events = np.bincount(answers[first])[1:]
    others = len(first) - events
    return float(np.sqrt(np.mean((len(first) + 1) / (12 * events * others))))
