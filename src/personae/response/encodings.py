"""Columns computed from the answers, the row's own among them."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit, logit

from personae.core.arrays import FloatArray, IntArray
from personae.response.relations import coded

MIN_LEVELS = 5
CHANCE = 1e-6
AGAINST = -5.0
SMALL_GROUPS = (2.0, 40.0)
MERGED = 6
EXACT = 1e-6
# Share of a column's variance inside the levels that it may be an average over, with noise added.
NOISE = 0.3

# Distinct values of a column: the value, rows, and rows with the answer.
Levels = tuple[FloatArray, FloatArray, FloatArray]


def encoded_answers(table: pd.DataFrame, target: IntArray) -> Iterator[tuple[str, str]]:
    """Columns that are a share of these rows' answers, with the evidence.

    Three signs: the answers' share at a value is that value (or its known transform) to the last digit; the
    value is such a share drawn towards the mean by a fixed number of rows (Micci-Barreca 2001); rows of one
    level agree less than chance, given the value, as parts of a fixed sum do.
    """
    words = {str(name): _codes(table[name]) for name in table if _is_code(table[name])}
    for name in table.select_dtypes("number"):
        values = table[name].to_numpy(float)
        for answer in range(1 if target.max() == 1 else 0, int(target.max()) + 1):
            how = _sign(values, (target == answer).astype(float), words)
            if how:
                yield str(name), how
                break


def _sign(values: FloatArray, happened: FloatArray, groups: dict[str, IntArray]) -> str:
    known = np.isfinite(values)
    values, happened = values[known], happened[known]
    at, member, rows = np.unique(values, return_inverse=True, return_counts=True)
    named = {name: codes[known] for name, codes in groups.items()}
    if len(at) < MIN_LEVELS or rows[rows > 1].sum() < 0.5 * len(values):
        return _own_answers(named, values, happened) if len(at) >= MIN_LEVELS else ""
    levels = at, rows.astype(float), np.bincount(member, happened).astype(float)
    law = _law(levels, float(happened.mean()), _resolution(at))
    if law:
        return f"its values are {law} at each value"
    if _smoothed(levels, float(happened.mean())):
        return "its values are shares of these rows' answers, drawn towards the mean"
    return _own_answers({"one value": member, **named}, values, happened)


def _own_answers(own: dict[str, IntArray], values: FloatArray, happened: FloatArray) -> str:
    """Find groups whose rows agree less than chance, given the group's mean value."""
    for name, codes in own.items():
        means = np.bincount(codes, values) / np.maximum(np.bincount(codes), 1)
        if (values - means[codes]).var() > NOISE * values.var():
            continue
        z = _agreement(codes, means[codes], happened)
        if z < AGAINST:
            return f"rows of one level ({name}) agree less than chance given its values (z {z:.1f})"
    return ""


def _law(levels: Levels, mean: float, resolution: float) -> str:
    """Formula by which a value is the share of answers at it."""
    at, rows, events = levels
    mixed = (events > 0) & (events < rows)
    if mixed.sum() < MIN_LEVELS:
        return ""
    value, n, k = at[mixed], rows[mixed], events[mixed]
    if len(np.unique(np.round(k / n, 6))) < MIN_LEVELS - 1:
        return ""
    centre = float(logit(np.clip(mean, 1e-6, 1 - 1e-6)))
    forms: dict[str, Callable[[], FloatArray]] = {
        "the share of the answer": lambda: value,
        "the share without the answer": lambda: 1 - value,
        "the percentage of the answer": lambda: value / 100,
        "the share of the answer less its mean": lambda: value + mean,
        "the log-odds of the answer": lambda: expit(value),
        "the weight of evidence of the answer": lambda: expit(centre + value),
        "the negative weight of evidence": lambda: expit(centre - value),
        "a line through the shares of the answer": lambda: _line(value, k / n),
    }
    for name, form in forms.items():
        expected = form()
        hit = np.abs(k / n - expected) <= max(EXACT, resolution)
        spared = 2 if name.startswith("a line") else 0
        if hit.mean() < 0.9 or hit.sum() - spared < MIN_LEVELS:
            continue
        # Where more than one count is within the resolution, each of them would have been a hit.
        counts = np.maximum(1, np.floor(2 * resolution * n[hit]))
        by_chance = np.sort(np.minimum(stats.binom.pmf(k[hit], n[hit], k[hit] / n[hit]) * counts, 1.0))
        if np.log(by_chance[spared:]).sum() < np.log(CHANCE):
            return name
    return ""


def _line(value: FloatArray, share: FloatArray) -> FloatArray:
    return np.asarray(np.polyval(np.polyfit(value, share, 1), value)) if np.ptp(value) else share + 1


def _smoothed(levels: Levels, mean: float) -> bool:
    """Find one m with value = (k + m mean) / (n + m) throughout."""
    at, rows, events = levels
    away = np.abs(at - mean) > 1e-9
    if away.sum() < MIN_LEVELS or at.min() < 0 or at.max() > 1:
        return False
    n, k = rows[away], events[away]
    whole = (k - at[away] * n) / (at[away] - mean)
    smallest = np.argsort(n, kind="stable")[:MIN_LEVELS]
    for m in {float(whole[i] / t) for i in smallest for t in range(1, MERGED + 1)}:
        if m <= 1e-6:
            continue
        times = whole / m
        near = np.round(times)
        fits = (near >= 1) & (np.abs(times - near) < 1e-4)
        fits &= (np.abs(n / np.maximum(near, 1) % 1) < EXACT) & (np.abs(k / np.maximum(near, 1) % 1) < EXACT)
        if fits.mean() > 0.95:
            return True
    return False


def _agreement(groups: IntArray, values: FloatArray, happened: FloatArray) -> float:
    """Standardised sum of residual products over pairs of one group.

    Asked where the value is one for the whole group. Own answers in the value make the sum negative; what the
    curve of the answers over the value misses, and what else a group shares, makes it positive.
    """
    size = np.bincount(groups)
    if not SMALL_GROUPS[0] <= size[groups].mean() <= SMALL_GROUPS[1]:
        return 0.0
    low, high = np.full(len(size), np.inf), np.full(len(size), -np.inf)
    np.minimum.at(low, groups, values)
    np.maximum.at(high, groups, values)
    if (high - low)[size > 0].max() > 1e-9 or (size > 1).sum() < 20:
        return 0.0
    bins = coded(values)
    rate = (np.bincount(bins, happened) / np.maximum(np.bincount(bins), 1))[bins]
    left, spread = happened - rate, rate * (1 - rate)
    products = np.bincount(groups, left) ** 2 - np.bincount(groups, left**2)
    variance = 2 * (np.bincount(groups, spread) ** 2 - np.bincount(groups, spread**2)).sum()
    return float(products.sum() / np.sqrt(variance)) if variance > 0 else 0.0


def _resolution(at: FloatArray) -> float:
    """Half of the values' last digit; 0 from five digits on."""
    for digits in range(2, 5):
        if np.allclose(at, np.round(at, digits), rtol=0, atol=1e-9):
            return float(0.5 * 10.0**-digits)
    return 0.0


def _is_code(values: pd.Series) -> bool:
    """Whether a column may name groups: 20 or more repeated levels."""
    levels = values.nunique()
    if levels < 20 or levels > 0.7 * len(values):
        return False
    return not pd.api.types.is_numeric_dtype(values) or bool((values.dropna() % 1 == 0).all())


def _codes(values: pd.Series) -> IntArray:
    return np.asarray(pd.factorize(values, use_na_sentinel=False)[0], dtype=np.intp)
