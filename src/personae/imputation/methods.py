"""Imputers in scikit-learn's shape: fitted on some rows, able to fill any other."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.dummy import DummyRegressor
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer
from sklearn.linear_model import BayesianRidge, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from personae.errors import PersonaeError

METHODS = ("mean", "median", "group_mean", "knn", "ridge", "xgboost")
CONSTANT_METHODS = ("mean", "median", "group_mean")
LEAST_OBSERVED = 0.5
TRUSTED_TYPES = (
    "numpy.dtype",
    "personae.imputation.methods.ColumnModel",
    "personae.imputation.methods.TableImputer",
    "sklearn.impute._iterative.IterativeImputer",
    "sklearn.impute._iterative._ImputerTriplet",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBRegressor",
)

Figures = npt.NDArray[np.float64]


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
        from xgboost import XGBRegressor  # noqa: PLC0415 - only those who boost pay for the import

        return XGBRegressor(random_state=random_state, n_jobs=1, **options)
    raise PersonaeError(f"imputer: unknown method {method!r}; choose one of {', '.join(METHODS)}")


def as_figures(table: pd.DataFrame, columns: Sequence[str], where: str = "impute") -> Figures:
    """Read columns as floats with NaN for what is missing.

    Raises
    ------
    PersonaeError
        If a column is absent, holds text, or holds an infinite value.

    Examples
    --------
    >>> as_figures(pd.DataFrame({"age": [30, None], "open": [True, False]}), ["age", "open"])
    array([[30.,  1.],
           [nan,  0.]])
    """
    figures = np.empty((len(table), len(columns)))
    for position, column in enumerate(columns):
        if column not in table.columns:
            raise PersonaeError(f"{where}: no column {column!r} in the table; it has {', '.join(map(str, table))}")
        if not (pd.api.types.is_numeric_dtype(table[column]) or table[column].isna().all()):
            example = table[column].dropna().iloc[0]
            raise PersonaeError(f"{where}: column {column} holds {example!r}; expected numbers")
        figures[:, position] = table[column].to_numpy(dtype=float, na_value=np.nan)
        if np.isinf(figures[:, position]).any():
            raise PersonaeError(f"{where}: column {column} holds an infinite value; expected finite numbers")
    return figures


class ColumnModel(BaseEstimator):  # type: ignore[misc]
    """Predict one column: for unseen customers from the predictors, for known ones around their own mean.

    A known customer is one of whom values of the column were in the training rows. For them the method
    learns deviations from the customer's own mean from deviations of the predictors (the within, or fixed
    effects, regression; Mundlak, 1978). Predictions stay within the range that was observed.
    """

    def __init__(
        self, method: str = "mean", options: Mapping[str, Any] | None = None, random_state: int = 0
    ) -> None:
        self.method = method
        self.options = options
        self.random_state = random_state

    def fit(self, X: Figures, y: Figures, customers: Sequence[Any] | None = None) -> Self:
        """Fit on the rows where `y` is observed; `customers` gives the customer of each row."""
        observed = ~np.isnan(y)
        X, y = X[observed], y[observed]
        self.range_ = np.array([y.min(), y.max()])
        self.mean_ = float(y.mean())
        self.unseen_ = self._regressor().fit(X, y)
        self.customers_, self.known_ = np.empty(0), None
        if customers is None:
            return self
        index, names = pd.factorize(np.asarray(customers)[observed])
        self.customers_ = np.array(names.tolist())
        named = index >= 0
        self.own_mean_ = pd.Series(y[named]).groupby(index[named]).mean().to_numpy()
        self.own_predictors_ = pd.DataFrame(X[named]).groupby(index[named]).mean().to_numpy()
        repeated = named & np.isin(index, np.flatnonzero(np.bincount(index[named]) > 1))
        if self.method not in CONSTANT_METHODS and repeated.any():
            rows = index[repeated]
            deviations = X[repeated] - self.own_predictors_[rows]
            self.known_ = self._regressor().fit(deviations, y[repeated] - self.own_mean_[rows])
        return self

    def predict(self, X: Figures, customers: Sequence[Any] | None = None) -> Figures:
        """Predict each row by its own case; a row of nothing but gaps gets the baseline."""
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
        return np.clip(values, *self.range_)

    def baseline(self, customers: Sequence[Any] | None, rows: int) -> Figures:
        """Give the mean for unseen customers and the customer's own mean for known ones."""
        positions = self._positions(customers, rows)
        values = np.full(rows, self.mean_)
        known = positions >= 0
        if known.any():
            values[known] = self.own_mean_[positions[known]]
        return values

    def knows(self, customers: Sequence[Any] | None, rows: int) -> npt.NDArray[np.bool_]:
        """Tell for which rows the customer's own values were seen."""
        return self._positions(customers, rows) >= 0

    def _positions(self, customers: Sequence[Any] | None, rows: int) -> npt.NDArray[np.intp]:
        if customers is None or not len(self.customers_):
            return np.full(rows, -1)
        return pd.Index(self.customers_).get_indexer(pd.Index(customers))

    def _regressor(self) -> Any:
        return make_regressor(self.method, random_state=self.random_state, **(self.options or {}))


class TableImputer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Fill the gaps of numeric columns of a pandas table; usable inside cross-validation folds.

    Parameters
    ----------
    method, options
        As in `make_regressor`; options None are the library's own.
    columns
        What is filled. None: every numeric column; those without a gap in training get their median
        where a new row lacks them.
    predictors
        Numeric columns to predict from, None: all numeric columns. A predictor that is itself missing on
        more than half of the rows that lack a column is not used for that column.
    customer
        The column that says whose row it is; None: every row is somebody new.
    leaky
        For each column, the predictors that must not be used for it.
    plan
        For each column, {"unseen": verdict, "known": verdict} of the scorecard; None: impute every cell.
    random_state
        Seed of the methods that draw.

    Attributes
    ----------
    models_ : dict of str to ColumnModel
    predictors_ : dict of str to list of str
        What each column is predicted from.

    Examples
    --------
    >>> table = pd.DataFrame({"income": [10.0, 20.0, None], "spend": [1.0, 2.0, 3.0]})
    >>> TableImputer("mean", columns=["income"]).fit_transform(table)["income"].tolist()
    [10.0, 20.0, 15.0]
    """

    def __init__(
        self,
        method: str = "median",
        *,
        options: Mapping[str, Any] | None = None,
        columns: Sequence[str] | None = None,
        predictors: Sequence[str] | None = None,
        customer: str | None = None,
        leaky: Mapping[str, Sequence[str]] | None = None,
        plan: Mapping[str, Mapping[str, str]] | None = None,
        random_state: int = 0,
    ) -> None:
        self.method = method
        self.options = options
        self.columns = columns
        self.predictors = predictors
        self.customer = customer
        self.leaky = leaky
        self.plan = plan
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """Learn from the observed cells of `X`; `y` is ignored.

        Raises
        ------
        PersonaeError
            If a column holds no value at all, is absent or is not numeric.
        """
        numeric = [name for name in X.columns if name != self.customer and _is_numeric(X[name])]
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        self.columns_ = list(numeric if self.columns is None else self.columns)
        predictors = list(numeric if self.predictors is None else self.predictors)
        missing = np.isnan(as_figures(X, predictors))
        self.models_, self.predictors_ = {}, {}
        for column in self.columns_:
            values = as_figures(X, [column])[:, 0]
            gaps = np.isnan(values)
            if gaps.all():
                raise PersonaeError(f"impute: column {column} holds no value in {len(X)} rows; leave it out")
            absent = missing[gaps].mean(axis=0) if gaps.any() else np.zeros(len(predictors))
            barred = {column, *(self.leaky or {}).get(column, ())}
            usable = [
                name
                for name, share in zip(predictors, absent, strict=True)
                if name not in barred and share <= 1 - LEAST_OBSERVED
            ]
            method = "median" if self.columns is None and not gaps.any() else self.method
            if not usable and method not in CONSTANT_METHODS:
                method = "group_mean"
            model = ColumnModel(method, None if method in CONSTANT_METHODS else self.options, self.random_state)
            self.models_[column] = model.fit(as_figures(X, usable), values, self._customers(X))
            self.predictors_[column] = usable
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return a copy of `X` with its gaps filled, each by its own case."""
        filled = X.copy()
        treatment = self.treatment(X)
        customers = self._customers(X)
        for column, model in self.models_.items():
            values = as_figures(X, [column])[:, 0]
            impute = (treatment[column] == "impute").to_numpy()
            if impute.any():
                chosen = None if customers is None else customers[impute]
                values[impute] = model.predict(as_figures(X[impute], self.predictors_[column]), chosen)
            baseline = (treatment[column] == "baseline").to_numpy()
            values[baseline] = model.baseline(customers, len(X))[baseline]
            filled[column] = values
        return filled

    def treatment(self, X: pd.DataFrame) -> pd.DataFrame:
        """Tell of every cell of the columns whether it is `observed`, or how it is treated.

        Returns
        -------
        pandas.DataFrame
            A column for each of `columns`, a row for each row of `X`: `observed`, `impute`, `baseline` or
            `refuse`.
        """
        check_is_fitted(self)
        customers = self._customers(X)
        told = {}
        for column, model in self.models_.items():
            plan = (self.plan or {}).get(column, {})
            known = model.knows(customers, len(X))
            verdict = np.where(known, plan.get("known", "impute"), plan.get("unseen", "impute"))
            missing = np.isnan(as_figures(X, [column])[:, 0])
            told[column] = np.where(missing, verdict, "observed")
        return pd.DataFrame(told, index=X.index)

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[Any]:
        """Give the names of the table's columns: none is added or dropped."""
        check_is_fitted(self)
        return self.feature_names_in_

    def _customers(self, X: pd.DataFrame) -> npt.NDArray[Any] | None:
        if self.customer is None:
            return None
        if self.customer not in X.columns:
            raise PersonaeError(f"impute: no customer column {self.customer!r} in the table")
        return X[self.customer].to_numpy()


def _is_numeric(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column))
