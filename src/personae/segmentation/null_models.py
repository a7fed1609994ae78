"""Tables of customers without segments: what the same figures look like by chance."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import PowerTransformer

from personae.core.arrays import BoolArray, FloatArray

LAWS = ("gaussian", "box", "skewed")


@dataclass(frozen=True, slots=True)
class Null:
    """Comparison of a silhouette with tables that have no segments.

    `mean` and `p95` are those of the same k in these tables; `p_value` is the share of the `tables` whose
    silhouette reaches the observed one, the observed counted in (Davison and Hinkley 1997). Where a rule
    chose k, it chooses again in each null table, and each silhouette is seen beside those of its own k.
    """

    mean: float
    p95: float
    p_value: float
    tables: int


def compare(observed: float, chance: FloatArray, reached: BoolArray | None = None) -> Null:
    """Compare an observed silhouette with its values by chance.

    Parameters
    ----------
    observed : float
        NaN where there is none, and then nothing speaks against chance.
    chance : ndarray of shape (tables,)
        NaN where a table showed no segments, which counts as below.
    reached : bool array of shape (tables,), optional
        Whether a table reached the observed value; told from `chance` by default.

    Examples
    --------
    >>> compare(0.5, np.array([0.25, 0.25, 0.25, np.nan]))
    Null(mean=0.25, p95=0.25, p_value=0.2, tables=4)
    """
    known = chance[np.isfinite(chance)]
    reached = chance >= observed if reached is None else reached
    return Null(
        mean=float(known.mean()) if len(known) else float("nan"),
        p95=float(np.quantile(known, 0.95)) if len(known) else float("nan"),
        p_value=float((1 + reached.sum()) / (1 + len(chance))) if np.isfinite(observed) else 1.0,
        tables=len(chance),
    )


@dataclass(frozen=True, slots=True)
class NullModel:
    """One population without segments, fitted to a table, from which null tables are drawn.

    Fitted to the means of independent groups (identical customers, days of one user); rows of a group
    share its draw and differ from it as the rows of the table differ within groups.
    """

    law: str
    center: FloatArray
    axes: FloatArray
    low: FloatArray
    high: FloatArray
    within: FloatArray
    power: Any

    def draw(self, groups: NDArray[np.integer[Any]], rng: np.random.Generator) -> FloatArray:
        """Draw a table with the given groups (0 to G - 1), shape (customers, axes)."""
        count = int(groups.max()) + 1
        if self.law == "box":
            means = rng.uniform(self.low, self.high, size=(count, len(self.low))) @ self.axes
        else:
            means = rng.standard_normal((count, len(self.axes))) @ self.axes
        table = means + self.center
        if self.power is not None:
            table = _untransform(self.power, table, self.low, self.high)
        table = np.asarray(table[groups])
        if self.within.any():
            shared = np.bincount(groups)[groups] > 1
            table[shared] += rng.standard_normal((int(shared.sum()), len(self.within))) @ self.within
        return table


def fit_null(law: str, points: FloatArray, groups: NDArray[np.integer[Any]]) -> NullModel:
    """Fit a population without segments.

    Parameters
    ----------
    law : {"gaussian", "box", "skewed"}
        One Gaussian with the data's covariance; a uniform box along its principal axes (Tibshirani,
        Walther and Hastie 2001); one Gaussian seen through a Yeo-Johnson (2000) transform per axis, which
        has the skewness of the data and still one mode.
    points : ndarray of shape (customers, axes)
        Points of the reference space.
    groups : int array of shape (customers,)
        Independent unit of every customer, 0 to G - 1.
    """
    sizes = np.bincount(groups)
    means = np.zeros((len(sizes), points.shape[1]))
    np.add.at(means, groups, points)
    means /= sizes[:, None]
    residuals = points - means[groups]
    # Means of identical customers differ from them by rounding, which is no spread within groups.
    residuals[np.abs(residuals) < 1e-9] = 0.0
    within = _root(residuals.T @ residuals / max(len(points) - len(sizes), 1))
    center, low, high, power = means.mean(axis=0), means.min(axis=0), means.max(axis=0), None
    if law == "skewed":
        power = PowerTransformer(method="yeo-johnson").fit(means)
        transformed = power.transform(means)
        center, axes = transformed.mean(axis=0), _root(np.cov(transformed, rowvar=False, ddof=0))
    elif law == "box":
        _, _, axes = np.linalg.svd(means - center, full_matrices=False)
        along = (means - center) @ axes.T
        low, high = along.min(axis=0), along.max(axis=0)
    else:
        axes = _root(np.cov(means, rowvar=False, ddof=0))
    return NullModel(law, center, axes, low, high, within, power)


def _root(covariance: FloatArray) -> FloatArray:
    """Give A with A.T A = covariance."""
    values, vectors = np.linalg.eigh(np.atleast_2d(covariance))
    return np.asarray(np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T)


def _untransform(power: PowerTransformer, table: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Invert Yeo-Johnson within the range of the data; beyond it the inverse may not exist."""
    ends = np.sort(power.transform(np.array([low, high])), axis=0)
    return np.asarray(power.inverse_transform(np.clip(table, ends[0], ends[1])))
