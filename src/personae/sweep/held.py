"""What is said of a winner on customers that no trial has seen."""

from dataclasses import dataclass

# Bootstraps of an interval.
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Held:
    """Figures of the outer fold with 95 % intervals; `rows` customers that no trial has seen."""

    rows: int
    figures: dict[str, float]
    intervals: dict[str, tuple[float, float]]
