"""Whether a month's customers are still those that a study learned from.

Three tests share one budget of false alarms a year, by Bonferroni over months and tests: the joint change of
all columns (classifier two-sample test), the shares of the segments, and the calibration of the response.
An alarm needs an effect above a floor, too, so that large months do not alarm at what does not matter.
Columns explain a change and never alarm.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.core.statistics import adjust
from personae.inference.effects import cliffs_delta, cramers_v
from personae.inference.omnibus import association_test
from personae.inference.twosample import two_sample_test
from personae.inference.values import Values, design_matrix, is_number, known, read_column

STABLE, WATCH, DRIFT, TOO_FEW = "stable", "watch", "drift", "too few"
WORDS = (STABLE, WATCH, DRIFT)
JOINT, SHARES, CALIBRATION = "joint change", "segment shares", "calibration"
# Permutations at most, and how many of them that reach the effect are enough to call its p-value large.
PERMUTATIONS, EXCEEDANCES = 1999, 10
MAX_ROWS = 600
BINS, PSI_DRAWS = 10, 1000
MIN_EXPECTED, MIN_TIMES = 10, 3
# Share of years without any drift in which there may be an alarm; months and tests share it.
ALARMS, MONTHS, TESTS = 0.05, 12, 3
LEVEL = ALARMS / (MONTHS * TESTS)
# Effects below which nothing alarms: ROC AUC of telling the month apart, share of customers in another
# segment, and responses that came per expected one (or expected per one that came).
LARGE_AUC, LARGE_SHARE, LARGE_RATIO = 0.55, 0.05, 1.2
# Customers of a month below which nothing is said.
MIN_ROWS = 50


def joint_change(
    reference: Sequence[Values],
    month: Sequence[Values],
    *,
    seed: int,
    exceedances: int = EXCEEDANCES,
) -> dict[str, Any]:
    """Test whether all columns together follow another distribution.

    Parameters
    ----------
    reference, month : the same columns, as `read_column` reads them; what is missing is a value of its own
    exceedances
        See `two_sample_test`: three decide on an alarm, more say how large a p-value without one is.

    Returns
    -------
    dict
        `test`, `p`, `effect` (ROC AUC), `ci` (95 %), `word`. Where both have `MAX_ROWS` rows, half of
        them are kept apart, and nothing alarms whose effect does not show on these, too.
    """
    sizes = len(reference[0]), len(month[0])
    pooled = [np.concatenate(pair) for pair in zip(reference, month, strict=True)]
    features = design_matrix([part for each in pooled for part in _filled(each)], np.ones(sum(sizes), bool))
    second = np.arange(sum(sizes)) >= sizes[0]
    kept = _kept_apart(features, second, seed)
    found = two_sample_test(
        features[~kept],
        second[~kept],
        seed=seed,
        permutations=PERMUTATIONS,
        exceedances=exceedances,
        max_rows=MAX_ROWS,
    )
    large = found.auc >= LARGE_AUC
    if large and found.p <= ALARMS / TESTS and kept.any():
        again = two_sample_test(
            features[kept], second[kept], seed=seed, permutations=1, max_rows=2 * MAX_ROWS
        )
        large = again.auc >= LARGE_AUC
    return _judged(JOINT, found.p, found.auc, (found.low, found.high), large=large)


def _kept_apart(features: FloatArray, second: BoolArray, seed: int) -> BoolArray:
    """Rows on which a large month must show its effect again: a random half of both groups, else none.

    A sample of `MAX_ROWS` has a ROC AUC above the floor in one of fifty months by chance alone.
    """
    kept = np.zeros(len(second), dtype=bool)
    if min(second.sum(), (~second).sum()) < MAX_ROWS:
        return kept
    rows, rng = np.lexsort((second, *features.T[::-1])), np.random.default_rng(seed)
    for group in (rows[~second[rows]], rows[second[rows]]):
        kept[rng.permutation(group)[len(group) // 2 :]] = True
    return kept


def segment_shares(before: IntArray, now: IntArray, *, paired: bool = False) -> dict[str, Any]:
    """Test whether segments have other shares; `paired` where the same customers are in the same places.

    Independent customers: chi-squared, or Fisher where few are expected. The same customers: Stuart (1955)
    and Maxwell (1970). The effect is the share of customers that would have to change segment.
    """
    labels = np.unique(np.concatenate([before, now]))
    counts = np.array([[np.sum(np.asarray(each) == label) for label in labels] for each in (before, now)])
    shares = counts / counts.sum(axis=1, keepdims=True)
    effect = float(np.abs(shares[1] - shares[0]).sum() / 2)
    if len(labels) < 2:
        p = 1.0
    elif paired:
        p = _marginal_homogeneity(np.searchsorted(labels, before), np.searchsorted(labels, now), len(labels))
    else:
        p = association_test(counts.astype(float), seed=0)[2]
    rows = [
        {"segment": int(label), "before": float(a), "now": float(b)}
        for label, (a, b) in zip(labels, shares.T, strict=True)
    ]
    found = _judged(SHARES, p, effect, None, large=effect >= LARGE_SHARE)
    return found | {"paired": paired, "segments": rows}


def calibration(response: FloatArray, probability: FloatArray, earlier: FloatArray | None) -> dict[str, Any]:
    """Test whether as many responded as the model expected, as far as earlier times agreed with it.

    Times differ beyond chance in season and offer: their spread joins the variance, and Student's t with one
    degree less than there are times its law. Below three times there is no test, `watch` at most.

    Parameters
    ----------
    response, probability : shape (customers,), 0 or 1 and in [0, 1], of those whose answer is known
    earlier : shape (3, times), responses that came, that were expected, and their variance by chance
    """
    came, expected = float(response.sum()), float(probability.sum())
    if expected < MIN_EXPECTED:
        return {"test": CALIBRATION, "word": TOO_FEW, "came": came, "expected": expected}
    ratio, error = came / expected, float((probability * (1 - probability)).sum()) / expected**2
    times = 0 if earlier is None else earlier.shape[1]
    enough = times >= MIN_TIMES and earlier is not None
    law = stats.t(times - 1) if enough else stats.norm
    sd = float(np.sqrt(error + (_spread(*earlier) if earlier is not None and enough else 0.0)))
    p = float(2 * law.sf(abs(ratio - 1) / sd))
    half = float(law.ppf(0.975)) * sd
    large = max(ratio, 1 / ratio if ratio else np.inf) >= LARGE_RATIO
    found = _judged(CALIBRATION, p, ratio, (max(ratio - half, 0.0), ratio + half), large=large)
    if not enough and found["word"] == DRIFT:
        found["word"] = WATCH
    return found | {"came": came, "expected": expected, "times": times}


def _spread(came: FloatArray, expected: FloatArray, variance: FloatArray) -> float:
    """Variance of the ratio of came to expected between times (DerSimonian and Laird 1986)."""
    ratio, weight = came / expected, expected**2 / variance
    mean = (weight * ratio).sum() / weight.sum()
    q = (weight * (ratio - mean) ** 2).sum()
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    return max(float((q - len(ratio) + 1) / scale), 0.0)


def columns(reference: pl.DataFrame, month: pl.DataFrame, names: Sequence[str]) -> list[dict[str, Any]]:
    """Say how far each column moved, the surest first; none of it alarms.

    Returns
    -------
    list of dict
        `column`, `p_holm`; `effect` and `ci`: Cliff's delta of a number, the month above the reference from
        -1 to 1, Cramér's V of a category; `psi`, the population stability index over tenths of the
        reference, and `psi_by_chance`, which it exceeds in one month of twenty without drift.
    """
    rows: list[dict[str, Any]] = []
    for name in names:
        a, b = (read_column(table, name) for table in (reference, month))
        counts = np.array(_binned(a, b), dtype=float)
        counts = counts[:, counts.sum(axis=0) > 0]
        moved = {"column": name, "p": 1.0, "effect": 0.0, "ci": (0.0, 0.0)}
        own, other = b[known(b)], a[known(a)]
        if is_number(a) and len(own) and len(other) and np.ptp(np.concatenate([own, other])):
            effect, ci = cliffs_delta(own, other)
            moved |= {"p": float(stats.mannwhitneyu(own, other).pvalue), "effect": effect, "ci": ci}
        elif not is_number(a) and counts.shape[1] > 1:
            effect, ci = cramers_v(counts)
            moved |= {"p": association_test(counts, seed=0)[2], "effect": effect, "ci": ci}
        rows.append(moved | _psi(counts))
    for row, p in zip(rows, adjust([row["p"] for row in rows], "holm"), strict=True):
        row["p_holm"] = float(p)
    return sorted(rows, key=lambda row: (row["p_holm"], -abs(row["effect"])))


def verdict(tests: Sequence[Mapping[str, Any]], rows: int) -> str:
    """Give a month's word: its worst test's; `too few` below the least number of customers.

    Examples
    --------
    >>> verdict([{"word": "stable"}, {"word": "watch"}, {"word": "too few"}], 300)
    'watch'
    """
    if rows < MIN_ROWS:
        return TOO_FEW
    said = [WORDS.index(each["word"]) for each in tests if each["word"] in WORDS]
    return WORDS[max(said)] if said else TOO_FEW


def _judged(test: str, p: float, effect: float, ci: Any, *, large: bool) -> dict[str, Any]:
    """Drift within the year's budget, watch within the month's, if the effect matters."""
    word = STABLE
    if large and p <= ALARMS / TESTS:
        word = DRIFT if p <= LEVEL else WATCH
    return {"test": test, "p": p, "effect": effect, "ci": ci, "word": word}


def _filled(values: Values) -> list[Values]:
    """A column without gaps, and one that marks them where there are some."""
    present = known(values)
    if not is_number(values) or present.all():
        return [values]
    middle = float(np.median(values[present])) if present.any() else 0.0
    return [np.where(present, values, middle), (~present).astype(float)]


def _marginal_homogeneity(before: Any, now: Any, size: int) -> float:
    """p-value that two margins of the same customers are equal (Stuart 1955; Maxwell 1970)."""
    table = np.zeros((size, size))
    np.add.at(table, (before, now), 1)
    moved = np.flatnonzero(table.sum(axis=0) + table.sum(axis=1) - 2 * np.diag(table))
    if not len(moved):
        return 1.0
    table = table[np.ix_(moved, moved)]
    difference = table.sum(axis=1) - table.sum(axis=0)
    spread = -(table + table.T)
    np.fill_diagonal(spread, 0)
    np.fill_diagonal(spread, -spread.sum(axis=1))
    statistic = float(difference @ np.linalg.pinv(spread) @ difference)
    return float(stats.chi2.sf(statistic, np.linalg.matrix_rank(spread)))


def _binned(reference: Values, month: Values) -> tuple[Any, Any]:
    """Counts of both in tenths of the reference, or in levels; what is missing has a bin of its own."""
    present = known(reference)
    if is_number(reference):
        given = reference[present] if present.any() else np.zeros(1)
        edges = np.unique(np.quantile(given, np.arange(1, BINS) / BINS))
        placed = [np.where(known(each), np.searchsorted(edges, each), BINS) for each in (reference, month)]
    else:
        levels = np.unique(np.concatenate([reference, month]))
        placed = [np.searchsorted(levels, each) for each in (reference, month)]
    size = 1 + max(int(each.max(initial=0)) for each in placed)
    first, second = (np.bincount(each, minlength=size) for each in placed)
    return first, second


def _psi(counts: FloatArray) -> dict[str, float]:
    """Population stability index, and its 95th percentile in samples of these sizes from one law."""
    sizes = counts.sum(axis=1).astype(int)
    pooled = counts.sum(axis=0) / counts.sum()
    rng = np.random.default_rng(0)
    drawn = [rng.multinomial(size, pooled, PSI_DRAWS) for size in sizes]
    chance = float(np.quantile(_stability_index(*drawn), 0.95))
    return {"psi": float(_stability_index(*counts)), "psi_by_chance": chance}


def _stability_index(first: Any, second: Any) -> FloatArray:
    """PSI of counts by bin, the last axis; an empty bin counts half a customer."""
    a, b = (np.maximum(each, 0.5) / each.sum(axis=-1, keepdims=True) for each in (first, second))
    index: FloatArray = ((b - a) * np.log(b / a)).sum(axis=-1)
    return index
