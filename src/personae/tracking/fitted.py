"""Fitted models as MLflow serves them, loaded without pickle.

MLflow keeps the name of this module with each model and calls its `_load_pyfunc`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from personae.core import archive
from personae.response import model as deployed
from personae.segmentation import segmenter

TRUSTED = (*deployed.TRUSTED, *segmenter.TRUSTED)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted imputer, segmenter or response model behind one method.

    Attributes
    ----------
    model
        What a stage saved.
    columns
        Of a customer table, that it needs.
    """

    model: Any
    columns: tuple[str, ...]

    def predict(self, table: pd.DataFrame, params: object = None) -> pd.DataFrame:
        """Answer for every row of a table.

        Returns
        -------
        pandas.DataFrame
            With the rows of `table`: the probability of each class, the segment with its margin, or the
            completed columns.
        """
        model = self.model
        if hasattr(model, "predict_proba"):
            classes = [str(name) for name in model.classes]
            return pd.DataFrame(model.predict_proba(table), table.index, classes)
        answers = model.predict(table) if hasattr(model, "predict") else model.transform(table)
        return pd.DataFrame(answers)


def load(directory: Path) -> Fitted:
    """Load a fitted model from the folder that its stage wrote.

    Raises
    ------
    PersonaeError
        If a file is missing, or holds a type outside `TRUSTED`.
    """
    if (directory / deployed.DESCRIPTION).exists():
        model = deployed.from_files({path.name: path.read_bytes() for path in sorted(directory.iterdir())})
        return Fitted(model, model.columns)
    model = archive.load(directory, TRUSTED)
    if isinstance(model, segmenter.Segmenter):
        return Fitted(model, (*model.space.columns, *model.space.categorical))
    return Fitted(model, tuple(model.feature_names_in_))


def _load_pyfunc(path: str) -> Fitted:
    return load(Path(path))
