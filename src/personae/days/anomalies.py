"""Days that are unusual for their user and days that are unusual for anyone, with the reason in words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from personae.core.arrays import BoolArray, FloatArray
from personae.core.errors import PersonaeError
from personae.core.statistics import share

Interval = tuple[float, float]
Scope = Literal["user", "anyone", "both"]

NORMAL_MAD = 0.6745
LEAST_SCALE = 0.5
PLANTED_SHARE = 0.03
PLANTED_SHIFT = 6.0
CONTROLS = 5


@dataclass(frozen=True, slots=True)
class Rules:
    """When a day is called unusual.

    Attributes
    ----------
    threshold
        Least absolute robust z within the user: 3.5 for one feature (Iglewicz and Hoaglin, 1993),
        more for several.
    isolation
        Least score of the isolation forest, 0 to 1; about 0.5 for a table without any outlier.
    least_days
        Days a user needs before their days can be unusual for them.
    trees
        Trees of the forest.
    """

    threshold: float
    isolation: float
    least_days: int
    trees: int


@dataclass(frozen=True, slots=True)
class UnusualDay:
    """One day and why it is listed; `z` is the largest robust z within the user."""

    customer: int | str
    date: str
    scope: Scope
    z: float
    isolation: float
    reason: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """How well planted days are found: `precision` and `recall`, null where there is nothing to divide.

    Their 95 % intervals are Wilson's (1927).
    """

    planted: int
    found: int
    hits: int
    precision: float | None
    precision_ci: Interval | None
    recall: float | None
    recall_ci: Interval | None


@dataclass(frozen=True, slots=True)
class Anomalies:
    """Unusual days, the worst first, and what the same rules find where days are planted."""

    days: int
    users: int
    rules: Rules
    found: tuple[UnusualDay, ...]
    control: Recovery


def find_anomalies(
    days: pd.DataFrame, features: Mapping[str, str], rules: Rules, *, roots: Collection[str] = (), seed: int
) -> Anomalies:
    """List unusual days.

    Parameters
    ----------
    days
        `customer`, `date` and the features; one row a user-day on which the device was worn. Missing values
        are of no account for the user and count as usual for the forest.
    features
        Columns and their names for people.
    rules
        When a day is unusual.
    roots
        Counts, such as steps, that are judged by their square root: their spread grows with their level.
    seed
        Decides the forest and the control.

    Returns
    -------
    Anomalies
        With a control: among the unremarkable days some are moved six robust standard deviations in two
        features, five times over, and the same rules look for them. Its precision is that of a world in
        which nothing but the planted is unusual.

    Raises
    ------
    PersonaeError
        If a feature is absent or no user has enough days.
    """
    absent = [name for name in features if name not in days.columns]
    if absent:
        raise PersonaeError(
            f"anomalies: no column {absent[0]!r} in the days; it has {', '.join(days.columns)}"
        )
    if days.empty or days.groupby("customer").size().max() < rules.least_days:
        raise PersonaeError(f"anomalies: no user has {rules.least_days} days; lower least_days or add days")
    days = days.reset_index(drop=True)
    columns = list(features)
    values = days[columns].assign(**{name: np.sqrt(days[name]) for name in roots}).to_numpy(dtype=float)
    judged = _judge(days["customer"].to_numpy(), values, rules, seed)
    order = np.lexsort((-judged.isolation, -judged.largest))
    squared = np.array([name in roots for name in columns])
    found = tuple(
        _describe(days, row, judged, list(features.values()), squared) for row in order if judged.flagged[row]
    )
    return Anomalies(len(days), days["customer"].nunique(), rules, found, _control(days, judged, rules, seed))


@dataclass(frozen=True, slots=True)
class _Judged:
    features: FloatArray
    middles: FloatArray
    z: FloatArray
    isolation: FloatArray
    for_user: BoolArray
    for_anyone: BoolArray
    overall: FloatArray

    @property
    def flagged(self) -> BoolArray:
        return self.for_user | self.for_anyone

    @property
    def largest(self) -> FloatArray:
        largest: FloatArray = np.abs(self.z).max(axis=1)
        return largest


def _judge(customers: npt.NDArray[Any], values: FloatArray, rules: Rules, seed: int) -> _Judged:
    middles, scales, counts = _within_users(customers, values)
    z = np.where(counts >= rules.least_days, _divide(values - middles, scales), 0.0)
    isolation = _isolation(np.where(np.isnan(values), middles, values), rules.trees, seed)
    return _Judged(
        features=values,
        middles=middles,
        z=z,
        isolation=isolation,
        for_user=np.abs(z).max(axis=1) >= rules.threshold,
        for_anyone=isolation >= rules.isolation,
        overall=robust_z(values),
    )


def robust_z(values: FloatArray) -> FloatArray:
    """Robust z of each column: distance from the median over the median absolute deviation, as for a normal.

    Missing values, and columns that do not vary, get 0 (Iglewicz and Hoaglin, 1993).

    Examples
    --------
    >>> robust_z(np.array([[1.0], [2.0], [3.0], [4.0], [50.0]])).ravel().round(2).tolist()
    [-1.35, -0.67, 0.0, 0.67, 31.7]
    """
    middle = _median(values)
    return _divide(values - middle, _median(np.abs(values - middle)) / NORMAL_MAD)


def _within_users(
    customers: npt.NDArray[Any], values: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Median, robust scale and count of days of the user, for each row and feature.

    A handful of days that happen to be alike would make any other day an outlier, so no user's scale is below
    half of the typical user's.
    """
    _, codes = np.unique(customers, return_inverse=True)
    groups = [values[codes == code] for code in range(codes.max() + 1)]
    middles = np.stack([_median(group) for group in groups])
    scales = np.stack([_median(np.abs(g - m)) for g, m in zip(groups, middles, strict=True)]) / NORMAL_MAD
    scales = np.fmax(scales, LEAST_SCALE * _median(np.where(scales > 0, scales, np.nan)))
    counts = np.stack([np.count_nonzero(~np.isnan(group), axis=0) for group in groups])
    return middles[codes], scales[codes], counts[codes]


def _median(values: FloatArray) -> FloatArray:
    """Median of each column without missing values; NaN where a column has none."""
    empty = np.isnan(values).all(axis=0)
    known = np.where(empty, 0.0, values)
    return np.where(empty, np.nan, np.nanmedian(known, axis=0))


def _divide(distance: FloatArray, scale: FloatArray) -> FloatArray:
    known = np.isfinite(distance) & np.isfinite(scale) & (scale > 0)
    return np.divide(distance, scale, out=np.zeros_like(distance), where=known)


def _isolation(values: FloatArray, trees: int, seed: int) -> FloatArray:
    """Isolation forest scores, near 1 for the easily isolated (Liu, Ting and Zhou, 2008)."""
    from sklearn.ensemble import IsolationForest  # noqa: PLC0415 - costs a second

    middle = _median(values)
    filled = np.where(np.isnan(values), np.where(np.isnan(middle), 0.0, middle), values)
    with threadpool_limits(limits=1):
        forest = IsolationForest(n_estimators=trees, random_state=seed).fit(filled)
        scores: FloatArray = -forest.score_samples(filled)
        return scores


def _describe(
    days: pd.DataFrame, row: int, judged: _Judged, labels: Sequence[str], squared: BoolArray
) -> UnusualDay:
    for_user = bool(judged.for_user[row])
    z = judged.z[row] if for_user else judged.overall[row]
    usual = judged.middles[row] if for_user else _median(judged.features)
    value, usual = (np.where(squared, part**2, part) for part in (judged.features[row], usual))
    whom = "this user" if for_user else "anyone"
    worst = np.argsort(-np.abs(z), kind="stable")[:3]
    told = [i for i in worst if np.abs(z[i]) >= 0.7 * np.abs(z[worst[0]])]
    parts = [f"{labels[i]} {_number(value[i])}, usually {_number(usual[i])} (z {z[i]:+.1f})" for i in told]
    if for_user and judged.for_anyone[row]:
        scope: Scope = "both"
    else:
        scope = "user" if for_user else "anyone"
    return UnusualDay(
        customer=days["customer"].iloc[row].item(),
        date=str(days["date"].iloc[row])[:10],
        scope=scope,
        z=float(judged.z[row][np.argmax(np.abs(judged.z[row]))]),
        isolation=float(judged.isolation[row]),
        reason=f"unusual for {whom}: {'; '.join(parts)}",
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2g}"


def _control(days: pd.DataFrame, judged: _Judged, rules: Rules, seed: int) -> Recovery:
    """Plant unusual days among the unremarkable ones, several times over, and look for them."""
    usual = days[~judged.flagged]
    customers, values = usual["customer"].to_numpy(), judged.features[~judged.flagged]
    _, scales, counts = _within_users(customers, values)
    known = ~np.isnan(values) & (counts >= rules.least_days)
    found, planted = [], []
    for child in np.random.SeedSequence(seed).spawn(CONTROLS):
        rng = np.random.default_rng(child)
        chosen = known.any(axis=1) & (rng.random(len(values)) < PLANTED_SHARE)
        moved = values.copy()
        for row in np.flatnonzero(chosen):
            which = rng.permutation(np.flatnonzero(known[row]))[:2]
            moved[row, which] += PLANTED_SHIFT * rng.choice([-1, 1], size=which.size) * scales[row, which]
        found.append(_judge(customers, moved, rules, seed).flagged)
        planted.append(chosen)
    return recovery(np.concatenate(found), np.concatenate(planted))


def recovery(found: BoolArray, planted: BoolArray) -> Recovery:
    """Compare the days found with the days planted.

    Examples
    --------
    >>> told = recovery(np.array([True, True, False]), np.array([True, False, False]))
    >>> told.hits, told.precision, told.recall
    (1, 0.5, 1.0)
    """
    hits, reported, hidden = (int(each.sum()) for each in (found & planted, found, planted))
    precision, recall = share(hits, reported), share(hits, hidden)
    return Recovery(hidden, reported, hits, *precision, *recall)
