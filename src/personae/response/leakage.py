"""Leakage guard: checks on suspiciously good figures, with verdict and evidence.

Verdicts: `clean` (nothing found), `handled` (found, and the validation takes care of it), `leak`, and `ask`
(left out, and somebody has to say whether rightly).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict
from sklearn.neighbors import NearestNeighbors
from sklearn.tree import DecisionTreeClassifier

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.core.copies import equal_rows
from personae.response import metrics
from personae.response.folds import identical_rows, value_codes
from personae.response.plan import ResponsePlan

MIN_FILLED = 10
CERTAIN = 0.9
STRONG = 1e-6
NEIGHBOURS = 12
TREE_FOLDS = 3
TREE = DecisionTreeClassifier(max_depth=3, min_samples_leaf=5, random_state=0)


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check: its columns, verdict and evidence."""

    check: str
    columns: tuple[str, ...]
    verdict: str
    evidence: str


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
        resampled(table, target, equal),
    ]


def known_leaks(values: pd.DataFrame, target: IntArray) -> Finding:
    """Report how well each column declared as leaking predicts alone.

    Examples
    --------
    >>> known_leaks(pd.DataFrame({"paid": [0.0, 0.0, 3.0]}), np.array([0, 0, 1])).evidence
    'measured after the event, no feature; alone paid reaches ROC AUC 1.000'
    """
    alone = {str(name): _alone(values[name], target) for name in values}
    reached = ", ".join(f"{name} reaches ROC AUC {auc:.3f}" for name, auc in alone.items())
    evidence = f"measured after the event, no feature; alone {reached}"
    return Finding("declared", tuple(values), "handled", evidence)


def _alone(values: pd.Series, target: IntArray) -> float:
    """ROC AUC of one column alone, directly or by a tree."""
    if pd.api.types.is_numeric_dtype(values) and not values.isna().any():
        column = values.to_numpy(float)
        value = metrics.ranking(target, np.column_stack([-column, column]), "roc_auc")
        return max(value, 1 - value)
    if min(np.bincount(target)) < TREE_FOLDS:
        return float("nan")
    folds = StratifiedKFold(TREE_FOLDS, shuffle=True, random_state=0)
    guessed = cross_val_predict(TREE, _codes(values), target, cv=folds, method="predict_proba")
    return metrics.ranking(target, guessed, "roc_auc")


def _codes(values: pd.Series) -> FloatArray:
    """Give one input: numbers as they are, levels by their number."""
    if pd.api.types.is_numeric_dtype(values):
        codes = values.to_numpy(float, na_value=np.nan)
    else:
        codes = np.asarray(pd.factorize(values, sort=True)[0], dtype=float)
    return np.asarray(codes)[:, None]


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


def single_column(plan: ResponsePlan) -> Finding:
    """Find columns that alone reach a suspicious out-of-fold ROC AUC.

    Customers of one group are in one fold, so that copies cannot lend a column their answers.
    """
    limit = plan.settings.guard.suspicious_auc
    dealer = StratifiedGroupKFold(TREE_FOLDS, shuffle=True, random_state=plan.seed % 2**32)
    folds = list(dealer.split(plan.target, plan.target, plan.groups))
    aucs = {}
    for column in plan.table:
        inputs = _codes(plan.table[column])
        if np.unique(inputs).size < 2:
            continue
        guessed = cross_val_predict(TREE, inputs, plan.target, cv=folds, method="predict_proba")
        aucs[str(column)] = metrics.ranking(plan.target, guessed, "roc_auc")
    if not aucs:
        return Finding("single column", (), "clean", "no column varies")
    best = max(aucs, key=aucs.__getitem__)
    suspects = tuple(name for name, auc in aucs.items() if auc >= limit)
    evidence = f"best single column {best}: ROC AUC {aucs[best]:.3f}; suspicious from {limit:g}"
    return Finding("single column", suspects, "leak" if suspects else "clean", evidence)


def target_dependent_missingness(table: pd.DataFrame, target: IntArray) -> Finding:
    """Find columns that are filled, or unusual, almost only with one answer.

    A column is reported if the exact lower bound (Clopper and Pearson 1934) of the share of one answer among
    its filled rows exceeds 90 %, and leaves less than a fifth of the other answers' overall share.
    """
    suspects, seen = [], []
    for column in table:
        values = table[column]
        usual = values.mode(dropna=False).iloc[0]
        states = {"filled": (values.notna() & (values != "missing")).to_numpy()}
        if (values == usual).mean() >= 0.5:
            states[f"other than {usual}"] = (values != usual).to_numpy() & states["filled"]
        for state, filled in states.items():
            share = _certain_answer(filled, target)
            if share is not None and str(column) not in suspects:
                suspects.append(str(column))
                seen.append(
                    f"{column} is {state} in {int(filled.sum())} rows, {share:.1%} of them one answer"
                )
    evidence = "; ".join(seen) if seen else "no column is filled almost only with one answer"
    return Finding("filled after the event", tuple(suspects), "leak" if suspects else "clean", evidence)


def _certain_answer(filled: BoolArray, target: IntArray) -> float | None:
    if filled.sum() < MIN_FILLED or filled.all():
        return None
    counts = np.bincount(target[filled], minlength=target.max() + 1)
    answer = int(counts.argmax())
    lower = stats.binomtest(int(counts[answer]), int(filled.sum())).proportion_ci(0.95, "exact").low
    usual = float((target == answer).mean())
    return float(counts.max() / filled.sum()) if lower > CERTAIN and 1 - lower < (1 - usual) / 5 else None


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
