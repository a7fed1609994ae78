"""Simulated minutes of a wearer: sleep, walking, a forgotten device."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

DAY = 1440
SEGMENTS = {
    # steps a day, their spread (log), sd of sleep onset (h), restless share, hours asleep, weight (kg)
    "low activity, irregular sleep": (3_800, 0.30, 2.2, 0.06, 6.4, 84.0),
    "high activity, consistent sleep": (13_500, 0.15, 0.4, 0.04, 7.6, 70.0),
    "middling, high variability": (8_000, 0.60, 1.3, 0.07, 7.0, 76.0),
    "restless sleep, few calories": (6_200, 0.20, 0.7, 0.26, 6.2, 55.0),
}
ANOMALIES = ("marathon", "in bed all day", "night awake")
BOUT_MINUTES = 4.0
CADENCES = (30, 62, 96)  # steps of a light, a moderate and a vigorous minute


@dataclass(frozen=True, slots=True)
class Person:
    """A wearer: identifier, planted segment and habits."""

    id: int
    segment: int
    steps: float
    spread: float
    onset: float
    onset_sd: float
    restless: float
    asleep: float
    weight: float
    height: float
    records_sleep: float
    weighs: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive days of one person.

    Attributes
    ----------
    begin
        The first date.
    steps
        Steps by day and minute; shape (days, 1440).
    sleep
        One (day, first minute relative to that midnight, states) a recorded night.
    worn
        Whether the device was worn, by day.
    kind
        Index into `ANOMALIES`, or -1, by day.
    cut
        Minutes recorded on the last day, which ends with the last synchronisation.
    """

    begin: date
    steps: np.ndarray
    sleep: tuple[tuple[int, int, np.ndarray], ...]
    worn: np.ndarray
    kind: np.ndarray
    cut: int = DAY


def draw_person(index: int, rng: np.random.Generator) -> Person:
    """Draw a person; segments take turns."""
    segment = index % len(SEGMENTS)
    steps, spread, onset_sd, restless, asleep, weight = list(SEGMENTS.values())[segment]
    return Person(
        id=1_500_000_000 + 61_234_567 * index + int(rng.integers(1_000_000)),
        segment=segment,
        steps=steps * float(np.exp(rng.normal(0, 0.08))),
        spread=spread,
        onset=float(rng.normal(-0.5, 0.5)),
        onset_sd=onset_sd,
        restless=restless * float(np.exp(rng.normal(0, 0.1))),
        asleep=asleep + float(rng.normal(0, 0.2)),
        weight=weight * float(np.exp(rng.normal(0, 0.06))),
        height=float(rng.normal(1.70, 0.07)),
        records_sleep=0.0 if index % 4 == index // 4 % 4 else float(rng.uniform(0.55, 0.95)),
        weighs=int(rng.choice([1, 2, 5, 9])) if index % 3 == 0 else 0,
    )


def draw_stretch(
    person: Person, begin: date, days: int, rng: np.random.Generator, *, planted: bool
) -> Stretch:
    """Draw consecutive days; with `planted`, one in thirty is anomalous."""
    kind = np.full(days, -1)
    if planted:
        odd = rng.choice(np.arange(1, days - 1), size=max(1, days // 30), replace=False)
        # A night awake shows only where sleep is recorded.
        kind[odd] = rng.integers(len(ANOMALIES) if person.records_sleep else 2, size=odd.size)
    worn = (rng.random(days) >= 0.07) | (kind >= 0)
    onset = np.rint(60 * rng.normal(person.onset, person.onset_sd, days)).astype(int)
    length = (
        np.rint(60 * rng.normal(person.asleep, 0.15 + 0.3 * person.onset_sd, days)).astype(int).clip(150, 660)
    )
    length = np.where(kind == ANOMALIES.index("night awake"), 75, length)
    target = person.steps * np.exp(rng.normal(-(person.spread**2) / 2, person.spread, days))
    target = np.where(kind == ANOMALIES.index("marathon"), 2.2 * person.steps + 9_000, target)
    target = np.where(kind == ANOMALIES.index("in bed all day"), 90, target) * worn
    steps = np.stack([_walk(total, _awake(onset, length, day), rng) for day, total in enumerate(target)])
    # Sleep is not missing at random: it is recorded rather on days with more steps than usual.
    recorded = rng.random(days) < person.records_sleep * np.where(target > person.steps, 1.0, 0.75)
    nights = tuple(
        (day, int(onset[day]), _states(int(length[day]), person.restless, rng))
        for day in range(days)
        if worn[day] and (recorded[day] or (kind[day] == 2 and person.records_sleep > 0))
    )
    return Stretch(begin, steps, nights, worn, kind)


def end_at(stretch: Stretch, cut: int) -> Stretch:
    """Cut the last day off after `cut` minutes."""
    steps = stretch.steps.copy()
    steps[-1, cut:] = 0
    return replace(stretch, steps=steps, cut=cut)


def _awake(onset: np.ndarray, length: np.ndarray, day: int) -> np.ndarray:
    """Walking weights by minute: none in bed, peaks at noon and evening."""
    minute = np.arange(DAY)
    hour = minute / 60
    weights = 0.3 + np.exp(-((hour - 12.5) ** 2) / 8) + 1.3 * np.exp(-((hour - 18) ** 2) / 5)
    in_bed = (minute >= onset[day]) & (minute < onset[day] + length[day])
    if day + 1 < onset.size:
        in_bed |= minute >= onset[day + 1] + DAY
    return np.where(in_bed | (hour < 4), 0.0, weights)


def _walk(total: float, weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Place bouts of walking until about `total` steps are reached."""
    steps = np.zeros(DAY, dtype=np.int64)
    brisk = np.clip(total / 45_000, 0.02, 0.5)
    shares = np.array([1 - 1.6 * brisk, 0.6 * brisk, brisk])
    bouts = round(total / (BOUT_MINUTES * float(shares @ CADENCES)))
    if not bouts:
        return steps
    starts = rng.choice(DAY, size=bouts, p=weights / weights.sum())
    lengths = rng.geometric(1 / BOUT_MINUTES, bouts)
    cadence = rng.choice(CADENCES, size=bouts, p=shares) + rng.integers(-2, 3, bouts) * 4
    minutes = np.repeat(starts - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
    inside = minutes < DAY
    steps[minutes[inside]] = np.repeat(cadence, lengths)[inside]
    return np.where(weights > 0, steps, 0)


def _states(length: int, restless: float, rng: np.random.Generator) -> np.ndarray:
    """States of one night by minute: 1 asleep, 2 restless, 3 awake."""
    states = np.ones(length, dtype=np.int64)
    runs = max(1, round(restless * length / 4))
    for start in rng.integers(0, length, runs):
        states[start : start + 4] = 2
    for start in rng.integers(0, length, rng.poisson(1.5)):
        states[start : start + 3] = 3
    return states
