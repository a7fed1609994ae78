"""Non-normal tails: Tukey's g-and-h law, fitted to inner quantiles."""

import numpy as np

from personae.core.arrays import FloatArray

# Quantiles that are matched: three in a hundred unusual days do not move them far.
LEVELS = np.array([0.75, 0.85, 0.9, 0.94])
NORMAL = np.array([0.6745, 1.0364, 1.2816, 1.5548])
LEAST_VALUES = 60
# Of a normal sample, times the root of its size (simulated): what exceeds two of them counts.
SKEW_ERROR, TAIL_ERROR = 1.85, 1.11
MOST_SKEW, MOST_TAIL = 1.5, 0.4
GRID = np.linspace(-12, 12, 4801)


def normal_scores(z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Normal scores of robust z under a g-and-h law (Hoaglin 1985).

    Skew and tail weight come from quantiles between 6 and 94 %, so that outliers stay outliers; tails lighter
    than the normal's count as normal. Fewer than 60 values that are not 0 stay as they are.

    Returns
    -------
    tuple
        Scores, shape of z; centre, scale, skew g and tail h of each column, shape (4, columns).

    Examples
    --------
    >>> z = np.random.default_rng(0).lognormal(0, 1, (2000, 1))
    >>> z = (z - np.median(z)) / (np.median(np.abs(z - np.median(z))) / 0.6745)
    >>> scores, _ = normal_scores(z)
    >>> bool(np.abs(z).max() > 15), bool(np.abs(scores).max() < 4.5)
    (True, True)
    """
    scores, shapes = z.astype(float).copy(), np.tile([[0.0], [1.0], [0.0], [0.0]], z.shape[1])
    for k in range(z.shape[1]):
        known = z[:, k] != 0
        if known.sum() < LEAST_VALUES:
            continue
        centre, scale, g, h = shapes[:, k] = _fitted(z[known, k])
        bent = np.interp(z[known, k], centre + scale * quantiles(GRID, g, h), GRID)
        # A skewed law ends on one side, just beyond the data: there the plain z is the more cautious one.
        scores[known, k] = np.where(np.abs(bent) < np.abs(z[known, k]), bent, z[known, k])
    return scores, shapes


def quantiles(normal: FloatArray, g: float, h: float) -> FloatArray:
    """Standard g-and-h quantiles at normal ones: (exp(g x) - 1) / g * exp(h x² / 2)."""
    bent = normal if abs(g) < 1e-6 else np.expm1(g * normal) / g
    return np.asarray(bent * np.exp(h * normal**2 / 2))


def _fitted(values: FloatArray) -> tuple[float, float, float, float]:
    """Centre, scale, skew and tail weight from the half-spreads at `LEVELS`."""
    centre = float(np.median(values))
    upper = np.maximum(np.quantile(values, LEVELS) - centre, 1e-9)
    lower = np.maximum(centre - np.quantile(values, 1 - LEVELS), 1e-9)
    skew = float(np.median(np.log(upper / lower) / NORMAL))
    surely = max(abs(skew) - 2 * SKEW_ERROR / np.sqrt(len(values)), 0.0)
    g = float(np.sign(skew)) * min(surely, MOST_SKEW)
    width = quantiles(NORMAL, g, 0.0) - quantiles(-NORMAL, g, 0.0)
    widening = np.log((upper + lower) / width)
    slope, _ = np.polyfit(NORMAL**2 / 2, widening, 1)
    h = float(np.clip(slope - 2 * TAIL_ERROR / np.sqrt(len(values)), 0.0, MOST_TAIL))
    return centre, float(np.exp(np.mean(widening - h * NORMAL**2 / 2))), g, h
