"""What predicts one column: a regressor for a method, for unseen customers and for known ones."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyRegressor
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer
from sklearn.linear_model import BayesianRidge, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.imputation.masking import like_missing

METHODS = ("mean", "median", "group_mean", "knn", "ridge", "xgboost")
CONSTANT_METHODS = ("mean", "median", "group_mean")

Customers = npt.NDArray[Any] | None


def make_regressor(method: str, *, random_state: int = 0, **options: Any) -> Any:
    """Build the regressor behind a method; it takes predictors with gaps, and rows of nothing but gaps.

    Parameters
    ----------
    method
        One of `METHODS`. `knn` and `ridge` standardise the predictors and fill their gaps by nearest
        neighbours and by chained Bayesian ridge regressions (van Buuren and Groothuis-Oudshoorn, 2011).
        `xgboost` sends gaps down a learned branch (Chen and Guestrin, 2016).
    options
        Passed to KNeighborsRegressor, Ridge or XGBRegressor.

    Raises
    ------
    PersonaeError
        If the method is unknown.
    """
    if method in CONSTANT_METHODS:
        return DummyRegressor(strategy="median" if method == "median" else "mean")
    if method == "knn":
        filler = KNNImputer(keep_empty_features=True)
        return make_pipeline(StandardScaler(), filler, KNeighborsRegressor(algorithm="brute", **options))
    if method == "ridge":
        # One round in a fixed order: predictors have few gaps, further rounds only cost time.
        filler = IterativeImputer(
            BayesianRidge(), max_iter=1, tol=1e9, keep_empty_features=True, random_state=random_state
        )
        return make_pipeline(StandardScaler(), filler, Ridge(**options))
    if method == "xgboost":
        from xgboost import XGBRegressor  # noqa: PLC0415 - slow to import

        return XGBRegressor(random_state=random_state, n_jobs=1, **options)
    raise PersonaeError(f"imputer: unknown method {method!r}; choose one of {', '.join(METHODS)}")


class ColumnModel(BaseEstimator):  # type: ignore[misc]
    """Predict one column: for unseen customers from the predictors, for known ones around their own mean.

    A known customer has values of the column in the training rows. For them the method
    learns deviations from the customer's own mean from deviations of the predictors (the within, or fixed
    effects, regression; Mundlak, 1978). Predictions stay within the range that was observed.
    """

    def __init__(
        self, method: str = "mean", options: Mapping[str, Any] | None = None, random_state: int = 0
    ) -> None:
        self.method = method
        self.options = options
        self.random_state = random_state

    def fit(
        self, X: FloatArray, y: FloatArray, customers: Customers = None, learn: BoolArray | None = None
    ) -> Self:
        """Fit on the rows where `y` is observed; `customers` gives the customer of each row.

        Means and range are those of all rows; the regressors learn from the rows of `learn`, where one of
        them has a value.
        """
        observed = ~np.isnan(y)
        gaps = np.isnan(X[~observed])
        X, y = X[observed], y[observed]
        taught = np.ones(len(y), dtype=bool) if learn is None else learn[observed]
        if not taught.any():
            taught = ~taught
        self.range_ = np.array([y.min(), y.max()])
        self.mean_ = float(y.mean())
        self.unseen_ = self._fitted(X[taught], y[taught], gaps)
        self.customers_, self.known_ = np.empty(0), None
        if customers is None:
            return self
        index, names = pd.factorize(np.asarray(customers)[observed])
        self.customers_ = np.array(names.tolist())
        named = index >= 0
        self.own_mean_ = pd.Series(y[named]).groupby(index[named]).mean().to_numpy()
        self.own_predictors_ = pd.DataFrame(X[named]).groupby(index[named]).mean().to_numpy()
        repeated = named & taught & np.isin(index, np.flatnonzero(np.bincount(index[named]) > 1))
        if self.method not in CONSTANT_METHODS and repeated.any():
            rows = index[repeated]
            deviations = X[repeated] - self.own_predictors_[rows]
            self.known_ = self._fitted(deviations, y[repeated] - self.own_mean_[rows], gaps)
        return self

    def predict(self, X: FloatArray, customers: Customers = None) -> FloatArray:
        """Predict each row by its kind of customer; a row of nothing but gaps gets the baseline."""
        blank = np.isnan(X).all(axis=1) if X.shape[1] else np.zeros(len(X), dtype=bool)
        values = np.asarray(self.unseen_.predict(X), dtype=float)
        rows = self._positions(customers, len(X))
        known = rows >= 0
        if known.any() and self.method not in ("mean", "median"):
            values[known] = self.own_mean_[rows[known]]
            if self.known_ is not None:
                values[known] += self.known_.predict(X[known] - self.own_predictors_[rows[known]])
        if self.method not in CONSTANT_METHODS:
            values[blank] = self.baseline(customers, len(X))[blank]
        within: FloatArray = np.clip(values, *self.range_)
        return within

    def baseline(self, customers: Customers, rows: int) -> FloatArray:
        """Give the mean for unseen customers and the customer's own mean for known ones."""
        positions = self._positions(customers, rows)
        values = np.full(rows, self.mean_)
        known = positions >= 0
        if known.any():
            values[known] = self.own_mean_[positions[known]]
        return values

    def knows(self, customers: Customers, rows: int) -> BoolArray:
        """Mark the rows of customers whose own values were seen."""
        return self._positions(customers, rows) >= 0

    def _positions(self, customers: Customers, rows: int) -> IntArray:
        if customers is None or not len(self.customers_):
            return np.full(rows, -1)
        positions: IntArray = pd.Index(self.customers_).get_indexer(pd.Index(customers))
        return positions

    def _fitted(self, X: FloatArray, y: FloatArray, gaps: BoolArray) -> Any:
        options = {} if self.method in CONSTANT_METHODS else dict(self.options or {})
        if self.method == "knn":
            options["n_neighbors"] = min(options.get("n_neighbors", 5), len(X))
        if self.method == "xgboost" and gaps.any():
            # A branch for gaps is learned from gaps only: see each row again, lacking what rows to fill lack.
            again = like_missing(X, gaps, np.random.default_rng(self.random_state))
            X, y = np.vstack([X, again]), np.tile(y, 2)
        return make_regressor(self.method, random_state=self.random_state, **options).fit(X, y)
