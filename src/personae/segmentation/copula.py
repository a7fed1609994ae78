"""One cloud with the margins of the data: a Gaussian copula, from which null tables are drawn."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from personae.core.arrays import FloatArray, IntArray
from personae.segmentation.dip import is_humped, normal_margin

# Rows and rounds with which the latent correlations are fitted to coarse margins.
CALIBRATION_ROWS = 4_000
CALIBRATION_ROUNDS = 4


class GaussianCopula:
    """One Gaussian cloud behind the observed margins (Nelsen 2006; NORTA, Cario and Nelson 1997).

    Ties, bounds, two-valued and skewed columns stay as they are. Only continuous columns with a dip of their
    own (p <= .05) become normal: a null that kept their humps would keep the segments. A column of several
    axes (the indicators of a category) is permuted whole, independently of the others.

    Attributes
    ----------
    kind : str
        Name of the null model: `copula`.
    humped : bool array of shape (columns,)
        Columns whose margin is replaced by a normal one.
    correlation : ndarray
        Of the latent normal variables, one each column of one axis.
    """

    kind = "copula"

    def __init__(self, means: FloatArray, within: FloatArray, columns: IntArray) -> None:
        self._means, self._within = means, within
        axes = [np.flatnonzero(columns == column) for column in np.unique(columns)]
        self._single = np.array([each[0] for each in axes if len(each) == 1], dtype=np.intp)
        self._whole = [each for each in axes if len(each) > 1]
        self._margins = np.sort(means[:, self._single], axis=0)
        self.humped = np.array([is_humped(margin) for margin in self._margins.T], dtype=bool)
        self._margins[:, self.humped] = normal_margin(self._margins[:, self.humped])
        self.correlation = self._calibrate()

    def draw(self, groups: NDArray[np.integer[Any]], rng: np.random.Generator) -> FloatArray:
        """Draw a table with the given groups (0 to G - 1), shape (customers, axes)."""
        count = int(groups.max()) + 1
        table = np.empty((count, self._means.shape[1]))
        latent = rng.standard_normal((count, len(self._single))) @ root(self.correlation)
        table[:, self._single] = self._observe(latent)
        for axes in self._whole:
            observed = self._means[:, axes]
            order = (
                rng.permutation(len(observed))
                if count == len(observed)
                else rng.integers(len(observed), size=count)
            )
            table[:, axes] = observed[order]
        table = np.asarray(table[groups])
        if self._within.any():
            shared = np.bincount(groups)[groups] > 1
            table[shared] += rng.standard_normal((int(shared.sum()), len(self._within))) @ self._within
        return np.asarray(table)

    def _observe(self, latent: FloatArray) -> FloatArray:
        """Give the observed values of the same ranks as latent normal ones."""
        rows = len(latent)
        ranks = latent.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
        at = ((ranks + 0.5) / rows * len(self._margins)).astype(np.intp)
        return np.take_along_axis(self._margins, np.minimum(at, len(self._margins) - 1), axis=0)

    def _calibrate(self) -> FloatArray:
        """Find latent correlations with which the drawn columns correlate as the observed ones do."""
        count = len(self._single)
        wanted = _rank_correlation(self._means[:, self._single])
        correlation = _nearest(2 * np.sin(np.pi / 6 * wanted))
        noise = np.random.default_rng(0).standard_normal((CALIBRATION_ROWS, count))
        for _ in range(CALIBRATION_ROUNDS if count > 1 else 0):
            drawn = _rank_correlation(self._observe(noise @ root(correlation)))
            correlation = _nearest(np.clip(correlation + wanted - drawn, -0.995, 0.995))
        return correlation


def fit_copula(
    points: FloatArray, groups: NDArray[np.integer[Any]], columns: IntArray | None = None
) -> GaussianCopula:
    """Fit one cloud with the margins of the data.

    Parameters
    ----------
    points : ndarray of shape (customers, axes)
        Points of the reference space.
    groups : int array of shape (customers,)
        Independent unit of every customer, 0 to G - 1.
    columns : int array of shape (axes,), optional
        Column that every axis comes from; each axis is a column of its own by default.

    Examples
    --------
    >>> table = np.array([[0.0, 1.0], [1.0, 2.0], [0.0, 4.0], [1.0, 7.0], [0.0, 9.0], [1.0, 9.5]])
    >>> drawn = fit_copula(table, np.arange(6)).draw(np.arange(6), np.random.default_rng(0))
    >>> np.sort(drawn, axis=0).T.tolist()
    [[0.0, 0.0, 0.0, 1.0, 1.0, 1.0], [1.0, 2.0, 4.0, 7.0, 9.0, 9.5]]
    """
    sizes = np.bincount(groups)
    means = np.zeros((len(sizes), points.shape[1]))
    np.add.at(means, groups, points)
    means /= sizes[:, None]
    residuals = points - means[groups]
    residuals[np.abs(residuals) < 1e-9] = 0.0
    within = root(residuals.T @ residuals / max(len(points) - len(sizes), 1))
    return GaussianCopula(means, within, np.arange(points.shape[1]) if columns is None else columns)


def _rank_correlation(columns: FloatArray) -> FloatArray:
    """Rank correlation, ties at their mean; 0 with a constant column."""
    ranks = np.empty_like(columns)
    for number, values in enumerate(columns.T):
        _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
        ranks[:, number] = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    away = ranks - ranks.mean(axis=0)
    length = np.sqrt((away**2).sum(axis=0))
    away = np.divide(away, length, out=np.zeros_like(away), where=length > 0)
    correlation = away.T @ away
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(correlation)


def _nearest(correlation: FloatArray) -> FloatArray:
    """Make a matrix a correlation again: eigenvalues from zero up, ones on the diagonal."""
    values, vectors = np.linalg.eigh(correlation)
    fixed = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    scale = np.sqrt(np.diag(fixed))
    return np.asarray(fixed / np.outer(scale, scale))


def root(covariance: FloatArray) -> FloatArray:
    """Give A with A.T A = covariance."""
    values, vectors = np.linalg.eigh(np.atleast_2d(covariance))
    return np.asarray(np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T)
