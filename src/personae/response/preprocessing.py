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
from personae.response.settings import Classify, SegmentInput
from personae.segmentation.space import Space, WorkingSpace
from personae.segmentation.ward import build_clusterer

SCALERS = {"standard": StandardScaler(), "robust": RobustScaler(), "passthrough": "passthrough"}


class SegmentColumns(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Segments as 0/1 columns, from a clusterer fitted on training rows.

    Parameters
    ----------
    space : transformer of a table into points
    clusterer : estimator with `fit` and `predict` of points
    scaler, axes : of the space that the clusterer works in, see `WorkingSpace`
    """

    def __init__(
        self, space: Any, clusterer: Any, scaler: str = "reference", axes: int | None = None
    ) -> None:
        self.space = space
        self.clusterer = clusterer
        self.scaler = scaler
        self.axes = axes

    def fit(self, table: pd.DataFrame, target: object = None) -> Self:
        """Fit spaces and clusterer; the target is not looked at."""
        self.space_ = clone(self.space).fit(table)
        self.working_ = WorkingSpace(self.space_, self.scaler, self.axes)
        points = self.working_.fit_transform(self.space_.transform(table))
        self.clusterer_ = clone(self.clusterer).fit(points)
        self.segments_ = np.unique(self.clusterer_.predict(points))
        return self

    def transform(self, table: pd.DataFrame) -> FloatArray:
        """Give the columns of the segments, shape (rows, segments)."""
        segment = self.clusterer_.predict(self.working_.transform(self.space_.transform(table)))
        return np.asarray((segment[:, None] == self.segments_).astype(np.float64))


class Fifths(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Columns as 0/1 columns of their fifths among training rows."""

    def fit(self, table: pd.DataFrame, target: object = None) -> Self:
        """Learn the borders; fewer where values repeat."""
        self.edges_ = [np.unique(np.quantile(values, [0.2, 0.4, 0.6, 0.8])) for values in table.to_numpy().T]
        return self

    def transform(self, table: pd.DataFrame) -> FloatArray:
        """Give a column a fifth, shape (rows, fifths)."""
        pairs = zip(table.to_numpy().T, self.edges_, strict=True)
        return np.hstack([np.eye(len(edges) + 1)[np.searchsorted(edges, values)] for values, edges in pairs])


def build_preprocessing(
    table: pd.DataFrame, settings: Classify, *, segment: bool = False, fifths: Sequence[str] = ()
) -> Pipeline:
    """Build the unfitted preprocessing of features, with or without segments.

    Parameters
    ----------
    table : features as `features` gives them; its types decide what is numeric and what categorical
    segment : whether the settings' segments, of imputed and unscaled columns, are further inputs
    fifths : numeric columns whose fifths are, too

    Raises
    ------
    PersonaeError
        If a column of the segments or fifths is not in the table.
    """
    imputer, segments = settings.imputer, settings.segment if segment else None
    numeric = table.select_dtypes("number").columns.tolist()
    categorical = [column for column in table if column not in numeric]
    parts: list[tuple[str, Any, list[str]]] = [
        ("numeric", SCALERS[settings.scaler], numeric),
        ("categorical", OneHotEncoder(handle_unknown="ignore", sparse_output=False), categorical),
    ]
    if segments is not None:
        used = [*segments.columns, *segments.categorical]
        _check(used, list(table), "segment")
        options = segments.model_dump(include={"columns", "log1p", "categorical"})
        space = Space("response", **options, scaler=segments.space_scaler)
        clusterer = build_clusterer(segments.clusterer).set_params(n_clusters=segments.k)
        parts.append(("segment", SegmentColumns(space, clusterer, **_working(segments)), used))
    if fifths:
        _check(fifths, numeric, "fifths")
        parts.append(("fifths", Fifths(), list(fifths)))
    fill = TableImputer(imputer.method, options=imputer.model_dump(exclude={"method"}))
    return Pipeline([("impute", fill), ("columns", ColumnTransformer([part for part in parts if part[2]]))])


def _working(segments: SegmentInput) -> dict[str, Any]:
    return {"scaler": segments.scaler.name, "axes": segments.scaler.axes}


def _check(used: Sequence[str], known: Sequence[str], of: str) -> None:
    absent = [column for column in used if column not in known]
    if absent:
        raise PersonaeError(f"{of} column '{absent[0]}' is not among the features")


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
    kinds = table.dtypes
    numeric = [column for column in columns if pd.api.types.is_numeric_dtype(kinds[column])]
    dates = [column for column in columns if pd.api.types.is_datetime64_any_dtype(kinds[column])]
    if dates:
        raise PersonaeError(f"column '{dates[0]}' holds dates; make it a number of days in `prepare`")
    figures = table[numeric].to_numpy(np.float64, na_value=np.nan)
    words = {
        column: table[column]
        .astype(object)
        .where(table[column].notna(), "missing")
        .astype(str)
        .astype(object)
        for column in columns
        if column not in numeric
    }
    return pd.DataFrame(figures, table.index, numeric).assign(**words)[list(columns)]


def model_inputs(fitted: Pipeline, table: pd.DataFrame) -> FloatArray:
    """Inputs of the models, as the fitted pipeline gives them, without the cost of a job a part."""
    filled = fitted.named_steps["impute"].transform(table)
    parts = [
        transformer.transform(filled[list(used)])
        for part, transformer, used in fitted.named_steps["columns"].transformers_
        if part != "remainder"
    ]
    return np.hstack(parts)


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
        elif part == "fifths":
            fifths = zip(used, transformer.edges_, strict=True)
            names += [column for column, edges in fifths for _ in range(len(edges) + 1)]
    return tuple(names)
