"""Unusually similar customers of different folds: near-copies, undeclared households."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from personae.core.arrays import FloatArray, IntArray
from personae.response.folds import merged_groups

MAX_ROWS = 2000
PARTNERS = 12
BLOCK = 400
MIN_PAIRS = 20
MIN_SHARE = 0.05
# In logs of a probability, beyond the most that columns permuted each for itself reach.
MARGIN = 1.0
# Levels that may be households: mean and most rows of one, share of rows with company, columns tried.
HOUSEHOLD = (2.0, 8.0)
LARGEST = 12
TIED = 0.2
EXCESS = 5.0
MOST_TRIED = 6
# Below this z of the answers as they are, what columns leave of them is not suspicious: no forest is asked.
PLAIN_Z = 2.0
FOREST = {"n_estimators": 60, "min_samples_leaf": 3, "max_features": 0.5, "random_state": 0}


# Pairs of rows, share of the rows in one, residual agreement of their answers, its z, shared columns.
Alike = tuple[int, float, float, float, tuple[str, ...]]


def alike_rows(table: pd.DataFrame, target: IntArray, groups: IntArray, *, seed: int) -> Iterator[Alike]:
    """Compare the answers of similar rows of different groups with a forest.

    Two rows are as alike as the product, over columns, of the share of rows that are as near: a shared rare
    value tells more than a shared common one. They are unusually alike if the row's twelfth nearest is
    further behind than in tables whose columns were permuted each for itself; or if they share a value, or
    two values, that few rows have. Agreement is the mean product of residuals over its value for equal
    answers: about 0 where the forest sees what makes them answer alike; where the answers as they are hardly
    agree, that is given, which is more. Too few pairs are left out.
    """
    rows = _block(table, table.nunique().idxmax())
    part, own = table.iloc[rows], groups[rows]
    place, usual = _places(part)
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(rows)) for _ in range(place.shape[1])]
    mixed = [np.column_stack([each[order, k] for k, order in enumerate(orders)]) for each in (place, usual)]
    limit = _ahead(mixed[0], mixed[1], np.arange(len(rows)))[2].max() + MARGIN
    a, b, ahead = _ahead(place, usual, own)
    yield from _judged(part, target[rows], own, a[ahead > limit], b[ahead > limit])
    for codes in _households(table):
        rows = _block(table, codes)
        a, b = _same_level(codes[rows])
        apart = groups[rows][a] != groups[rows][b]
        yield from _judged(table.iloc[rows], target[rows], groups[rows], a[apart], b[apart])


def _judged(
    part: pd.DataFrame, target: IntArray, groups: IntArray, a: IntArray, b: IntArray
) -> Iterator[Alike]:
    """Judge pairs of rows, each counted once."""
    if len(a) < MIN_PAIRS:
        return
    a, b = np.unique(np.sort(np.column_stack([a, b]), axis=1), axis=0).T
    share = len(np.union1d(a, b)) / len(part)
    if len(a) < MIN_PAIRS or share < MIN_SHARE:
        return
    place, _ = _places(part)
    same = (place[a] == place[b]).mean(axis=0)
    shared = tuple(str(part.columns[k]) for k in np.argsort(-same, kind="stable") if same[k] > 0.5)
    classes = np.eye(int(target.max()) + 1)[target]
    agreement = _agreement(classes, np.tile(classes.mean(axis=0), (len(target), 1)), a, b)
    if agreement[1] >= PLAIN_Z:
        _, groups = np.unique(groups, return_inverse=True)
        together = merged_groups(groups, _linked(a, b, len(part)))
        agreement = _agreement(classes, _expected(place, target, together), a, b)
    yield len(a), share, *agreement, shared


def _households(table: pd.DataFrame) -> Iterator[IntArray]:
    """Levels of one or two columns that join few of many rows."""
    codes = {str(name): pd.factorize(table[name], use_na_sentinel=False)[0] for name in table}
    matches = {
        name: float((np.bincount(each) / len(each)) ** 2 @ np.ones(each.max() + 1))
        for name, each in codes.items()
    }
    candidates = [(_company(each), each) for each in codes.values()]
    for a, b in combinations(codes, 2):
        if min(codes[a].max(), codes[b].max()) == 0:
            continue
        joint = np.unique(codes[a] * (codes[b].max() + 1) + codes[b], return_inverse=True)[1]
        met = float(((np.bincount(joint) / len(joint)) ** 2).sum()) - 1 / len(joint)
        if met > EXCESS * matches[a] * matches[b]:
            candidates.append((_company(joint), joint))
    candidates = sorted((each for each in candidates if each[0] >= TIED), key=lambda each: -each[0])
    for _, each in candidates[:MOST_TRIED]:
        yield np.asarray(each, dtype=np.intp)


def _company(codes: IntArray) -> float:
    """Share of rows in shared levels; 0 for levels beyond a household."""
    size = np.bincount(codes)
    several = size[size > 1]
    low, high = HOUSEHOLD
    fits = len(several) and several.max() <= LARGEST and low <= several.mean() <= high
    return float(several.sum() / len(codes)) if fits else 0.0


def _same_level(codes: IntArray) -> tuple[IntArray, IntArray]:
    """Pair every row with the next ones of its level."""
    order = np.argsort(codes, kind="stable")
    steps = [(order[:-k], order[k:]) for k in range(1, min(int(np.bincount(codes).max()), PARTNERS))]
    pairs = [(a[codes[a] == codes[b]], b[codes[a] == codes[b]]) for a, b in steps]
    if not pairs:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    return np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs])


def _block(table: pd.DataFrame, by: object) -> IntArray:
    """Sample at most 2,000 rows that keeps similar rows together."""
    if len(table) <= MAX_ROWS:
        return np.arange(len(table))
    if isinstance(by, np.ndarray):
        first = np.random.default_rng(0).permutation(int(by.max()) + 1)[by]
        return np.asarray(np.sort(np.argsort(first, kind="stable")[:MAX_ROWS]), dtype=np.intp)
    order = np.argsort(table[by].rank(method="first").fillna(0).to_numpy(), kind="stable")
    start = (len(order) - MAX_ROWS) // 2
    return np.asarray(np.sort(order[start : start + MAX_ROWS]), dtype=np.intp)


def _places(table: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Place of each value in its column, 0 to 1, and its frequency."""
    places, shares = [], []
    for name in table:
        values = table[name]
        codes = pd.factorize(values, use_na_sentinel=False)[0]
        if pd.api.types.is_numeric_dtype(values):
            ranks = values.rank(method="average", pct=True).to_numpy(float)
            places.append(np.where(np.isnan(ranks), -10.0, ranks))
        else:
            places.append(10.0 * codes)
        shares.append(np.bincount(codes)[codes] / len(values))
    return np.column_stack(places), np.column_stack(shares)


def _ahead(place: FloatArray, usual: FloatArray, groups: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Lead of each row's nearest neighbours over its twelfth, other groups only."""
    rows = len(place)
    if rows <= PARTNERS + 1:
        return np.empty(0, np.intp), np.empty(0, np.intp), np.zeros(1)
    near, ahead = [], []
    columns = place.astype(np.float32)
    shares = usual.astype(np.float32)
    for first in range(0, rows, BLOCK):
        own = slice(first, first + BLOCK)
        score = np.zeros((len(columns[own]), rows), dtype=np.float32)
        for k in range(columns.shape[1]):
            wide = 2 * np.abs(columns[own, k, None] - columns[:, k]) + shares[own, k, None]
            score -= np.log(np.minimum(wide, 1))
        score[groups[own, None] == groups] = -1
        best = np.argpartition(-score, PARTNERS, axis=1)[:, :PARTNERS]
        found = np.take_along_axis(score, best, axis=1)
        near.append(best)
        ahead.append(found - found.min(axis=1, keepdims=True))
    of = np.repeat(np.arange(rows), PARTNERS)
    return of, np.concatenate(near).ravel(), np.concatenate(ahead).ravel().astype(np.float64)


def _linked(a: IntArray, b: IntArray, rows: int) -> IntArray:
    """Number the groups that pairs connect."""
    from scipy.sparse import coo_array  # noqa: PLC0415 - only where there are pairs
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    graph = coo_array((np.ones(len(a)), (a, b)), shape=(rows, rows))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)


def _expected(place: FloatArray, target: IntArray, together: IntArray) -> FloatArray:
    """Probabilities of a forest out of fold, pairs kept together."""
    classes = np.eye(int(target.max()) + 1)[target]
    expected = np.empty_like(classes)
    with threadpool_limits(limits=1):
        for train, test in GroupKFold(3).split(place, target, together):
            forest = RandomForestClassifier(**FOREST).fit(place[train], target[train])
            expected[test] = classes[train].mean(axis=0)
            expected[np.ix_(test, forest.classes_)] = forest.predict_proba(place[test])
    return expected


def _agreement(classes: FloatArray, expected: FloatArray, a: IntArray, b: IntArray) -> tuple[float, float]:
    """Mean product of the pairs' residuals in variance units, and z."""
    expected = np.clip(expected, 0.02, 0.98)
    left, spread = (classes - expected)[:, 1:], (expected * (1 - expected))[:, 1:]
    products, variance = (left[a] * left[b]).sum(), spread[a] * spread[b]
    return float(products / np.sqrt(variance).sum()), float(products / np.sqrt(variance.sum()))
