"""Equivalence of a column in two groups within a margin in the column's own unit."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from personae.core.arrays import BoolArray, FloatArray
from personae.core.errors import PersonaeError
from personae.core.numbers import rounded
from personae.inference.effects import auc_variance, cliffs_delta_variance, pooled_sd
from personae.inference.equivalence import equivalence_p
from personae.inference.settings import ComparisonCriteria, Margin
from personae.inference.values import Values, is_number

# Share of the rows at each end of a column, one row a group at least, that no equivalence rests on.
TRIMMED = 0.001
POINTS = "points"
OF_MEAN = "% of the mean"
OWN = "own unit"
TINY = 1e-9
# Two groups of numbers, and by how much standard errors of their means are larger.
Pair = tuple[FloatArray, FloatArray, float]


@dataclass(frozen=True, slots=True)
class Equivalence:
    """What is shown of one column in two groups.

    Attributes
    ----------
    p : that the difference may reach the margin.
    value, unit : the margin: points, per cent of the mean, or the column's own unit.
    text : the margin in words.
    difference, interval : of the first group from the second in that unit, at level 1 - 2 alpha; NaN for a
        category of several levels.
    """

    p: float
    value: float
    unit: str
    text: str
    difference: float = float("nan")
    interval: tuple[float, float] = (float("nan"), float("nan"))


def equivalence(
    name: str, a: Values, b: Values, rules: ComparisonCriteria, margin: Margin | None = None
) -> Equivalence:
    """Test whether a column is the same in two groups, up to its margin.

    Without a stated margin the column's values decide it. Two values: points, a share of the rarer one's
    frequency. A category: points of every level. An amount, that is no value below 0 and so much spread that
    the share of a standard deviation would be more than the ratio of means allows: per cent of the mean. Any
    other number: a share of the pooled standard deviation.

    Numbers are tested without their most extreme rows, one in a thousand and one a group at least, as no mean
    can bear a typing error of any size (Yuen 1974). Of numbers with more than two values Cliff's delta must
    lie within a margin too: that of the shift which the margin is between normal groups.

    Parameters
    ----------
    a, b : values of the two groups, none missing.

    References
    ----------
    Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach. Hauschke,
    Kieser, Diletti and Burke (1999), Sample size determination for proving equivalence based on the ratio of
    two means. Agresti and Caffo (2000), Simple and effective confidence intervals for proportions.

    Examples
    --------
    >>> rates = np.repeat([0.0, 1.0], [980, 20]), np.repeat([0.0, 1.0], [940, 60])
    >>> found = equivalence("answer", *rates, ComparisonCriteria())
    >>> found.text, round(found.difference, 1), found.p > 0.5
    ('1 point', -4.0, True)
    """
    if not is_number(a):
        return _category(name, a, b, rules, margin)
    if len(np.unique(np.concatenate([a, b]))) > 2:
        pair = _without_extremes(a, b)
        a, b, _ = pair
    else:
        pair = a, b, 1.0
    values = np.unique(np.concatenate([a, b]))
    if len(values) == 2 and (margin is None or margin.unit == POINTS):
        return _two_valued(a == values[1], b == values[1], rules, margin)
    return _number(pair, rules, margin)


def _without_extremes(a: FloatArray, b: FloatArray) -> Pair:
    """Winsorise both groups at the same share of rows (Yuen 1974)."""
    share = max(TRIMMED, 1 / min(len(a), len(b)))
    cut = []
    for values in (a, b):
        rows = int(np.ceil(share * len(values) - 1e-9))
        ordered = np.sort(values)
        cut.append(np.clip(values, ordered[rows], ordered[-1 - rows]))
    return cut[0], cut[1], 1 / (1 - 2 * share)


def _two_valued(a: BoolArray, b: BoolArray, rules: ComparisonCriteria, margin: Margin | None) -> Equivalence:
    rare = min(np.mean([*a, *b]), 1 - np.mean([*a, *b]))
    points = max(rules.min_points, 100 * rules.rate_margin * rare) if margin is None else margin.value
    p, difference, interval = _shares(a, b, points / 100, rules.alpha)
    return Equivalence(p, points, POINTS, _points(points), difference, interval)


def _category(
    name: str, a: Values, b: Values, rules: ComparisonCriteria, margin: Margin | None
) -> Equivalence:
    """Every level is equivalent (intersection-union: the largest p)."""
    if margin is not None and margin.unit != POINTS:
        raise PersonaeError(f"compare: margin of column {name} is {margin}; of a category, expected points")
    both = np.concatenate([a, b])
    levels = np.unique(both)
    if len(levels) == 1:
        return Equivalence(0.0, 0.0, OWN, "none")
    if len(levels) == 2:
        return _two_valued(a == levels[0], b == levels[0], rules, margin)
    if margin is not None:
        largest = max(_shares(a == x, b == x, margin.value / 100, rules.alpha)[0] for x in levels)
        return Equivalence(largest, margin.value, POINTS, _points(margin.value))
    allowed = {x: min(rules.level_points, 100 * rules.level_margin * np.mean(both == x)) for x in levels}
    largest = max(
        _shares(a == x, b == x, max(rules.min_points, points) / 100, rules.alpha)[0]
        for x, points in allowed.items()
    )
    text = f"{_points(rules.level_points)} of a level, of a rare one {rules.level_margin:.0%} of its share"
    return Equivalence(largest, rules.level_points, POINTS, text)


def _shares(
    a: BoolArray, b: BoolArray, margin: float, alpha: float
) -> tuple[float, float, tuple[float, float]]:
    """Two one-sided tests of two shares by Agresti and Caffo; difference and interval in points."""
    shares = [(values.sum() + 1) / (len(values) + 2) for values in (a, b)]
    error = np.sqrt(sum(q * (1 - q) / (len(x) + 2) for q, x in zip(shares, (a, b), strict=True)))
    centre, half = shares[0] - shares[1], norm.isf(alpha) * error
    p = float(max(norm.sf((margin + centre) / error), norm.sf((margin - centre) / error)))
    return p, 100 * float(a.mean() - b.mean()), (100 * float(centre - half), 100 * float(centre + half))


def _number(pair: Pair, rules: ComparisonCriteria, margin: Margin | None) -> Equivalence:
    a, b, _ = pair
    spread, lowest = pooled_sd(a, b), float(min(a.min(), b.min()))
    if spread == 0:
        return Equivalence(float(a.mean() != b.mean()), 0.0, OWN, "none", float(a.mean() - b.mean()))
    mean = float(np.concatenate([a, b]).mean())
    if margin is None and lowest >= 0 and rules.margin * spread > (1 - 1 / rules.mean_ratio) * mean:
        margin = Margin(value=100 * (rules.mean_ratio - 1), unit="%")
    allowed = rules.margin
    if margin is None or margin.unit != "%":
        shown = _shift(pair, spread, rules, margin)
        allowed = max(allowed, shown.value / spread / (100 if shown.unit == POINTS else 1))
    elif lowest >= 0:
        p, difference, interval = _ratio(pair, 1 + margin.value / 100, rules.alpha)
        shown = Equivalence(p, margin.value, OF_MEAN, f"{margin.value:g} {OF_MEAN}", difference, interval)
    else:
        # Refunds: a ratio of means that may be negative says nothing, a part of their size does.
        own = Margin(value=max(margin.value / 100 * abs(mean), TINY * spread))
        shown = replace(_shift(pair, spread, rules, own), text=f"{margin.value:g} {OF_MEAN}")
    return replace(shown, p=max(shown.p, _delta_p(a, b, 2 * float(norm.cdf(allowed / np.sqrt(2))) - 1)))


def _shift(pair: Pair, spread: float, rules: ComparisonCriteria, margin: Margin | None) -> Equivalence:
    """Two one-sided tests of the difference of means, in the column's unit or in points."""
    a, b, inflation = pair
    error, freedom = _error(pair)
    scale = 100 if margin is not None and margin.unit == POINTS else 1
    difference, half = (
        scale * float(a.mean() - b.mean()),
        scale * error * float(student.isf(rules.alpha, freedom)),
    )
    interval = (difference - half, difference + half)
    if margin is not None and margin.unit != "sd":
        p = float(student.sf((margin.value - abs(difference)) / (scale * error), freedom))
        text = _points(margin.value) if scale == 100 else str(margin)
        return Equivalence(p, margin.value, margin.unit or OWN, text, difference, interval)
    share = rules.margin if margin is None else margin.value
    text = f"{rounded(share * spread, plain=True)} ({share:g} sd)"
    return Equivalence(equivalence_p(a, b, share, inflation), share * spread, OWN, text, difference, interval)


def _points(value: float) -> str:
    return f"{rounded(value, plain=True)} point{'s' if value != 1 else ''}"


def _error(pair: Pair, ratio: float = 1.0) -> tuple[float, float]:
    """Standard error of mean(a) - ratio mean(b) and its degrees of freedom (Satterthwaite 1946)."""
    a, b, inflation = pair
    parts = [a.var(ddof=1) / len(a), ratio**2 * b.var(ddof=1) / len(b)]
    freedom = sum(parts) ** 2 / sum(q**2 / (len(x) - 1) for q, x in zip(parts, (a, b), strict=True))
    return inflation * float(np.sqrt(sum(parts))), float(freedom)


def _ratio(pair: Pair, most: float, alpha: float) -> tuple[float, float, tuple[float, float]]:
    """Two one-sided tests of 1 / most < mean(a) / mean(b) < most; the ratio in per cent above 1 (Fieller)."""
    a, b, inflation = pair

    def tail(ratio: float, sign: int) -> float:
        error, freedom = _error(pair, ratio)
        return float(student.sf(sign * (a.mean() - ratio * b.mean()) / error, freedom))

    p = max(tail(1 / most, 1), tail(most, -1))
    if b.mean() <= 0:
        return p, float("nan"), (float("nan"), float("nan"))
    cut = inflation * float(student.isf(alpha, _error(pair)[1]))
    first, second = (cut**2 * x.var(ddof=1) / len(x) for x in (a, b))
    scale = b.mean() ** 2 - second
    inside = (a.mean() * b.mean()) ** 2 - scale * (a.mean() ** 2 - first)
    interval = (float("nan"), float("nan"))
    if scale > 0 and inside >= 0:
        low, high = ((a.mean() * b.mean() + sign * np.sqrt(inside)) / scale for sign in (-1, 1))
        interval = (100 * float(low - 1), 100 * float(high - 1))
    return p, 100 * float(a.mean() / b.mean() - 1), interval


def _delta_p(a: FloatArray, b: FloatArray, margin: float) -> float:
    """Two one-sided tests of |Cliff's delta| < margin, with the variance of its score interval."""
    delta, inflation = cliffs_delta_variance(a, b)
    error = 2 * np.sqrt(inflation * auc_variance((1 + margin) / 2, len(a), len(b)))
    return float(norm.sf((margin - abs(delta)) / error))
