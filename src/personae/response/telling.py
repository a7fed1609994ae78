"""Leakage checks of columns: alone, in pairs, by gaps, as encodings."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd
from scipy.special import betaincinv
from sklearn.metrics import cohen_kappa_score
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.response import metrics
from personae.response.encodings import encoded_answers
from personae.response.faces import faces, finer, neighbours_auc, steps
from personae.response.plan import ResponsePlan
from personae.response.relations import coded, equal_states, level_auc, relations, triples

MIN_FILLED = 10
MAX_ROWS = 5000
CERTAIN = 0.9
COPY_KAPPA = 0.8
COPY_MARGIN = 0.02
MOST_NAMED = 3
MANY_VALUES = 20
COMMON = 0.02
ODDS = 20
TREE_FOLDS = 3
TREE = DecisionTreeClassifier(max_depth=3, min_samples_leaf=5, random_state=0)


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check: its columns, verdict and evidence."""

    check: str
    columns: tuple[str, ...]
    verdict: str
    evidence: str


def column_auc(values: pd.Series, target: IntArray) -> float:
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


def single_column(plan: ResponsePlan) -> Finding:
    """Find columns that alone reach a suspicious out-of-fold ROC AUC.

    Customers of one group are in one fold, so that copies cannot lend a column their answers. A column of two
    values that is a copy of the answer with a few per cent of errors is recognised by Cohen's kappa, too.
    """
    limit = plan.settings.guard.suspicious_auc
    folds = _guard_folds(plan.target, plan.groups, plan.seed)
    splits = [(np.flatnonzero(folds != k), np.flatnonzero(folds == k)) for k in range(TREE_FOLDS)]
    found, copies = {}, []
    for column in plan.table:
        inputs = _codes(plan.table[column])
        if np.unique(inputs).size < 2:
            continue
        guessed = cross_val_predict(TREE, inputs, plan.target, cv=splits, method="predict_proba")
        found[str(column)] = metrics.ranking(plan.target, guessed, "roc_auc")
        if _is_copy(inputs[:, 0], plan.target, found[str(column)] >= limit - COPY_MARGIN):
            copies.append(str(column))
    if not found:
        return Finding("single column", (), "clean", "no column varies")
    best = max(found, key=found.__getitem__)
    suspects = tuple(name for name, auc in found.items() if auc >= limit or name in copies)
    evidence = f"best single column {best}: ROC AUC {found[best]:.3f}; suspicious from {limit:g}"
    if copies:
        evidence += f"; {', '.join(copies)} agrees with the answer as a copy with few errors does"
    return Finding("single column", suspects, "leak" if suspects else "clean", evidence)


def _is_copy(values: FloatArray, target: IntArray, near_limit: bool) -> bool:
    """Whether a binary column copies an answer (kappa from .8) or nears the limit."""
    known = np.isfinite(values)
    levels = np.unique(values[known])
    if len(levels) != 2 or target.max() != 1 or known.mean() < CERTAIN:
        return False
    return near_limit or abs(cohen_kappa_score(values[known] == levels[1], target[known] == 1)) >= COPY_KAPPA


def _guard_folds(target: IntArray, groups: IntArray, seed: int) -> IntArray:
    """Fold of each row for column checks, groups kept together."""
    folds = np.empty(len(target), dtype=np.intp)
    dealer = StratifiedGroupKFold(TREE_FOLDS, shuffle=True, random_state=seed % 2**32)
    for number, (_, test) in enumerate(dealer.split(target, target, groups)):
        folds[test] = number
    return folds


def columns_and_pairs(plan: ResponsePlan) -> list[Finding]:
    """Find levels, digits and pairs that predict too well out of fold.

    Of more than 5,000 rows as many are drawn. A pair is reported only where it tells clearly more than each
    of its columns does.
    """
    rows, limit = _sampled(plan), plan.settings.guard.suspicious_auc
    table, target = plan.table.iloc[rows], np.unique(plan.target[rows], return_inverse=True)[1]
    folds = _guard_folds(target, plan.groups[rows], plan.seed)
    alone = {str(name): level_auc(coded(_codes(table[name])[:, 0]), target, folds) for name in table}
    runs = ((how, columns, codes[rows]) for how, columns, codes in steps(plan.table))
    three = (each for added, each in triples(table, target, folds) if added < limit - COPY_MARGIN)
    findings = [_order(table, target, folds, alone, limit), _grain(table, target)]
    for check, search in (
        ("levels and digits", chain(faces(table), runs)),
        ("relations of columns", chain(relations(table), three)),
    ):
        best, seen, suspects = 0.0, "none was possible", dict[tuple[str, ...], tuple[float, str]]()
        for how, columns, codes in search:
            auc = level_auc(codes, target, folds)
            text = f"{how} of {' and '.join(columns)}: ROC AUC {auc:.3f}" if columns else f"{how}: {auc:.3f}"
            if auc > best:
                best, seen = auc, f"best is {text}; suspicious from {limit:g}"
            more = len(columns) < 2 or auc >= max(alone[name] for name in columns) + COPY_MARGIN
            if auc >= limit and more and auc > suspects.get(columns, (0.0, ""))[0]:
                suspects[columns] = auc, text
        named = sorted(suspects.items(), key=lambda each: -each[1][0])[:MOST_NAMED]
        columns = tuple(dict.fromkeys(name for pair, _ in named for name in pair))
        evidence = "; ".join(text for _, (_, text) in named) if named else seen
        findings.append(Finding(check, columns, "leak" if named else "clean", evidence))
    return [*findings, _equal_pairs(table, target)]


def _order(
    table: pd.DataFrame, target: IntArray, folds: IntArray, alone: dict[str, float], limit: float
) -> Finding:
    """Find columns of numbers whose neighbours in order answer alike."""
    told = {
        str(name): neighbours_auc(table[name].to_numpy(float), target, folds)
        for name in table.select_dtypes("number")
    }
    suspects = tuple(name for name, auc in told.items() if auc >= max(limit, alone[name] + COPY_MARGIN))
    best = max(told, key=told.__getitem__, default=None)
    evidence = (
        "no column numbers the rows"
        if best is None
        else f"neighbours in order of {best}: ROC AUC {told[best]:.3f}"
    )
    return Finding("order of numbers", suspects, "leak" if suspects else "clean", evidence)


def _grain(table: pd.DataFrame, target: IntArray) -> Finding:
    """Find numbers written more or less finely almost only with one answer."""
    seen = dict[str, str]()
    for name, text, rows in finer(table):
        for state, inside in ((text, rows), (f"not {text}", ~rows)):
            share = _certain_answer(inside, target, demanding=True)
            if share is not None:
                seen.setdefault(
                    name, f"{name} is {state} in {int(inside.sum())} rows, {share:.1%} of them one answer"
                )
    evidence = "; ".join(seen.values()) or "numbers are written alike whatever the answer"
    return Finding("how numbers are written", tuple(seen), "leak" if seen else "clean", evidence)


def _sampled(plan: ResponsePlan) -> IntArray:
    rows = np.arange(len(plan.target))
    if len(rows) > MAX_ROWS:
        rows = np.sort(np.random.default_rng(plan.seed).choice(rows, MAX_ROWS, replace=False))
    return rows


def _equal_pairs(table: pd.DataFrame, target: IntArray) -> Finding:
    """Find columns equal, or in their usual ratio, almost only with one answer."""
    columns, seen = list[str](), list[str]()
    for text, pair, same in equal_states(table):
        for state, rows in ((text, same), (f"it is not so that {text}", ~same)):
            share = _certain_answer(rows, target, demanding=True)
            if share is not None and len(seen) < MOST_NAMED:
                columns += [name for name in pair if name not in columns]
                seen.append(f"{state} in {int(rows.sum())} rows, {share:.1%} of them one answer")
    evidence = "; ".join(seen) if seen else "no two columns are equal almost only with one answer"
    return Finding("equal columns", tuple(columns), "leak" if seen else "clean", evidence)


def encoded(table: pd.DataFrame, target: IntArray) -> Finding:
    """Find columns computed from these rows' answers."""
    found = dict(encoded_answers(table, target))
    evidence = "; ".join(f"{name}: {how}" for name, how in found.items())
    none = "no column is a share of these rows' answers"
    return Finding("encoded answers", tuple(found), "leak" if found else "clean", evidence or none)


def target_dependent_missingness(table: pd.DataFrame, target: IntArray) -> Finding:
    """Find columns filled, empty or unusual almost only with one answer.

    A state is reported if the exact lower bound (Clopper and Pearson 1934) of the share of one answer among
    its rows exceeds 90 %, and leaves less than a fifth of the other answers' overall share; or if being
    filled goes with one answer by an odds ratio of surely more than 20.
    """
    suspects, seen = list[str](), list[str]()
    for column in table:
        for state, rows, demanding in _states(table[column]):
            share = _certain_answer(rows, target, demanding=demanding)
            if share is None and "filled" in state:
                share = _certain_odds(rows, target)
            if share is not None and str(column) not in suspects:
                suspects.append(str(column))
                count = int(rows.sum())
                seen.append(f"{column} is {state} in {count} rows, {share:.1%} of them one answer")
    evidence = "; ".join(seen) if seen else "no column is filled or empty almost only with one answer"
    return Finding("filled after the event", tuple(suspects), "leak" if suspects else "clean", evidence)


def _states(values: pd.Series) -> Iterator[tuple[str, BoolArray, bool]]:
    """States of a column: filled, empty, unusual, or a frequent value."""
    filled = (values.notna() & (values != "missing")).to_numpy()
    yield "filled", filled, False
    yield "empty", ~filled, True
    counts = values.value_counts(normalize=True)
    if len(counts) and counts.iloc[0] >= 0.5:
        yield f"other than {counts.index[0]}", (values != counts.index[0]).to_numpy() & filled, False
    elif pd.api.types.is_numeric_dtype(values) and values.nunique() > MANY_VALUES:
        # In a column of many values one that many rows have stands for something: a gap, a state.
        for value in counts.index[counts >= COMMON][:MOST_NAMED]:
            if (
                counts[value] >= 5 * counts.iloc[len(counts) // 2]
                and counts[value] * len(values) >= MIN_FILLED
            ):
                yield f"at {value:g}", (values == value).to_numpy(), True


def _certain_answer(rows: BoolArray, target: IntArray, *, demanding: bool = False) -> float | None:
    """Share of the answer that almost alone occurs in these rows.

    With `demanding` the most frequent answer must leave a twentieth, for rows without events are common.
    """
    if rows.sum() < MIN_FILLED or rows.all():
        return None
    counts = np.bincount(target[rows], minlength=target.max() + 1)
    answer = int(counts.argmax())
    held, total = counts[answer], rows.sum()
    lower = betaincinv(held, total - held + 1, 0.025)
    usual = float((target == answer).mean())
    part = 20 if demanding and usual > 0.5 else 5
    return float(counts.max() / rows.sum()) if lower > CERTAIN and 1 - lower < (1 - usual) / part else None


def _certain_odds(filled: BoolArray, target: IntArray) -> float | None:
    """Share of an answer whose odds ratio surely exceeds 20 (Woolf 1955)."""
    for answer in np.unique(target):
        own = target == answer
        cells = np.array(
            [(filled & own).sum(), (~filled & ~own).sum(), (filled & ~own).sum(), (~filled & own).sum()]
        )
        cells = cells + 0.5
        log_odds = float(np.log(cells[0] * cells[1] / cells[2] / cells[3]))
        if abs(log_odds) - 1.96 * float(np.sqrt((1 / cells).sum())) > np.log(ODDS):
            return float(own[filled].mean())
    return None
