"""From the customer table to numbers, fitted inside each fold: imputation, scaling, encoding, the segment."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from personae.errors import PersonaeError

Floats = npt.NDArray[np.float64]

TRUSTED = ("numpy.dtype", "personae.response.preprocessing.SegmentColumns")


class SegmentColumns(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Append one column a segment: 1 where the clusterer, fitted on the same rows, puts the customer there.

    Parameters
    ----------
    clusterer : estimator with `fit` and `predict`
    columns : positions of the inputs that span the space of the segments
    """

    def __init__(self, clusterer: Any, columns: Sequence[int]) -> None:
        self.clusterer = clusterer
        self.columns = columns

    def fit(self, inputs: Floats, target: object = None) -> Self:
        """Fit the clusterer; the target is not looked at."""
        space = inputs[:, list(self.columns)]
        self.clusterer_ = clone(self.clusterer).fit(space)
        self.segments_ = np.unique(self.clusterer_.predict(space))
        return self

    def transform(self, inputs: Floats) -> Floats:
        """Append the columns of the segments."""
        segment = self.clusterer_.predict(inputs[:, list(self.columns)])
        return np.hstack([inputs, (segment[:, None] == self.segments_).astype(np.float64)])


def preprocessing(
    table: pd.DataFrame,
    *,
    imputer: Any,
    scaler: Any,
    clusterer: Any = None,
    segment_columns: Sequence[str] = (),
) -> Pipeline:
    """Describe, unfitted, how rows of `table` become the models' inputs.

    Parameters
    ----------
    table : features as `features` gives them; its types decide what is numeric and what categorical
    imputer, scaler : scikit-learn transformers of the numeric columns
    clusterer : optional; its segments become inputs
    segment_columns : numeric columns that span its space; all of them if empty

    Raises
    ------
    PersonaeError
        If a segment column is not a numeric column of the table.
    """
    numeric = table.select_dtypes("number").columns.tolist()
    categorical = [column for column in table if column not in numeric]
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    parts: list[tuple[str, Any, list[str]]] = [
        ("numeric", Pipeline([("impute", imputer), ("scale", scaler)]), numeric),
        ("categorical", encoder, categorical),
    ]
    steps: list[tuple[str, Any]] = [("columns", ColumnTransformer([part for part in parts if part[2]]))]
    if clusterer is not None:
        absent = [column for column in segment_columns if column not in numeric]
        if absent:
            raise PersonaeError(
                f"segment column '{absent[0]}' is not a numeric feature of the customer table"
            )
        positions = [numeric.index(column) for column in segment_columns or numeric]
        steps.append(("segment", SegmentColumns(clusterer, positions)))
    return Pipeline(steps)


def features(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Take the named columns as numbers (missing: NaN) or as words (missing: the word "missing").

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
    """Name, for each of the models' inputs, the column of the customer table that it comes from.

    Columns that the imputer adds as flags are named "missing", those of the segment "segment".
    """
    names: list[str] = []
    for part, transformer, used in fitted.named_steps["columns"].transformers_:
        if part == "categorical":
            widths = [len(values) for values in transformer.categories_]
            names += [column for column, width in zip(used, widths, strict=True) for _ in range(width)]
        elif part == "numeric":
            width = transformer.named_steps["scale"].n_features_in_
            names += [*used, *("missing" for _ in range(width - len(used)))]
    if "segment" in fitted.named_steps:
        names += ["segment"] * len(fitted.named_steps["segment"].segments_)
    return tuple(names)
