"""Data versions and fitted models of the active MLflow run."""

import warnings
from importlib.metadata import version

import pandas as pd

from personae.errors import PersonaeError
from personae.tracking.results import Dataset, Model

EXAMPLE = "example.parquet"
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
    """Log a fitted model with the rows that its stage put beside it as input example.

    Whole numbers are declared as figures, so that later rows may have gaps.

    Raises
    ------
    PersonaeError
        If the example is not there, or the model holds types that are not trusted.
    """
    import mlflow.pyfunc  # noqa: PLC0415 - costs a second

    from personae.tracking import fitted  # noqa: PLC0415 - scikit-learn costs two

    path = model.directory / EXAMPLE
    if not path.exists():
        raise PersonaeError(f"{path}: no such file; a stage puts a few of its input rows beside its model")
    rows = pd.read_parquet(path)
    example = rows.astype(dict.fromkeys(rows.select_dtypes("integer").columns, "float64"))
    answers = fitted.load(model.directory).predict(example)
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        mlflow.pyfunc.log_model(
            name=model.name,
            loader_module=fitted.__name__,
            data_path=str(model.directory),
            signature=mlflow.models.infer_signature(example, answers),
            input_example=example,
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
        )
