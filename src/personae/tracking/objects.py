"""Data versions and fitted models of the active MLflow run."""

import warnings
from collections.abc import Sequence
from importlib.metadata import version

import pandas as pd

from personae.core.errors import PersonaeError
from personae.tracking.contents import Dataset, Model

EXAMPLE_ROWS = 5
REQUIREMENTS = ("mlflow", "numpy", "pandas", "pyarrow", "scikit-learn", "skops", "xgboost-cpu")


def log_dataset(dataset: Dataset) -> None:
    """Log a version of data as a run's input: DVC's md5 is its digest."""
    import mlflow.data  # noqa: PLC0415 - costs a second
    from mlflow.data.dataset_source_registry import resolve_dataset_source  # noqa: PLC0415
    from mlflow.data.meta_dataset import MetaDataset  # noqa: PLC0415

    identity = {"name": dataset.name, "digest": dataset.md5}
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # hints, printed for each run
        source = resolve_dataset_source(dataset.path)
        if dataset.path.endswith(".parquet"):
            logged = mlflow.data.from_pandas(pd.read_parquet(dataset.path), source=source, **identity)
        else:
            logged = MetaDataset(source, **identity)
        tags = {"dvc.path": dataset.path, "dvc.md5": dataset.md5}
        mlflow.log_input(logged, context=dataset.context, tags=tags)


def log_model(model: Model) -> None:
    """Log a fitted model with signature and, as input example, a few rows of a table that its stage read.

    Whole numbers are declared as figures, so that later rows may have gaps.

    Raises
    ------
    PersonaeError
        If the model holds types that are not trusted, or no table has the columns that it needs.
    """
    import mlflow.pyfunc  # noqa: PLC0415 - costs a second

    from personae.tracking import fitted  # noqa: PLC0415

    loaded = fitted.load(model.directory)
    rows = _example(model, loaded.columns)
    whole = rows.select_dtypes("integer").columns
    example = rows.astype(dict.fromkeys(whole, "float64"))
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        mlflow.pyfunc.log_model(
            name=model.name,
            loader_module=fitted.__name__,
            data_path=str(model.directory),
            signature=mlflow.models.infer_signature(example, loaded.predict(example)),
            input_example=example,
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
        )


def _example(model: Model, columns: Sequence[str]) -> pd.DataFrame:
    for path in model.tables:
        table = pd.read_parquet(path)
        if set(columns) <= set(table.columns):
            return table[list(columns)].head(EXAMPLE_ROWS)
    tables = ", ".join(map(str, model.tables))
    raise PersonaeError(f"{model.directory}: no table of its stage ({tables}) has all columns that it needs")
