"""Anomalous user-days, within the user and in general, with reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from personae.core.arrays import BoolArray, FloatArray
from personae.core.errors import PersonaeError
from personae.core.statistics import share
from personae.days.settings import AnomalySettings, AnomalyThresholds
from personae.days.tails import normal_scores, quantiles

NORMAL_MAD = 0.6745
LEAST_SCALE = 0.5
PLANTED_SHARE = 0.03
PLANTED_SHIFT = 6.0
CONTROLS = 5
LEAST_WEEKDAYS = 20
OWN_WEEKDAYS, DAMPING = 4, 12

# Customer and weekday (Monday is 0) of each day.
WhoAndWhen = tuple[npt.NDArray[Any], npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Anomalies:
    """Anomalous days, the worst first, and the recovery of planted ones.

    Attributes
    ----------
    days, users
        How many were looked at.
    rules
        When a day is called unusual, as in `AnomalyThresholds`.
    found
        One row a day: `customer`, `date`, `scope` (unusual for the `user`, for `anyone` or for `both`), the
        largest robust `z` within the user and weekday, as a normal score under a law with fitted tails,
        `isolation` score and the `reason` in words.
    control
        How the same rules find days that were planted, as `recovery` gives it: some of the unremarkable days
        are moved six robust standard deviations in two features, five times over. Its precision is that of a
        world in which nothing but the planted is unusual. `ordinary_expected`: days that the thresholds would
        list if no day were unusual, simulated; `ordinary_share`, the same as a share of the list.
    """

    days: int
    users: int
    rules: dict[str, float]
    found: pd.DataFrame
    control: dict[str, Any]


def find_anomalies(days: pd.DataFrame, settings: AnomalySettings, *, seed: int = 0) -> Anomalies:
    """List unusual days.

    Parameters
    ----------
    days
        `customer`, `date` and the features; one row a user-day on which the device was worn. Missing values
        are of no account for the user and count as usual for the forest.
    settings
        Features, and when a day is unusual.
    seed
        Decides the forest and the control.

    Raises
    ------
    PersonaeError
        If a feature is absent or no user has enough days.
    """
    rules, columns = settings.rules, list(settings.features)
    absent = [name for name in columns if name not in days.columns]
    if absent:
        raise PersonaeError(
            f"anomalies: no column {absent[0]!r} in the days; it has {', '.join(days.columns)}"
        )
    if days.empty or days.groupby("customer").size().max() < rules.least_days:
        raise PersonaeError(f"anomalies: no user has {rules.least_days} days; lower least_days or add days")
    customers = days["customer"].to_numpy()
    values = days[columns].assign(**{name: np.sqrt(days[name]) for name in settings.roots}).to_numpy(float)
    weekdays = pd.to_datetime(days["date"]).dt.day_of_week.to_numpy()
    who_and_when = customers, weekdays
    usual, z, isolation = _scores(who_and_when, values, rules, seed)
    for_user, for_anyone = _is_unusual(z, isolation, rules)
    flagged = for_user | for_anyone
    order = np.lexsort((-isolation, -np.abs(z).max(axis=1)))
    rows = order[flagged[order]]
    found = days.iloc[rows][["customer"]].assign(
        date=[str(date)[:10] for date in days["date"].iloc[rows]],
        scope=np.select([(for_user & for_anyone)[rows], for_user[rows]], ["both", "user"], "anyone"),
        z=np.take_along_axis(z, np.abs(z).argmax(axis=1)[:, None], axis=1)[rows, 0],
        isolation=isolation[rows],
    )
    labels, overall, usual_of_all = list(settings.features.values()), robust_z(values), _median(values)
    is_root = np.array([name in settings.roots for name in columns])
    raw, usual, usual_of_all = (np.where(is_root, each**2, each) for each in (values, usual, usual_of_all))
    reasons = [
        _reason("this user", z[row], raw[row], usual[row], labels)
        if for_user[row]
        else _reason("anyone", overall[row], raw[row], usual_of_all, labels)
        for row in rows
    ]
    found["reason"] = pd.Series(reasons, index=found.index, dtype=object)
    return Anomalies(
        days=len(days),
        users=days["customer"].nunique(),
        rules=rules.model_dump(),
        found=found.reset_index(drop=True),
        control=_control((customers[~flagged], weekdays[~flagged]), values[~flagged], rules, seed)
        | _ordinary(who_and_when, values, int(flagged.sum()), rules, seed),
    )


def _scores(
    who_and_when: WhoAndWhen, values: FloatArray, rules: AnomalyThresholds, seed: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Usual values and normal scores, (rows, features); isolation scores, (rows,)."""
    usual, scales, counts = _within_users(who_and_when, values)
    z, _ = normal_scores(np.where(counts >= rules.least_days, _divide(values - usual, scales), 0.0))
    overall, _ = normal_scores(robust_z(np.where(np.isnan(values), usual, values)))
    return usual, z, _isolation(overall, rules.trees, seed)


def _is_unusual(
    z: FloatArray, isolation: FloatArray, rules: AnomalyThresholds
) -> tuple[BoolArray, BoolArray]:
    """Mark days that are unusual for their user, and for anyone."""
    return np.abs(z).max(axis=1) >= rules.threshold, isolation >= rules.isolation


def robust_z(values: FloatArray) -> FloatArray:
    """Robust z: distance from the median over the scaled median absolute deviation.

    Missing values, and columns that do not vary, get 0 (Iglewicz and Hoaglin, 1993).

    Examples
    --------
    >>> robust_z(np.array([[1.0], [2.0], [3.0], [4.0], [50.0]])).ravel().round(2).tolist()
    [-1.35, -0.67, 0.0, 0.67, 31.7]
    """
    middle = _median(values)
    return _divide(values - middle, _median(np.abs(values - middle)) / NORMAL_MAD)


def _within_users(who_and_when: WhoAndWhen, values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Usual value, robust scale and number of days by user, by row.

    Usual is the user's median, moved by what the weekday is for all users, and by what it is for this one
    from four such days on, by n / (n + 12).

    A handful of days that happen to be alike would make any other day an outlier, so no user's scale is below
    half of the typical user's.
    """
    customers, weekdays = who_and_when
    _, codes = np.unique(customers, return_inverse=True)
    groups = [np.flatnonzero(codes == code) for code in range(codes.max() + 1)]
    usual = np.stack([_median(values[rows]) for rows in groups])[codes]
    for day in range(7):
        rows = np.flatnonzero(weekdays == day)
        if len(rows) >= LEAST_WEEKDAYS:
            usual[rows] += np.nan_to_num(_median(values[rows] - usual[rows]))
    for rows in groups:
        for day in range(7):
            same = rows[weekdays[rows] == day]
            if len(same) >= OWN_WEEKDAYS:
                moved = np.nan_to_num(_median(values[same] - usual[same]))
                usual[same] += moved * len(same) / (len(same) + DAMPING)
    groups_left = [np.abs(values[rows] - usual[rows]) for rows in groups]
    scales = np.stack([_median(left) for left in groups_left]) / NORMAL_MAD
    scales = np.fmax(scales, LEAST_SCALE * _median(np.where(scales > 0, scales, np.nan)))
    counts = np.stack([np.count_nonzero(~np.isnan(left), axis=0) for left in groups_left])
    return usual, scales[codes], counts[codes]


def _median(values: FloatArray) -> FloatArray:
    """Column medians without missing values; NaN for an empty column."""
    empty = np.isnan(values).all(axis=0)
    known = np.where(empty, 0.0, values)
    return np.where(empty, np.nan, np.nanmedian(known, axis=0))


def _divide(distance: FloatArray, scale: FloatArray) -> FloatArray:
    known = np.isfinite(distance) & np.isfinite(scale) & (scale > 0)
    return np.divide(distance, scale, out=np.zeros_like(distance), where=known)


def _isolation(values: FloatArray, trees: int, seed: int) -> FloatArray:
    """Isolation forest scores, high for anomalies (Liu, Ting and Zhou 2008)."""
    from sklearn.ensemble import IsolationForest  # noqa: PLC0415 - costs a second

    middle = _median(values)
    filled = np.where(np.isnan(values), np.where(np.isnan(middle), 0.0, middle), values)
    with threadpool_limits(limits=1):
        forest = IsolationForest(n_estimators=trees, random_state=seed).fit(filled)
        scores: FloatArray = -forest.score_samples(filled)
        return scores


def _reason(subject: str, z: FloatArray, value: FloatArray, usual: FloatArray, labels: Sequence[str]) -> str:
    """Name the most unusual feature of a day and close seconds."""
    worst = np.argsort(-np.abs(z), kind="stable")[:3]
    parts = [
        f"{labels[i]} {_number(value[i])}, usually {_number(usual[i])} (z {z[i]:+.1f})"
        for i in worst
        if np.abs(z[i]) >= 0.7 * np.abs(z[worst[0]])
    ]
    return f"unusual for {subject}: {'; '.join(parts)}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2g}"


def _control(
    who_and_when: WhoAndWhen, values: FloatArray, rules: AnomalyThresholds, seed: int
) -> dict[str, Any]:
    """Plant anomalies among ordinary days repeatedly and measure their recovery."""
    _, scales, counts = _within_users(who_and_when, values)
    known = ~np.isnan(values) & (counts >= rules.least_days)
    flagged, planted = [], []
    for child in np.random.SeedSequence(seed).spawn(CONTROLS):
        rng = np.random.default_rng(child)
        chosen = known.any(axis=1) & (rng.random(len(values)) < PLANTED_SHARE)
        moved = values.copy()
        for row in np.flatnonzero(chosen):
            which = rng.permutation(np.flatnonzero(known[row]))[:2]
            moved[row, which] += PLANTED_SHIFT * rng.choice([-1, 1], size=which.size) * scales[row, which]
        _, z, isolation = _scores(who_and_when, moved, rules, seed)
        flagged.append(np.logical_or(*_is_unusual(z, isolation, rules)))
        planted.append(chosen)
    return recovery(np.concatenate(flagged), np.concatenate(planted))


def _ordinary(
    who_and_when: WhoAndWhen, values: FloatArray, listed: int, rules: AnomalyThresholds, seed: int
) -> dict[str, Any]:
    """Days flagged among simulated ordinary ones with fitted tails and correlations."""
    usual, scales, counts = _within_users(who_and_when, values)
    z, shapes = normal_scores(np.where(counts >= rules.least_days, _divide(values - usual, scales), 0.0))
    central = np.clip(z, -3, 3)
    spread = np.atleast_2d(np.corrcoef(central, rowvar=False))
    spread = np.where(np.isfinite(spread), spread, np.eye(z.shape[1]))
    expected = []
    for child in np.random.SeedSequence([seed, CONTROLS]).spawn(CONTROLS):
        rng = np.random.default_rng(child)
        drawn = rng.multivariate_normal(np.zeros(z.shape[1]), spread, len(z), method="eigh")
        law = [c + s * quantiles(x, g, h) for x, (c, s, g, h) in zip(drawn.T, shapes.T, strict=True)]
        made = np.where(np.isnan(values), np.nan, usual + np.nan_to_num(scales) * np.column_stack(law))
        _, scores, isolation = _scores(who_and_when, made, rules, seed)
        expected.append(np.logical_or(*_is_unusual(scores, isolation, rules)).sum())
    mean = float(np.mean(expected))
    return {"ordinary_expected": mean, "ordinary_share": min(mean / listed, 1.0) if listed else None}


def recovery(flagged: BoolArray, planted: BoolArray) -> dict[str, Any]:
    """Precision and recall of flagged against planted days, with 95 % intervals.

    The intervals are Wilson's (1927); None where there is nothing to divide.

    Examples
    --------
    >>> control = recovery(np.array([True, True, False]), np.array([True, False, False]))
    >>> control["hits"], control["precision"], control["recall"]
    (1, 0.5, 1.0)
    """
    hits, reported, hidden = (int(each.sum()) for each in (flagged & planted, flagged, planted))
    (precision, precision_ci), (recall, recall_ci) = share(hits, reported), share(hits, hidden)
    return {
        "planted": hidden,
        "found": reported,
        "hits": hits,
        "precision": precision,
        "precision_ci": precision_ci,
        "recall": recall,
        "recall_ci": recall_ci,
    }
