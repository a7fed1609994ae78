"""Drivers of segments: standardised differences with bootstrap intervals."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.core.statistics import BLOCK_CELLS, bootstrap_counts
from personae.personas.settings import Profile

# Bootstrap samples that are multiplied at once, at least: fewer only read the sums more often.
MIN_BLOCK = 32


def driver_table(
    table: pd.DataFrame, segment: IntArray, unit: IntArray, settings: Profile, rng: np.random.Generator
) -> dict[int, list[dict[str, Any]]]:
    """Standardised difference of every feature in every segment, the largest first.

    The interval is the percentile bootstrap over units (Efron and Tibshirani 1993), means and standard
    deviation of all customers computed again in each sample.

    Returns
    -------
    dict
        By segment the rows `feature`, `label`; `value` and `overall`, means of the segment and of all
        customers in the feature's unit; `effect` in standard deviations of all customers and its 95 % `ci`.
    """
    values = table.to_numpy()
    ids = [int(each) for each in np.unique(segment) if each >= 0]
    units = int(unit.max()) + 1
    # No unit is drawn more than 255 times: of fewer units none can be, of more the chance is below 1e-500.
    drawn = (each.astype(np.uint8) for each in bootstrap_counts(units, settings.bootstraps, rng))
    weights = np.vstack([np.ones((1, units), dtype=np.uint8), *drawn])
    step = max(BLOCK_CELLS // units, MIN_BLOCK)

    def per_sample(rows: BoolArray, columns: FloatArray) -> FloatArray:
        sums = np.zeros((units, columns.shape[1]))
        np.add.at(sums, unit[rows], columns[rows])
        starts = range(0, len(weights), step)
        return np.concatenate([weights[start : start + step].astype(float) @ sums for start in starts])

    everyone = np.ones(len(values), dtype=bool)
    gaps = np.isnan(values)
    one = (~gaps).astype(float) if gaps.any() else np.ones((len(values), 1))
    # Centred first: the difference of two large squares would lose the digits of a small deviation.
    centred = values - (np.nanmean(values, axis=0) if gaps.any() else values.mean(axis=0))
    values, centred = np.where(gaps, 0, values), np.where(gaps, 0, centred)
    count = np.maximum(per_sample(everyone, one), 1)
    mean = per_sample(everyone, values) / count
    variance = per_sample(everyone, centred**2) / count - (per_sample(everyone, centred) / count) ** 2
    deviation = np.sqrt(np.maximum(variance, 0))
    drivers = {}
    for each in ids:
        inside = segment == each
        own = per_sample(inside, values) / np.maximum(per_sample(inside, one), 1)
        effect = np.divide(own - mean, deviation, out=np.zeros_like(own), where=deviation > 0)
        bounds = np.percentile(effect[1:], [2.5, 97.5], axis=0).T.tolist()
        rows: list[dict[str, Any]] = [
            {
                "feature": feature,
                "label": settings.labels.get(feature, feature),
                "value": float(own[0, index]),
                "overall": float(mean[0, index]),
                "effect": float(effect[0, index]),
                "ci": tuple(bounds[index]),
            }
            for index, feature in enumerate(settings.features)
        ]
        drivers[each] = sorted(rows, key=lambda row: (-abs(row["effect"]), row["feature"]))
    return drivers


def indicators(customers: pd.DataFrame, features: Sequence[str]) -> pd.DataFrame:
    """Numbers unchanged, and one 0/1 column for each level of a category.

    Examples
    --------
    >>> indicators(pd.DataFrame({"age": [40, 50], "sex": ["m", "f"]}), ["age", "sex"]).columns.tolist()
    ['age', 'sex: f', 'sex: m']
    """
    columns: dict[str, Any] = {}
    for name in features:
        values = customers[name]
        if pd.api.types.is_numeric_dtype(values):
            columns[name] = values.astype(float)
            continue
        for level in sorted(values.dropna().unique()):
            columns[f"{name}: {level}"] = (values == level).astype(float)
    return pd.DataFrame(columns, index=customers.index)


def named_levels(settings: Profile, features: Sequence[str]) -> Profile:
    """Add the levels of categories to the features and words."""
    if list(settings.features) == list(features):
        return settings
    levels = {
        name: (f"rarely {name}", f"mostly {name}") for name in features if name not in settings.features
    }
    return settings.model_copy(update={"features": list(features), "words": {**settings.words, **levels}})
