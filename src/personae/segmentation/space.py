"""The declared space in which every figure is computed, and the space in which a clusterer works."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.preprocessing import QuantileTransformer, RobustScaler, StandardScaler

from personae.core.arrays import BoolArray, FloatArray, IntArray
from personae.core.errors import PersonaeError
from personae.core.tables import names

SCALERS = ("standard", "robust", "quantile")
# Two customers of different categories then lie at distance 1, as two that differ by one standard deviation.
CATEGORY_WEIGHT = float(np.sqrt(0.5))
MISSING = "(missing)"


def build_scaler(name: str, rows: int) -> Any:
    """Give an unfitted scaler by its name.

    Parameters
    ----------
    name : {"standard", "robust", "quantile"}
        Mean and standard deviation; median and quartiles; ranks turned into a normal distribution.
    rows : int
        Rows that it will be fitted to.

    Raises
    ------
    PersonaeError
        If there is no such scaler.
    """
    if name == "standard":
        return StandardScaler()
    if name == "robust":
        return RobustScaler()
    if name == "quantile":
        return QuantileTransformer(
            n_quantiles=min(1000, rows), output_distribution="normal", random_state=0, subsample=None
        )
    raise PersonaeError(f"segment: there is no scaler {name!r}; expected one of {', '.join(SCALERS)}")


def check_quartiles(table: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse columns that vary only outside their quartiles.

    The robust scaler divides by the distance of the quartiles, and by 1 where it is 0: such a column would be
    nearly all of the variance.
    """
    for column in columns:
        lower, upper = table[column].quantile([0.25, 0.75])
        if lower == upper and table[column].min() < table[column].max():
            raise PersonaeError(
                f"segment: the quartiles of {column} are equal ({lower:g}); the scaler robust cannot scale it"
            )


class Space(BaseEstimator):  # type: ignore[misc]
    """Turn customers into points: chosen columns, logarithms, scaling, categories as indicators.

    Parameters
    ----------
    name : str
        What reports call it.
    columns : sequence of str
        Numeric columns.
    log1p : sequence of str
        Those of `columns` whose log(1 + x) counts.
    categorical : sequence of str
        Columns that become one indicator a level, weighted so that two levels lie at distance 1; missing
        ones are a level of their own.
    scaler : {"standard", "robust", "quantile"}
        How numeric columns are scaled.

    Examples
    --------
    >>> table = pd.DataFrame({"spend": [0.0, 10.0, 1000.0], "age": [30, 40, 50]})
    >>> space = Space("demo", ["spend", "age"], log1p=["spend"]).fit(table)
    >>> space.transform(table).round(2).tolist()
    [[-1.08, -1.22], [-0.25, 0.0], [1.33, 1.22]]
    >>> space.to_raw(space.transform(table))["spend"].round(6).tolist()
    [0.0, 10.0, 1000.0]
    """

    def __init__(
        self,
        name: str,
        columns: Sequence[str],
        log1p: Sequence[str] = (),
        categorical: Sequence[str] = (),
        scaler: str = "standard",
    ) -> None:
        self.name = name
        self.columns = columns
        self.log1p = log1p
        self.categorical = categorical
        self.scaler = scaler

    def fit(self, table: pd.DataFrame) -> Self:
        """Learn scales and category levels from a customer table.

        Raises
        ------
        PersonaeError
            If a column is absent, or one of numbers is not numeric, or has missing or infinite values.
        """
        if not self.columns and not self.categorical:
            raise PersonaeError(f"segment: space {self.name!r} has no columns; name at least one")
        numbers = self._numbers(table)
        self.levels_ = [sorted(self._words(table, column).unique().tolist()) for column in self.categorical]
        self.scaler_: Any = build_scaler(self.scaler, len(table)).fit(numbers) if self.columns else None
        return self

    @property
    def names(self) -> list[str]:
        """One name an axis: a column, or `column=level`."""
        pairs = zip(self.categorical, self.levels_, strict=True)
        return [*self.columns, *(f"{column}={level}" for column, levels in pairs for level in levels)]

    @property
    def axis_columns(self) -> IntArray:
        """Number of the column, numeric ones first, that every axis comes from."""
        sizes = [1] * len(self.columns) + [len(levels) for levels in self.levels_]
        return np.repeat(np.arange(len(sizes)), sizes)

    def transform(self, table: pd.DataFrame) -> FloatArray:
        """Give one point a customer, shape (customers, axes); a level never seen has no indicator."""
        parts = [self.scaler_.transform(self._numbers(table))] if self.columns else []
        for column, levels in zip(self.categorical, self.levels_, strict=True):
            words = self._words(table, column).to_numpy()
            parts.append(CATEGORY_WEIGHT * (words[:, None] == np.array(levels, dtype=object)))
        return np.ascontiguousarray(np.hstack(parts), dtype=np.float64)

    def to_raw(self, points: FloatArray) -> pd.DataFrame:
        """Give points in raw units: columns as in the table, categories as shares under `column=level`.

        For a column under log1p the centroid of a segment becomes its geometric kind of mean.
        """
        split = len(self.columns)
        raw = pd.DataFrame(points, columns=self.names)
        if split:
            numbers = self.scaler_.inverse_transform(points[:, :split])
            raw[list(self.columns)] = np.where(
                self._logged(), np.expm1(np.where(self._logged(), numbers, 0.0)), numbers
            )
        raw[self.names[split:]] = points[:, split:] / CATEGORY_WEIGHT
        return raw

    def from_raw(self, records: Sequence[Mapping[str, float]]) -> FloatArray:
        """Give the points of centroids in raw units, as `to_raw` writes them.

        Raises
        ------
        PersonaeError
            If a centroid lacks an axis of this space.
        """
        absent = [name for record in records for name in self.names if name not in record]
        if absent:
            raise PersonaeError(
                f"anchor: a centroid has no value for {absent[0]!r} of space {self.name!r}; "
                "write the anchor again with `personae anchor`"
            )
        split = len(self.columns)
        raw = np.array([[float(record[name]) for name in self.names] for record in records])
        points = raw * CATEGORY_WEIGHT
        if split:
            numbers = raw[:, :split]
            with np.errstate(invalid="ignore"):
                numbers = np.where(self._logged(), np.log1p(numbers), numbers)
            points[:, :split] = self.scaler_.transform(numbers)
        return points

    def _logged(self) -> BoolArray:
        return np.isin(list(self.columns), list(self.log1p))

    def _numbers(self, table: pd.DataFrame) -> FloatArray:
        for column in self.columns:
            self._check(table, column)
        try:
            numbers = table[list(self.columns)].to_numpy(dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise PersonaeError(
                f"segment: a column of space {self.name!r} is not numeric ({error})"
            ) from error
        for column, values in zip(self.columns, numbers.T, strict=True):
            bad = int((~np.isfinite(values)).sum())
            if bad:
                raise PersonaeError(
                    f"segment: column {column} has {bad} missing or infinite values: fill them first, "
                    f"by `gaps: fill` of {column} in the study's file"
                )
            if column in self.log1p and len(values) and values.min() <= -1:
                row = int(np.argmin(values))
                who = f"customer {table['customer'].iloc[row]}" if "customer" in table else f"row {row + 1}"
                raise PersonaeError(
                    f"segment: column {column} holds {values[row]:g} of {who}; log1p needs values above -1"
                )
        return np.where(self._logged(), np.log1p(np.where(self._logged(), numbers, 0.0)), numbers)

    def _words(self, table: pd.DataFrame, column: str) -> pd.Series:
        self._check(table, column)
        values = table[column]
        if values.isna().any():
            return pd.Series(names(values), index=values.index, dtype=object).replace("", MISSING)
        return values.astype(str).astype(object)

    def _check(self, table: pd.DataFrame, column: str) -> None:
        if column not in table.columns:
            raise PersonaeError(
                f"segment: space {self.name!r} needs column {column!r}, which the table does not have"
            )


class WorkingSpace(BaseEstimator):  # type: ignore[misc]
    """Where a clusterer works: the reference space, scaled otherwise or projected on principal axes.

    Figures are never computed here, so a choice made here cannot flatter them.

    Parameters
    ----------
    reference : Space
        Fitted reference space.
    scaler : {"reference", "standard", "robust", "quantile", "log1p"}
        "reference" leaves points as they are; "log1p" takes sign(x) log(1 + abs(x)) of the raw units.
    axes : int or None
        Number of leading principal axes kept; None keeps all.
    """

    def __init__(self, reference: Space, scaler: str = "reference", axes: int | None = None) -> None:
        self.reference = reference
        self.scaler = scaler
        self.axes = axes

    def fit(self, points: FloatArray) -> Self:
        """Learn scales and axes from points of the reference space."""
        self.fit_transform(points)
        return self

    def transform(self, points: FloatArray) -> FloatArray:
        """Give points of the reference space in this space."""
        scaled = self._scale(points)
        return scaled if self.pca_ is None else self.pca_.transform(scaled)

    def fit_transform(self, points: FloatArray) -> FloatArray:
        """Fit to points of the reference space and give them in this space."""
        self.scaler_: Any = None
        if self.scaler != "reference" and self.reference.columns:
            name = "standard" if self.scaler == "log1p" else self.scaler
            self.scaler_ = build_scaler(name, len(points)).fit(self._numbers(points))
        if self.axes is not None and not 1 <= self.axes <= min(points.shape):
            raise PersonaeError(
                f"segment: axes is {self.axes}; expected 1 to {min(points.shape)} principal axes"
            )
        self.pca_ = None if self.axes is None else PCA(self.axes, svd_solver="full")
        scaled = self._scale(points)
        return scaled if self.pca_ is None else self.pca_.fit_transform(scaled)

    def _numbers(self, points: FloatArray) -> FloatArray:
        split = len(self.reference.columns)
        if self.scaler != "log1p":
            return points[:, :split]
        raw = self.reference.to_raw(points).to_numpy()[:, :split]
        return np.asarray(np.sign(raw) * np.log1p(np.abs(raw)))

    def _scale(self, points: FloatArray) -> FloatArray:
        if self.scaler_ is None:
            return points
        split = len(self.reference.columns)
        return np.hstack([self.scaler_.transform(self._numbers(points)), points[:, split:]])
