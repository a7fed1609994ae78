"""Fitted models as MLflow serves them: loaded without pickle, one row of answers a customer.

MLflow keeps the name of this module with each model and calls its `_load_pyfunc`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from personae import models

# Reviewed: plain scikit-learn and NumPy state, and the project's own estimators. Anything else is refused.
TRUSTED = (
    "numpy.dtype",
    "sklearn.tree._tree.Tree",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.link.MultinomialLogit",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss.loss.HalfMultinomialLoss",
    "sklearn._loss._loss.CyHalfBinomialLoss",
    "sklearn._loss._loss.CyHalfMultinomialLoss",
    "personae.response.preprocessing.SegmentColumns",
)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted imputer, segmenter or response model behind one method."""

    model: Any

    def predict(self, table: pd.DataFrame, params: object = None) -> pd.DataFrame:
        """Answer for every row of a table with the columns of the model's example.

        Returns
        -------
        pandas.DataFrame
            Probabilities, one column a class, of a response model; `prediction` of another predictor;
            the completed columns of an imputer.

        Examples
        --------
        >>> from sklearn.dummy import DummyClassifier
        >>> table = pd.DataFrame({"age": [30, 40]})
        >>> model = DummyClassifier(strategy="prior").fit(table, ["no", "yes"])
        >>> Fitted(model).predict(table).to_dict("list")
        {'no': [0.5, 0.5], 'yes': [0.5, 0.5]}
        """
        model, rows = self.model, table.index
        if hasattr(model, "predict_proba"):
            classes = [str(name) for name in model.classes_]
            return pd.DataFrame(model.predict_proba(table), rows, classes)
        if hasattr(model, "predict"):
            return pd.DataFrame({"prediction": model.predict(table)}, rows)
        completed = model.transform(table)
        return completed if isinstance(completed, pd.DataFrame) else pd.DataFrame(np.asarray(completed), rows)


def load(directory: Path) -> Fitted:
    """Load a fitted model from the folder that its stage wrote.

    Raises
    ------
    PersonaeError
        If there is none, or it holds a type outside `TRUSTED`.
    """
    return Fitted(models.load(directory, TRUSTED))


def _load_pyfunc(path: str) -> Fitted:
    return load(Path(path))
