"""Calibration figures with intervals, compared with chance alone."""

from typing import Any

import numpy as np

from personae.core.arrays import FloatArray, IntArray
from personae.core.statistics import BLOCK_CELLS, bootstrap_counts

FEWEST_EVENTS = 30
RESAMPLES = 400
SMALLEST = 1e-4
STEPS = 30
# Figures, and their values where probabilities are right.
RIGHT = {"slope": 1.0, "intercept": 0.0, "observed_expected": 1.0}
# One verdict on three figures at 5 %: each is judged at a third of it (Bonferroni).
JUDGED = 1 - 0.05 / len(RIGHT)


def calibration_figures(
    target: IntArray, probabilities: FloatArray, groups: IntArray, *, seed: int, resamples: int = RESAMPLES
) -> dict[str, Any]:
    """Calibration slope, intercept and observed over expected events (Cox 1958).

    Slope is of a logistic regression of the event on the predicted log-odds (1 is right, below 1: too
    extreme), intercept that with the slope held at 1 (0 is right, above 0: too low).

    Parameters
    ----------
    target : 0 or 1, shape (rows,)
    probabilities : of the event, of one repeat, shape (rows,); NaN where a row was never tested
    groups : independent units, which the bootstrap draws
    seed : of bootstrap and simulation

    Returns
    -------
    dict
        `rows`, `events`; by figure `value`, `ci` (95 %, bootstrapped by group) and `chance`, the central 95 %
        of files whose events are drawn from these very probabilities; `verdict` with the reason, or `too few`
        and no figures below 30 rows of the rarer class. It is `beyond chance` where a figure is neither
        within its bootstrap of the right value nor among those of chance, at 5 % over the three together.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> p = rng.beta(1, 4, 2000); event = (rng.random(2000) < p).astype(int)
    >>> found = calibration_figures(event, p, np.arange(2000), seed=1)
    >>> found["verdict"], round(found["observed_expected"]["value"], 1)
    ('as chance gives', 1.0)
    """
    seen = np.isfinite(probabilities)
    event, given, groups = target[seen].astype(float), probabilities[seen], groups[seen]
    events = int(event.sum())
    counts = {"rows": len(event), "events": events}
    if min(events, len(event) - events) < FEWEST_EVENTS:
        return counts | {"verdict": "too few", "reason": f"{events} events, {FEWEST_EVENTS} are the least"}
    given = np.clip(given, SMALLEST, 1 - SMALLEST)
    log_odds = np.log(given / (1 - given))
    rng = np.random.default_rng(seed)
    _, member = np.unique(groups, return_inverse=True)
    one = np.ones((1, len(event)))
    value = _fitted(log_odds, event[None], one)[:, 0]
    counts_of = bootstrap_counts(member.max() + 1, resamples, rng)
    drawn = np.hstack([_fitted(log_odds, event[None], each[:, member].astype(float)) for each in counts_of])
    step = max(BLOCK_CELLS // len(event), 1)
    sizes = [min(step, resamples - first) for first in range(0, resamples, step)]
    simulated = ((rng.random((size, len(event))) < given).astype(float) for size in sizes)
    chance = np.hstack([_fitted(log_odds, each, one) for each in simulated])
    figures: dict[str, dict[str, Any]] = {
        name: {"value": float(value[k]), "ci": _central(drawn[k]), "chance": _central(chance[k])}
        for k, name in enumerate(RIGHT)
    }
    outside = [
        name.replace("_", " over ")
        for k, (name, right) in enumerate(RIGHT.items())
        if _is_outside(right, drawn[k]) and _is_outside(value[k], chance[k])
    ]
    return counts | figures | _verdict(outside, float(value[-1]))


def _verdict(outside: list[str], ratio: float) -> dict[str, str]:
    """Verdict by figures beyond chance and events observed over expected."""
    if not outside:
        return {"verdict": "as chance gives", "reason": "no figure is beyond what right probabilities give"}
    direction = "low" if ratio > 1 else "high"
    reason = (
        f"{', '.join(outside)} outside; on average probabilities are {abs(ratio - 1):.0%} too {direction}"
    )
    return {"verdict": "beyond chance", "reason": reason}


def _is_outside(figure: float, values: FloatArray) -> bool:
    low, high = _central(values, JUDGED)
    return not low <= figure <= high


def _central(values: FloatArray, level: float = 0.95) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _fitted(log_odds: FloatArray, events: FloatArray, weights: FloatArray) -> FloatArray:
    """Slope, intercept at slope 1 and ratio by sample, shape (3, samples)."""
    samples = max(len(events), len(weights))
    slope, shift, alone = np.ones(samples), np.zeros(samples), np.zeros(samples)
    for _ in range(STEPS):
        p = _expit(slope[:, None] * log_odds + shift[:, None])
        spread, left = weights * p * (1 - p), weights * (events - p)
        a, b, c = (spread @ log_odds**2), (spread @ log_odds), spread.sum(axis=1)
        g, h = left @ log_odds, left.sum(axis=1)
        determinant = np.maximum(a * c - b * b, 1e-12)
        move, turn = (c * g - b * h) / determinant, (a * h - b * g) / determinant
        slope, shift = slope + np.clip(move, -1, 1), shift + np.clip(turn, -2, 2)
        q = _expit(log_odds + alone[:, None])
        step = (weights * (events - q)).sum(axis=1) / np.maximum((weights * q * (1 - q)).sum(axis=1), 1e-12)
        alone = alone + np.clip(step, -2, 2)
        if max(np.abs(move).max(), np.abs(turn).max(), np.abs(step).max()) < 1e-6:
            break
    expected = weights @ _expit(log_odds)
    observed = (weights * events).sum(axis=1)
    return np.stack([slope, alone, np.broadcast_to(observed / expected, (samples,))])


def _expit(values: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-values)))
