"""The imputer of a table, in scikit-learn's shape: fitted on some rows, able to fill any other."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from personae.core.arrays import BoolArray, FloatArray
from personae.core.errors import PersonaeError
from personae.imputation.methods import CONSTANT_METHODS, ColumnModel, Customers

LEAST_OBSERVED = 0.5
TRUSTED_TYPES = (
    "numpy.dtype",
    "personae.imputation.imputer.TableImputer",
    "personae.imputation.methods.ColumnModel",
    "sklearn.impute._iterative.IterativeImputer",
    "sklearn.impute._iterative._ImputerTriplet",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBRegressor",
)


def as_figures(table: pd.DataFrame, columns: Sequence[str], where: str = "impute") -> FloatArray:
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
    kinds = dict(zip(table.columns, table.dtypes, strict=True))
    for column in columns:
        if column not in kinds:
            names = ", ".join(map(str, table.columns))
            raise PersonaeError(f"{where}: no column {column!r} in the table; it has {names}")
        if not (pd.api.types.is_numeric_dtype(kinds[column]) or table[column].isna().all()):
            example = table[column].dropna().iloc[0]
            raise PersonaeError(f"{where}: column {column} holds {example!r}; expected numbers")
    figures: FloatArray = table[list(columns)].to_numpy(dtype=float, na_value=np.nan, copy=True)
    if np.isinf(figures).any():
        column = columns[int(np.isinf(figures).any(axis=0).argmax())]
        raise PersonaeError(f"{where}: column {column} holds an infinite value; expected finite numbers")
    return figures


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
        The column that says whose row it is; None, or one row each in training: every row is a new customer.
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

    def fit(self, X: pd.DataFrame, y: Any = None, learn: BoolArray | None = None) -> Self:
        """Learn from the observed cells of `X`; `y` is ignored.

        Parameters
        ----------
        learn : of shape (rows,), rows that the regressors learn from; by default all

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
        names = list(dict.fromkeys([*predictors, *self.columns_]))
        figures = dict(zip(names, as_figures(X, names).T, strict=True))
        missing = np.isnan(np.column_stack([np.empty((len(X), 0)), *(figures[name] for name in predictors)]))
        self.models_, self.predictors_, customers = {}, {}, self._several(X)
        for column in self.columns_:
            values = figures[column]
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
            if method in CONSTANT_METHODS:
                usable = []
            if not usable and method not in CONSTANT_METHODS:
                method = "group_mean"
            inputs = np.column_stack([np.empty((len(X), 0)), *(figures[name] for name in usable)])
            model = ColumnModel(method, self.options, self.random_state)
            self.models_[column] = model.fit(inputs, values, customers, learn)
            self.predictors_[column] = usable
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return a copy of `X` with its gaps filled, each by its own verdict."""
        filled = X.copy()
        check_is_fitted(self)
        customers = self._customers(X)
        figures = as_figures(X, list(self.models_)).T
        for (column, model), values in zip(self.models_.items(), figures, strict=True):
            if not np.isnan(values).any():
                continue
            verdict = self._verdict(column, values, customers)
            impute = verdict == "impute"
            if impute.any():
                chosen = None if customers is None else customers[impute]
                values[impute] = model.predict(as_figures(X[impute], self.predictors_[column]), chosen)
            baseline = verdict == "baseline"
            values[baseline] = model.baseline(customers, len(X))[baseline]
            filled[column] = values
        return filled

    @property
    def needed(self) -> list[str]:
        """Columns that filling looks at."""
        predictors = (name for used in self.predictors_.values() for name in used)
        owner = () if self.customer is None else (self.customer,)
        return list(dict.fromkeys([*owner, *self.models_, *predictors]))

    def verdicts(self, X: pd.DataFrame) -> pd.DataFrame:
        """Give the verdict on every cell of the columns, or `observed`.

        Returns
        -------
        pandas.DataFrame
            A column for each of `columns`, a row for each row of `X`: `observed`, `impute`, `baseline` or
            `refuse`.
        """
        check_is_fitted(self)
        customers = self._customers(X)
        figures = zip(self.models_, as_figures(X, list(self.models_)).T, strict=True)
        verdicts = {column: self._verdict(column, values, customers) for column, values in figures}
        return pd.DataFrame(verdicts, index=X.index)

    def _verdict(self, column: str, values: FloatArray, customers: Customers) -> npt.NDArray[np.str_]:
        plan = (self.plan or {}).get(column, {})
        known = self.models_[column].knows(customers, len(values))
        verdict = np.where(known, plan.get("known", "impute"), plan.get("unseen", "impute"))
        return np.where(np.isnan(values), verdict, "observed")

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[Any]:
        """Give the names of the table's columns: none is added or dropped."""
        check_is_fitted(self)
        return self.feature_names_in_

    def _customers(self, X: pd.DataFrame) -> Customers:
        if self.customer is None:
            return None
        if self.customer not in X.columns:
            raise PersonaeError(f"impute: no customer column {self.customer!r} in the table")
        customers: Customers = X[self.customer].to_numpy()
        return customers

    def _several(self, X: pd.DataFrame) -> Customers:
        """Customers by whose other rows gaps can be filled: none where each has one row.

        There a new row of the same number may be anybody's, so that nobody of the training rows is known.
        """
        customers = self._customers(X)
        return None if customers is None or len(pd.unique(customers)) == len(X) else customers


def _is_numeric(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column))
