"""Preprocessing fitted inside each fold: imputation, scaling, encoding, segments."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, RobustScaler, StandardScaler

from personae.core.arrays import FloatArray
from personae.core.errors import PersonaeError
from personae.imputation.imputer import TableImputer
from personae.response.settings import Classify
from personae.segmentation.clusterers import KMeansClusterer
from personae.segmentation.space import Space

SCALERS = {"standard": StandardScaler(), "robust": RobustScaler(), "passthrough": "passthrough"}


class SegmentColumns(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Segments as 0/1 columns, from a clusterer fitted on training rows.

    Parameters
    ----------
    space : transformer of a table into points
    clusterer : estimator with `fit` and `predict` of points
    """

    def __init__(self, space: Any, clusterer: Any) -> None:
        self.space = space
        self.clusterer = clusterer

    def fit(self, table: pd.DataFrame, target: object = None) -> Self:
        """Fit space and clusterer; the target is not looked at."""
        self.space_ = clone(self.space).fit(table)
        points = self.space_.transform(table)
        self.clusterer_ = clone(self.clusterer).fit(points)
        self.segments_ = np.unique(self.clusterer_.predict(points))
        return self

    def transform(self, table: pd.DataFrame) -> FloatArray:
        """Give the columns of the segments, shape (rows, segments)."""
        segment = self.clusterer_.predict(self.space_.transform(table))
        return np.asarray((segment[:, None] == self.segments_).astype(np.float64))


def build_preprocessing(table: pd.DataFrame, settings: Classify, *, segment: bool = False) -> Pipeline:
    """Build the unfitted preprocessing of features, with or without segments.

    Parameters
    ----------
    table : features as `features` gives them; its types decide what is numeric and what categorical
    segment : whether the settings' segments, of imputed and unscaled columns, are further inputs

    Raises
    ------
    PersonaeError
        If a column of the segments is not in the table.
    """
    imputer, segments = settings.imputer, settings.segment if segment else None
    numeric = table.select_dtypes("number").columns.tolist()
    categorical = [column for column in table if column not in numeric]
    parts: list[tuple[str, Any, list[str]]] = [
        ("numeric", SCALERS[settings.scaler], numeric),
        ("categorical", OneHotEncoder(handle_unknown="ignore", sparse_output=False), categorical),
    ]
    if segments is not None:
        absent = [column for column in segments.columns if column not in table]
        if absent:
            raise PersonaeError(f"segment column '{absent[0]}' is not among the features")
        space = Space("response", list(segments.columns), log1p=list(segments.log1p))
        parts.append(("segment", SegmentColumns(space, KMeansClusterer(segments.k)), segments.columns))
    fill = TableImputer(imputer.method, options=imputer.model_dump(exclude={"method"}))
    return Pipeline([("impute", fill), ("columns", ColumnTransformer([part for part in parts if part[2]]))])


def features(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Take columns as numbers or words, missing as NaN or "missing".

    Raises
    ------
    PersonaeError
        If a column is not in the table, or is neither numeric nor text.

    Examples
    --------
    >>> table = pd.DataFrame({"age": [40, None], "home": ["flat", None], "id": [1, 2]})
    >>> features(table, ["age", "home"]).to_dict("list")
    {'age': [40.0, nan], 'home': ['flat', 'missing']}
    """
    absent = [column for column in columns if column not in table]
    if absent:
        raise PersonaeError(f"column '{absent[0]}' is missing; the table has {', '.join(map(str, table))}")
    taken = {}
    for column in columns:
        values = table[column]
        if pd.api.types.is_numeric_dtype(values):
            taken[column] = values.astype("float64")
        elif pd.api.types.is_datetime64_any_dtype(values):
            raise PersonaeError(f"column '{column}' holds dates; make it a number of days in `prepare`")
        else:
            taken[column] = values.astype(object).where(values.notna(), "missing").astype(str).astype(object)
    return pd.DataFrame(taken, index=table.index)


def input_columns(fitted: Pipeline) -> tuple[str, ...]:
    """Name the table column behind each model input.

    The columns that the segment adds are named "segment".
    """
    names: list[str] = []
    for part, transformer, used in fitted.named_steps["columns"].transformers_:
        if part == "numeric":
            names += used
        elif part == "categorical":
            levels = zip(used, transformer.categories_, strict=True)
            names += [column for column, values in levels for _ in values]
        elif part == "segment":
            names += ["segment"] * len(transformer.segments_)
    return tuple(names)
