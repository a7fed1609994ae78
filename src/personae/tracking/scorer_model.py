"""A study's scorer as MLflow knows models: from raw or prepared rows to scores."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from personae.core.command import pin_arithmetic
from personae.scoring.rows import AS_OF, REASONS, answer, cells
from personae.scoring.scorer import DESCRIBED, Scorer, assemble

if TYPE_CHECKING:
    from mlflow.pyfunc import PythonModel

MODELS = "models"
# What MLflow runs to make the model of a study: a model from code.
SCRIPT = """from mlflow.models import set_model

from personae.tracking.scorer_model import scorer_model

set_model(scorer_model())
"""


def scorer_model() -> "PythonModel":
    """Make what MLflow loads and asks; see `personae.scoring.rows.answer`."""
    from mlflow.pyfunc import PythonModel  # noqa: PLC0415 - warns when it is imported

    class ScorerModel(PythonModel):  # type: ignore[misc]
        scorer: Scorer

        def load_context(self, context: Any) -> None:
            pin_arithmetic()
            folder = Path(context.artifacts[MODELS])
            self.scorer = assemble(json.loads((folder / "scorer" / DESCRIBED).read_text("utf-8")), folder)

        def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
            given: dict[str, Any] = {"as_of": AS_OF, "reasons": REASONS} | (params or {})
            rows = [{str(name): cell for name, cell in row.items()} for row in model_input.to_dict("records")]
            table = cells(rows, [str(name) for name in model_input.columns])
            return answer(self.scorer, table, str(given["as_of"]), int(given["reasons"])).to_pandas()

    return ScorerModel()
